FROM debian:12-slim
LABEL org.opencontainers.image.authors="Ada <ada@example.org>"
