# An arg has no effect.
# finds: UnusedArg

FROM debian:12-slim
ARG VERSION=1.0
