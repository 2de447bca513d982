# `cd` says where the stage works.
# finds: CdInRun

FROM debian:12-slim
RUN cd /srv && make install
