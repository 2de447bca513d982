# A protocol is in capital letters.
# finds: ExposeProtoCasing

FROM debian:12-slim
HEALTHCHECK CMD ["true"]
EXPOSE 53/UDP
