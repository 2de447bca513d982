FROM a AS tools
ONBUILD RNU b

FROM tools
ARG MODE=u+q UNSET
ENV A=${ B=${A:=x}
LABEL c="d
COPY --chmod=0o755 e f /g
COPY --chmod=$MODE e /g
ADD --chmod=17777 e /g
STOPSIGNAL SIGNOPE
EXPOSE 90-80 127.0.0.1:http ${MODE}/tcp
COPY https://example.com/e /g
ADD --checksum=sha256:0 e /g
ADD --checksum=sha256:0 https://example.com/e https://example.com/f /g/
COPY --from=1 e /g
COPY --from=4 e /g
COPY --from=$MODE e /g
COPY --from=last e /g
RUN --mount=type=$MODE,target=/x --mount=type=cache,target=/y,uid=$UNSET true

FROM a AS last
COPY --from=1 h /
