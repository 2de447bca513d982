FROM node:22-bookworm-slim
WORKDIR /srv
COPY dist/index.js .
USER node
CMD ["node", "index.js"]
