# Root starts the server.
# finds: RunsAsRoot

FROM node:20-slim
COPY . .
CMD ["node", "server.js"]
