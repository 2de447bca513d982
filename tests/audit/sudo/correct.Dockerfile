FROM debian:12-slim
RUN make install
USER 65532
CMD ["server"]
