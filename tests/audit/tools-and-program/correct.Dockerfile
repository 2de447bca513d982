# The sources come before the install in the first stage, which is a pitfall of its own.
# finds: ContextBeforeInstall
# advises: CacheMountMissing
FROM python:3.12 AS packages
COPY . .
RUN pip install --user -r requirements.txt

FROM python:3.12-slim
COPY --from=packages /root/.local /root/.local
