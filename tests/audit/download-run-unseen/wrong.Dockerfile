# A script from the network is run unseen.
# finds: UnverifiedDownload

FROM debian:12-slim
RUN curl -fsSL https://example.org/install.sh | sh
