# A step asks for the rights of root.
# finds: SudoInRun

FROM debian:12-slim
USER 65532
RUN sudo make install
CMD ["server"]
