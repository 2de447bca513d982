# An arg is used where nothing declares it.
# finds: UndefinedVar

ARG VERSION=12-slim
FROM debian:$VERSION
LABEL version=$VERSION
