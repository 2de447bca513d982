FROM node:22-bookworm-slim
WORKDIR /srv
COPY --chown=node:node . .
USER node
CMD ["node", "index.js"]
