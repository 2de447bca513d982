# A stage is for one platform, whatever is built.
# finds: FromPlatformFlagConstDisallowed

FROM --platform=linux/amd64 debian:12-slim
