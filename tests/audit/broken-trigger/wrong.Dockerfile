# A trigger is no instruction, and its image builds all the same.
# finds: BrokenTrigger

FROM node:22-bookworm-slim
ONBUILD COPY package.json
ONBUILD RNU npm ci
