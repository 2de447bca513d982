FROM debian:12-slim
HEALTHCHECK --interval=often CMD true
HEALTHCHECK --timeout=-1s CMD true
HEALTHCHECK --start-period=1d CMD true
HEALTHCHECK --start-interval=10us CMD true
HEALTHCHECK --retries=-1 CMD true
HEALTHCHECK --retries=many --interval=1.5s --timeout=0s --start-period=1m30s CMD true
