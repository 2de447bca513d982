FROM debian:12-slim AS build
FROM debian:12-slim AS test
FROM debian:12-slim AS app
