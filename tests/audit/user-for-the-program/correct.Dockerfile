FROM node:20-slim
RUN groupadd -r web && useradd -r -g web web
COPY . .
USER web
CMD ["node", "server.js"]
