# `ADD` copies a file.
# finds: AddLocalFile

FROM debian:12-slim
ADD server.conf /etc/server.conf
