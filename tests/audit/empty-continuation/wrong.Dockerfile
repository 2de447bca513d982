# An empty line stands in an instruction.
# finds: NoEmptyContinuation

FROM debian:12-slim
RUN make \

    all
