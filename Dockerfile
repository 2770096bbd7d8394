# syntax=docker/dockerfile:1
# Two stages: the first builds, the second has Python, fedrse and its dependencies, nothing else.
# instance/compose.yaml shows how to run it.
# The image itself was not built so far: requirements/check_image_steps.sh does the same steps without
# an engine (wheel, empty environment, read-only tree, unprivileged user, health check).

ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements requirements
RUN python -m venv /build \
    && /build/bin/pip install --quiet --require-hashes -r requirements/build.txt
# What is kept has no pip: it is filled from outside.
RUN python -m venv --without-pip /opt/fedrse \
    && /build/bin/pip --python /opt/fedrse/bin/python install --quiet --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY fedrse fedrse
RUN /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /build/bin/pip --python /opt/fedrse/bin/python install --quiet --no-deps --no-index /wheels/*.whl \
    && /opt/fedrse/bin/python -m compileall -q /opt/fedrse/lib

FROM python:${PYTHON}
# --build-arg FFMPEG=yes: people can upload films and sounds, too (about 400 MB more).
ARG FFMPEG=no
RUN if [ "$FFMPEG" = yes ]; then \
        apt-get update -qq \
        && apt-get install -y -qq --no-install-recommends ffmpeg \
        && rm -rf /var/lib/apt/lists/*; \
    fi
RUN python -m pip uninstall --quiet --yes pip \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin fedrse \
    && install -d -o fedrse -g fedrse -m 700 /data
COPY --from=build /opt/fedrse /opt/fedrse
ENV PATH=/opt/fedrse/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FEDRSE_SERVER__LISTEN=0.0.0.0:8400
USER 10001:10001
# fedrse.toml, the secret and var/ live here; the rest of the tree may be read-only.
WORKDIR /data
VOLUME /data
EXPOSE 8400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8400/health/live', timeout=4).close()"]
ENTRYPOINT ["fedrse"]
CMD ["serve"]
