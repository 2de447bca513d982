# advises: CacheMountMissing
FROM node:20-bookworm
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
