# The base image is whatever is the latest one.
# finds: BaseImageLatest

FROM node:latest
WORKDIR /srv
COPY index.js .
USER node
CMD ["node", "index.js"]
