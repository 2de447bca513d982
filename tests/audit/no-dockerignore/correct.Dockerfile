FROM node:22-bookworm-slim
WORKDIR /srv
COPY . .
USER node
CMD ["node", "index.js"]
