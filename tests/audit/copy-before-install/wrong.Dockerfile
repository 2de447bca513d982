# Everything is copied before the dependencies are installed.
# finds: ContextBeforeInstall

FROM node:22-bookworm-slim
WORKDIR /srv
COPY . .
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
USER node
CMD ["node", "index.js"]
