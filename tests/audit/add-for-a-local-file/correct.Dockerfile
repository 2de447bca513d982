FROM debian:12-slim
COPY server.conf /etc/server.conf
