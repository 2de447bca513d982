# An instruction takes the place of another one.
# finds: MultipleInstructionsDisallowed

FROM debian:12-slim
USER 65532
CMD ["one"]
CMD ["two"]
