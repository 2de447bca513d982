FROM debian:12-slim AS base
RUN make
COPY a /a
