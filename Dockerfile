# Axiscope in one image: web, dispatcher and cluster nodes are the same with other commands.
#   docker build -t axiscope .                               CPU
#   docker build -t axiscope:gpu --build-arg FLAVOUR=gpu .   CUDA: torch and ONNX Runtime bring its libraries
# TORCH_INDEX names an index of wheels to take torch from, e.g. PyTorch's own of CPU wheels: two gigabytes less.
ARG PYTHON=3.11.13-slim-bookworm

FROM node:20.19.5-bookworm-slim AS browser
WORKDIR /srv/axiscope
COPY package.json package-lock.json ./
COPY scripts scripts
COPY frontend/wasm frontend/wasm
COPY frontend/static/js frontend/static/js
COPY frontend/templates frontend/templates
RUN scripts/vendor run && test -s frontend/static/vendor/plotly.min.js

FROM python:${PYTHON} AS build
ARG FLAVOUR=cpu
ARG TORCH_INDEX=
ENV PIP_NO_CACHE_DIR=1 PIP_EXTRA_INDEX_URL=${TORCH_INDEX}
WORKDIR /srv/axiscope
COPY pyproject.toml constraints.txt README.md LICENSE alembic.ini ./
COPY scripts scripts
COPY alembic alembic
COPY models_zoo models_zoo
COPY training training
COPY backend backend
COPY axiscope axiscope
COPY frontend frontend
RUN scripts/install "$FLAVOUR" postgres,s3,ray
COPY docs docs
COPY CONTRIBUTING.md CHANGELOG.md ./
RUN .venv/bin/python scripts/build_docs.py && test -s frontend/docs/index.html
COPY --from=browser /srv/axiscope/frontend/static/vendor frontend/static/vendor

FROM python:${PYTHON}
RUN useradd --create-home --uid 10001 axiscope && install -d -o axiscope -g axiscope /data
COPY --from=build /srv/axiscope /srv/axiscope
WORKDIR /srv/axiscope
ENV PATH=/srv/axiscope/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    AXISCOPE_HOME=/data \
    AXISCOPE_HOST=0.0.0.0
USER axiscope
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=6 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["axiscope", "serve"]
