FROM a AS unused
RUN --network=hots --security=safe true
RUN --device=a,b true
RUN --device=name=a,name=b --device=a,required=maybe true
RUN --device=a\"b true

FROM b
