# What builds the package is installed beside it.
# finds: CacheInLayer, CompilerInImage
# advises: UnpinnedPackage

FROM python:3.12-slim
RUN pip install build-tools
COPY . .
RUN python -m build
