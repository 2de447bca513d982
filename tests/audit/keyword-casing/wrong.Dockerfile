# Instructions are written in two ways.
# finds: ConsistentInstructionCasing, FromAsCasing

FROM debian:12-slim as base
run make
COPY a /a
