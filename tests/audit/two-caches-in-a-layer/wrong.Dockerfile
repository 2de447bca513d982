# Two package managers leave their caches behind.
# finds: CacheInLayer, RecommendedPackages
# advises: UnpinnedPackage

FROM python:3.12-slim
RUN apt-get update && apt-get install -y curl
RUN pip install requests
