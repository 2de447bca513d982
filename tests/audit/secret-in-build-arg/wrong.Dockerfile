# A token is a build arg.
# finds: SecretsUsedInArgOrEnv

FROM node:22-bookworm-slim
WORKDIR /srv
ARG NPM_TOKEN
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm NPM_CONFIG_TOKEN=$NPM_TOKEN npm ci --omit=dev
USER node
CMD ["node", "index.js"]
