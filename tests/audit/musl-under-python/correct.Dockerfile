FROM python:3.11-slim
COPY app.py /srv/app.py
USER 65532
CMD ["python", "/srv/app.py"]
