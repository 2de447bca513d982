# Stages have names that mislead.
# finds: DuplicateStageName, ReservedStageName, StageNameCasing

FROM debian:12-slim AS Build
FROM debian:12-slim AS build
FROM debian:12-slim AS context
