# The service with what it needs, in four sizes: the target says which.
#
#   docker build -t retender:koyeb --target koyeb .   Groq does the recognition: 512 MB will do
#   docker build -t retender --target cpu .           models on this machine; add --build-arg MODEL=…
#   docker build -t retender:gpu --target gpu .       models on a GPU of NVIDIA's
#   docker build -t retender:ray --target ray .       a node of a cluster: all of these and Ray
#
# The root filesystem may be read-only: only /data and /tmp are written to. A stop may take
# RETENDER_GRACE_SECONDS (30) and ten more: docker stop --time 60.

ARG BASE=python:3.11-slim
ARG NODE=node:22-slim

# The page. Where it has been built in the checkout already, PAGE=built-page takes it from there, and
# no Node is needed.
ARG PAGE=page
FROM ${NODE} AS page
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build && mv /serve_app/page/dist /page

FROM scratch AS built-page
COPY serve_app/page/dist /page

FROM ${PAGE} AS the-page

# The packages of each size, by the lock. Only what says which packages are needed is copied, so that
# a change of the code installs none anew.
FROM ${BASE} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY requirements/constraints.txt requirements/constraints.txt
# pip is needed to install, and never again: a container has nothing to install.
RUN python3 -m venv --without-pip /opt/retender \
    && python3 -m venv /opt/pip
ENV INSTALL="/opt/pip/bin/pip --python /opt/retender/bin/python install --constraint requirements/constraints.txt"
RUN $INSTALL .

FROM packages AS packages-cpu
RUN $INSTALL ".[whisper,postgres]"

FROM packages-cpu AS packages-gpu
RUN $INSTALL nvidia-cublas-cu12 nvidia-cudnn-cu12

# PACKAGES="nvidia-cublas-cu12 nvidia-cudnn-cu12": a node with a GPU.
FROM packages-cpu AS packages-ray
ARG PACKAGES=
RUN $INSTALL ".[whisper,ray,postgres]" $PACKAGES

# What every size has: the system, the code and the page.
FROM ${BASE} AS service
# curl asks after the health: a Python for that, twice a minute, would be a tenth of the smallest
# instance. tini passes signals on and reaps what ends. ffmpeg is the one of imageio-ffmpeg, its
# version locked with the rest; Debian's takes 600 MB with what it needs to draw pictures.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && groupadd --gid 1000 retender \
    && useradd --uid 1000 --gid 1000 --home-dir /data --no-create-home retender \
    && install --directory --owner retender --group retender /data
WORKDIR /app
COPY pyproject.toml README.md LICENSE ray_config.yaml ./
COPY models models
COPY retender retender
COPY actors actors
COPY serve_app serve_app
COPY deployments deployments
COPY --from=the-page /page serve_app/page/dist
RUN python3 -m compileall -q retender actors serve_app deployments models
ENV PATH=/opt/retender/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    RETENDER_DATA_DIR=/data \
    HOST=0.0.0.0
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# Whether the process answers. That it takes no work (/health/ready) is nothing a restart would mend.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD curl --fail --silent --show-error --output /dev/null "http://127.0.0.1:${PORT:-8000}/health"
ENTRYPOINT ["tini", "--", "retender"]
CMD ["serve"]

FROM service AS koyeb
COPY --from=packages /opt/retender /opt/retender
ENV RETENDER_PROFILE=koyeb
# By number, so that a cluster can see that it is not root.
USER 1000:1000

FROM service AS gpu
COPY --from=packages-gpu /opt/retender /opt/retender
# The GPU's libraries are found like those of the system.
RUN find /opt/retender -path '*/nvidia/*/lib' > /etc/ld.so.conf.d/retender.conf && ldconfig
ENV RETENDER_PROFILE=local
USER 1000:1000

FROM service AS ray
COPY --from=packages-ray /opt/retender /opt/retender
# It writes /app/haproxy, which has Ray Serve's HAProxy say who calls (docs/ray.md). How many
# connections HAProxy may take is not said here: it depends on the descriptors that the container may
# have, and HAProxy does not start where there are too few.
RUN /opt/retender/bin/python -m deployments.ray_cluster.ray_environment /app \
    && find /opt/retender -path '*/nvidia/*/lib' > /etc/ld.so.conf.d/retender.conf && ldconfig
ENV RAY_SERVE_ENABLE_HA_PROXY=1 \
    RAY_SERVE_THROUGHPUT_OPTIMIZED=1 \
    RAY_task_events_report_interval_ms=0 \
    RAY_USAGE_STATS_ENABLED=0
USER 1000:1000

# The last one is what is built where no target is named.
FROM service AS cpu
COPY --from=packages-cpu /opt/retender /opt/retender
# A model that is part of the image: MODEL=base. Without it models are fetched into /data.
ARG MODEL=
RUN if [ -n "$MODEL" ]; then \
        mkdir /opt/models \
        && place="$(RETENDER_DATA_DIR=/opt/fetched retender models download "$MODEL")" \
        && cp -rL "$place" "/opt/models/$MODEL" \
        && rm -rf /opt/fetched; fi
ENV RETENDER_PROFILE=local \
    DEFAULT_MODEL=${MODEL:+/opt/models/$MODEL}
USER 1000:1000
