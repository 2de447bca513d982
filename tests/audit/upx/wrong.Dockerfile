# The binary is packed.
# finds: PackedBinary

FROM golang:1.22-bookworm AS build
WORKDIR /src
COPY main.go .
RUN --mount=type=cache,target=/root/.cache/go-build CGO_ENABLED=0 go build -o /server main.go && upx --best /server

FROM scratch
COPY --from=build /server /server
USER 65532
ENTRYPOINT ["/server"]
