FROM a
RUN <<EOF
echo a
RUN echo b
