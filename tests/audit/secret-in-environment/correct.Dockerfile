FROM python:3.11-slim
ENV DB_PASSWORD_FILE=/run/secrets/db_password
COPY app.py /srv/app.py
USER 65532
CMD ["python", "/srv/app.py"]
