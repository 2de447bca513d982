# Test tools are in the image that runs.
# finds: DevDependencies

FROM node:22-bookworm-slim
WORKDIR /srv
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci
COPY index.js .
USER node
CMD ["node", "index.js"]
