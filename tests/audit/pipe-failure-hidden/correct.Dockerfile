FROM debian:12-slim
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN curl -fsSL https://example.org/words.txt | sort -u > /words
RUN mkdir /lists \
    && curl -fsSL https://example.org/all.txt | awk '{ print $1 }' | sort > /lists/all

FROM alpine:3.20
SHELL ["/bin/ash", "-o", "pipefail", "-c"]
RUN apk info -v | sort > /packages
COPY --from=0 /words /lists/all /lists/
