ARG A
# nothing else
