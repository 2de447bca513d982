FROM node:20.11.0-bookworm-slim
