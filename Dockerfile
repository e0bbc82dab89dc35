# Two images from one recipe: `production` holds what a gateway needs, `sandbox` also the simulated
# providers. No secret is in either: all settings come from the environment.
FROM python:3.13-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/venv/bin:$PATH
WORKDIR /app

FROM base AS install
RUN python -m venv /opt/venv
COPY requirements/production.txt requirements/
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/production.txt

FROM install AS install-sandbox
COPY requirements/run.txt requirements/
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/run.txt

FROM base AS app
# The number is fixed, so that it can be given to volumes and to a cluster's security context.
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin bifrost \
    && mkdir -p /data /app/static && chown bifrost:bifrost /data /app/static \
    && ln -s /app/scripts/bifrost /usr/local/bin/bifrost
ENV BIFROST_DATA=/data BIFROST_STATIC=/app/static BIFROST_BIND=0.0.0.0 PORT=8080
COPY manage.py CHANGELOG.md LICENSE ./
COPY scripts/bifrost scripts/bifrost
COPY bifrost bifrost
COPY gateway gateway
COPY batches batches
COPY files files
COPY providers providers
COPY templates templates
# Else every process of every container compiles it anew.
RUN python -m compileall -q .
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["python", "-m", "bifrost.run"]
CMD ["web"]

FROM app AS sandbox
COPY --from=install-sandbox /opt/venv /opt/venv
USER bifrost
CMD ["sandbox"]

FROM app AS production
COPY --from=install /opt/venv /opt/venv
USER bifrost
# The keys that this makes for itself go with the folder.
RUN BIFROST_DATA=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build
