FROM node:22-bookworm-slim
WORKDIR /srv
RUN groupadd --system shop && useradd --system --gid shop shop
COPY . .
USER shop
CMD ["node", "index.js"]
