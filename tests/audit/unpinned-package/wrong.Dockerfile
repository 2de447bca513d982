# A package is in whatever version there is.
# advises: UnpinnedPackage

FROM python:3.11-slim
RUN pip install --no-cache-dir requests
