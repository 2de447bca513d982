# A shell stands before the program.
# finds: JSONArgsRecommended

FROM node:22-bookworm-slim
COPY index.js /srv/index.js
USER node
CMD node /srv/index.js
