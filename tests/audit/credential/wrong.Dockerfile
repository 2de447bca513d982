# A key stands in the file.
# finds: SecretValue

FROM debian:12-slim
ENV REGION_ID=AKIAIOSFODNN7EXAMPLE
