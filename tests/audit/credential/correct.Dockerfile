FROM debian:12-slim
ENV REGION_ID=eu-west-1
