FROM --platfrom=x a
FROM a
RUN --mounts=x y
COPY --link=perhaps a b
COPY --from a b
COPY --from=a --from=b c d
COPY --link --link a b
ENV --x=1 A=1
ADD --chwon=1 a b
