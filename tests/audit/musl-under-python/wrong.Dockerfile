# Python runs on musl.
# finds: MuslBase

FROM python:3.11-alpine
COPY app.py /srv/app.py
USER 65532
CMD ["python", "/srv/app.py"]
