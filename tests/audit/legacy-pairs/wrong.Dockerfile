# A blank stands for the equals sign.
# finds: LegacyKeyValueFormat

FROM debian:12-slim
ENV LANG C.UTF-8
