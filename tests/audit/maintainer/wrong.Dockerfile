# The author is an instruction.
# finds: MaintainerDeprecated

FROM debian:12-slim
MAINTAINER Ada <ada@example.org>
