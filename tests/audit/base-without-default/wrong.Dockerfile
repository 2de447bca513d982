# The base image needs an arg.
# finds: InvalidDefaultArgInFrom

ARG VERSION
FROM debian:$VERSION
