# Nothing tells whether the server answers.
# finds: HealthcheckMissing

FROM node:22-bookworm-slim
COPY index.js /srv/index.js
USER node
EXPOSE 3000
CMD ["node", "/srv/index.js"]
