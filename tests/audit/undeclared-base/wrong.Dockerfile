# The base image is named by an arg that is not there.
# finds: UndefinedArgInFrom

ARG VERSION=12-slim
FROM debian:${VERSION}${VARIANT}
