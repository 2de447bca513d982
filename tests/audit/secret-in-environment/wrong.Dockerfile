# A password is a variable of the image.
# finds: SecretsUsedInArgOrEnv

FROM python:3.11-slim
ENV DB_PASSWORD=hunter2
COPY app.py /srv/app.py
USER 65532
CMD ["python", "/srv/app.py"]
