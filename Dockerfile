# The service with what it needs. What goes in is said by build arguments:
#
#   docker build -t retender .                                     everything, for a machine or a cluster
#   docker build -t retender:small --build-arg EXTRAS= .           Groq does the recognition: 512 MB will do
#   docker build -t retender:gpu --build-arg \
#     PACKAGES="nvidia-cublas-cu12 nvidia-cudnn-cu12" .            models compute on a GPU of NVIDIA's
#   docker build -t retender --build-arg DEBIAN=ffmpeg .           with Debian's ffmpeg, and its fixes
#
# A stop may take RETENDER_GRACE_SECONDS (30) and ten more: docker stop --time 60.

ARG BASE=python:3.11-slim

FROM ${BASE} AS packages
ARG EXTRAS=whisper,ray,postgres
ARG PACKAGES=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
# Only what says which packages are needed, so that a change of the code installs none anew.
COPY pyproject.toml README.md LICENSE ./
COPY requirements/constraints.txt requirements/constraints.txt
RUN python -m venv /opt/retender \
    && /opt/retender/bin/pip install --constraint requirements/constraints.txt \
        ".${EXTRAS:+[$EXTRAS]}" $PACKAGES

FROM ${BASE}
ARG DEBIAN=
# ffmpeg is the one that imageio-ffmpeg carries: 170 MB, its version locked with the rest. Debian's
# takes 600 MB with what it needs to draw pictures; it goes before the other where it is asked for.
# curl asks after the health: a Python for that, twice a minute, would be a tenth of the smallest
# instance.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl $DEBIAN \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 1000 retender \
    && useradd --uid 1000 --gid 1000 --home-dir /data --no-create-home retender \
    && install --directory --owner retender --group retender /data
COPY --from=packages /opt/retender /opt/retender
WORKDIR /app
COPY pyproject.toml README.md LICENSE ray_config.yaml ./
COPY models models
COPY retender retender
COPY actors actors
COPY serve_app serve_app
COPY deployments deployments
# The last line writes /app/haproxy, which has Ray Serve's HAProxy say who calls (docs/ray.md). The
# GPU's libraries, if they came with the packages, are found like those of the system.
RUN /opt/retender/bin/python -m compileall -q retender actors serve_app deployments \
    && find /opt/retender -path '*/nvidia/*/lib' > /etc/ld.so.conf.d/retender.conf \
    && ldconfig \
    && /opt/retender/bin/python -m deployments.ray_cluster.ray_environment /app
# How many connections HAProxy may take is not said here: it depends on the descriptors that the
# container may have, and HAProxy does not start where there are too few.
ENV PATH=/opt/retender/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    RAY_SERVE_ENABLE_HA_PROXY=1 \
    RAY_SERVE_THROUGHPUT_OPTIMIZED=1 \
    RAY_task_events_report_interval_ms=0 \
    RAY_USAGE_STATS_ENABLED=0 \
    RETENDER_DATA_DIR=/data \
    HOST=0.0.0.0
# By number, so that a cluster can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Whether the process answers. That it takes no work (/health/ready) is nothing a restart would mend.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD curl --fail --silent --show-error --output /dev/null "http://127.0.0.1:${PORT:-8000}/health"
ENTRYPOINT ["retender"]
CMD ["serve"]
