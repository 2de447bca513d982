# Files get their owner in another layer.
# finds: OwnerChangedApart

FROM node:22-bookworm-slim
WORKDIR /srv
COPY . .
RUN chown -R node:node /srv
USER node
CMD ["node", "index.js"]
