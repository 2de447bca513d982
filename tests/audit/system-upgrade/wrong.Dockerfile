# The system is brought up to date package by package.
# finds: SystemUpgrade

FROM debian:12-slim
RUN apt-get update && apt-get upgrade -y && rm -rf /var/lib/apt/lists/*
