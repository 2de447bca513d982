RUN echo a
FROM a
