# What an install reads comes with everything else.
# finds: ContextBeforeInstall
# advises: CacheMountMissing

FROM node:20-bookworm
COPY . .
RUN npm ci
