#!/usr/bin/env bash
# Builds the images of docker/Dockerfile: with docker if there is one, else with buildah, which needs no daemon.
# (--format docker: the OCI format has no health check.)
# Usage: tools/image.sh [TARGET...], default all-in-one. BASE names another base image, such as that of a mirror.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- all-in-one
for target in "$@"; do
  name=passline; [ "$target" = all-in-one ] || name=passline-$target
  build=(-f docker/Dockerfile --target "$target" -t "$name" ${BASE:+--build-arg "BASE=$BASE"} .)
  if docker version >/dev/null 2>&1; then # there, and its daemon too
    docker build "${build[@]}"
  elif command -v buildah >/dev/null 2>&1; then
    buildah build --isolation chroot --layers --format docker "${build[@]}"
  else
    echo "Building images needs docker or buildah." >&2
    exit 1
  fi
done
