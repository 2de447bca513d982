# The compiler is in the image that runs the program.
# finds: CompilerInImage

FROM golang:1.22-bookworm
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build go build -o /server .
USER 65532
ENTRYPOINT ["/server"]
