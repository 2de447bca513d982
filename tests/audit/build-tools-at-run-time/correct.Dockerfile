FROM python:3.11 AS build
WORKDIR /src
RUN --mount=type=cache,target=/root/.cache/pip pip install build==1.2.1
COPY . .
RUN python -m build

FROM python:3.11-slim
RUN --mount=from=build,source=/src/dist,target=/dist \
    pip install --no-cache-dir --no-index --find-links /dist shop==1.0
USER 65532
CMD ["shop"]
