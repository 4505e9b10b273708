# One image for web, worker, beat, migrate and roles; which one it is, its command says (docker-compose.yml).
FROM python:3.13-slim

RUN apt-get update && apt-get install --yes --no-install-recommends npm tzdata fonts-noto-core && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home sentinel && install --directory --owner sentinel /data
WORKDIR /sentinel
COPY pyproject.toml constraints.txt ./
COPY sentinel sentinel
COPY workers workers
COPY config config
COPY migrations migrations
COPY templates templates
RUN pip install --no-cache-dir --constraint constraints.txt --editable . && python -m sentinel.core.instance.assets
USER sentinel
VOLUME /data
CMD ["sentinel", "--help"]
