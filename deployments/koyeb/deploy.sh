#!/bin/sh
# The service on a free instance of Koyeb, defined by the options of its command line (version 5).
# README.md says what has to be there before. Run it again after a change: it updates the service.
#
#   GIT=github.com/you/retender sh deployments/koyeb/deploy.sh             Koyeb builds the image
#   IMAGE=ghcr.io/you/retender:koyeb sh deployments/koyeb/deploy.sh        the image is built already
set -eu

APP=${APP:-retender}
SERVICE=${SERVICE:-web}
REGION=${REGION:-fra}
INSTANCE=${INSTANCE:-free}

if [ -n "${IMAGE:-}" ]; then
    set -- --docker "$IMAGE"
else
    set -- --git "${GIT:?set GIT to your copy of the repository, or IMAGE to an image}" \
        --git-branch "${BRANCH:-main}" --git-builder docker \
        --git-docker-dockerfile Dockerfile --git-docker-target koyeb
fi

koyeb apps get "$APP" >/dev/null 2>&1 || koyeb apps create "$APP"
if koyeb services get "$SERVICE" --app "$APP" >/dev/null 2>&1; then command=update; else command=create; fi

# At most one instance: two would have two queues and two journals.
koyeb services "$command" "$SERVICE" --app "$APP" "$@" \
    --type web \
    --instance-type "$INSTANCE" \
    --regions "$REGION" \
    --min-scale "${MIN_SCALE:-0}" --max-scale 1 \
    --ports 8000:http \
    --routes /:8000 \
    --checks 8000:http:/health/live \
    --checks-grace-period 8000=60 \
    --env PORT=8000 \
    --env RETENDER_PROFILE=koyeb \
    --env "RETENDER_PUBLIC_URL=${PUBLIC_URL:-}" \
    --env "RETENDER_TRUSTED_PROXIES=*" \
    --env "GROQ_API_KEY={{secret.groq-api-key}}" \
    --env "RETENDER_API_KEYS={{secret.retender-api-keys}}"
