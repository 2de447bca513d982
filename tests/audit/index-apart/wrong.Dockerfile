# The index is brought up to date in a layer of its own.
# finds: StaleIndex

FROM debian:12-slim
RUN apt-get update
RUN apt-get install -y --no-install-recommends curl && rm -rf /var/cache/apt/archives /var/lib/apt/lists/*
