FROM node:22-bookworm-slim
ONBUILD COPY package.json .
ONBUILD RUN npm ci
