FROM debian:12-slim
COPY --chown=65532 --chmod=755 server /srv/server
USER 65532
CMD ["/srv/server"]
