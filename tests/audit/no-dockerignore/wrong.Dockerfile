# Nothing keeps the history, secrets and dependencies of the machine out.
# finds: ContextUnfiltered

FROM node:22-bookworm-slim
WORKDIR /srv
COPY . .
USER node
CMD ["node", "index.js"]
