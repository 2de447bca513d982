FROM debian:12-slim
WORKDIR /srv
RUN make install
