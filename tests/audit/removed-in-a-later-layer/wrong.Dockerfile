# A later layer hides what the layer below keeps.
# finds: CacheInLayer, RemovedTooLate

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl
RUN rm -rf /var/lib/apt/lists/*
