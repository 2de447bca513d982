# Everybody may write the program.
# finds: WorldWritable

FROM debian:12-slim
COPY server /srv/server
RUN chmod -R 777 /srv
USER 65532
CMD ["/srv/server"]
