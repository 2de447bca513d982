FROM a
RUN ["a", 1]
CMD [["a"]]
VOLUME [true]
SHELL sh -c
SHELL []
