# A port of the host is exposed.
# finds: ExposeInvalidFormat

FROM debian:12-slim
HEALTHCHECK CMD ["true"]
EXPOSE 127.0.0.1:80:8080
