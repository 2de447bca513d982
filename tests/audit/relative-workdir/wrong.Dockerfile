# The working directory depends on the base image.
# finds: WorkdirRelativePath

FROM debian:12-slim
WORKDIR srv
