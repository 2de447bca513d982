# Nothing but the name of the latest one says which base it is.
# finds: BaseImageLatest

FROM node:latest
