# What pip has downloaded stays in the layer.
# finds: CacheInLayer

FROM python:3.11-slim
RUN pip install requests==2.32.3
