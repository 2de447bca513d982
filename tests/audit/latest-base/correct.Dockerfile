FROM node:22.11.0-bookworm-slim
WORKDIR /srv
COPY index.js .
USER node
CMD ["node", "index.js"]
