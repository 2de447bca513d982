# Nothing says who runs the program.
# finds: RunsAsRoot

FROM node:22-bookworm-slim
WORKDIR /srv
COPY . .
CMD ["node", "index.js"]
