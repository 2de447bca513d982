# Each change of a manifest downloads everything again.
# advises: CacheMountMissing

FROM golang:1.22-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY main.go .
RUN CGO_ENABLED=0 go build -o /server .

FROM scratch
COPY --from=build /server /server
USER 65532
ENTRYPOINT ["/server"]
