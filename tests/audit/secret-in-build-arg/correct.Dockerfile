FROM node:22-bookworm-slim
WORKDIR /srv
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npm_token,env=NPM_CONFIG_TOKEN npm ci --omit=dev
USER node
CMD ["node", "index.js"]
