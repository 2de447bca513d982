FROM a
RNU apt-get update
RUN a && \
  b
  c && d
CPOY a b
