# A download is whatever the server gives.
# finds: UnverifiedDownload

FROM debian:12-slim
ADD https://example.org/tool.tar.gz /opt/
