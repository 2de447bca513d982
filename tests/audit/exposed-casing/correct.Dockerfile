FROM debian:12-slim
HEALTHCHECK CMD ["true"]
EXPOSE 53/udp
