# A stage says the platform that it is for anyway.
# finds: RedundantTargetPlatform

FROM --platform=$TARGETPLATFORM debian:12-slim
