FROM a
RUN --mount=type=chache,target=/x true
RUN --mount=target=/x,form=b true
RUN --mount=target true
RUN --mount=type=bind,target=/x,mode=0755 true
RUN --mount=size=1m,type=tmpfs,target=/x true
RUN --mount=type=cache,target=/x,uid=app,sharing=all true
RUN --mount=type=secret true
RUN --mount=type=secret,id=a,source=b true
RUN --mount=from=$TOOLS,target=/x true
RUN --mount=type=cache,target=/a\"b true
