# `cd` is an instruction of its own.
# finds: CdInRun

FROM debian:12-slim
RUN cd /srv
RUN make install
