FROM debian:12-slim
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN curl -fsSL https://example.org/words.txt | sort -u > /words
# Who ends the pipe fails by himself, or the start of it cannot.
SHELL ["/bin/sh", "-c"]
RUN curl -fsSL https://example.org/files.tar.gz | tar -xz -C /srv
RUN echo "$(uname -m)" | tr a-z A-Z > /machine; yes | sh /srv/install
RUN if curl -fsSL https://example.org/here | head -1 >/first; then touch /there; fi
RUN curl -fsSL https://example.org/names | sort > /names || touch /names

FROM alpine:3.20
RUN set -o pipefail && apk info -v | sort > /packages
RUN set -euo pipefail; \
    apk info -v | sort > /all
COPY --from=0 /words /names /
