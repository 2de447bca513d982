# The package is built in the image that runs it.
# finds: CompilerInImage

FROM python:3.11-slim
WORKDIR /srv
RUN --mount=type=cache,target=/root/.cache/pip pip install build==1.2.1
COPY . .
RUN python -m build && pip install --no-cache-dir --no-index dist/shop-1.0-py3-none-any.whl
USER 65532
CMD ["shop"]
