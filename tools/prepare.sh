#!/usr/bin/env bash
# What the tests need of the system: found, else installed with apt-get (as root, or by sudo without a password), else
# a message and a failure. Usage: tools/prepare.sh test
set -euo pipefail

missing=()
need() { # need PACKAGE COMMAND...: any one of the commands will do
  local package=$1; shift
  for command in "$@"; do command -v "$command" >/dev/null 2>&1 && return; done
  missing+=("$package")
}
has_python_headers() { # of the Python that `make setup` took; one that was built by hand brings its own
  .venv/bin/python -c 'import os, sysconfig as s; os.stat(os.path.join(s.get_path("include"), "Python.h"))' 2>/dev/null
}
has_libc_headers() { echo '#include <stdlib.h>' | cc -E - >/dev/null 2>&1; }
has_chinese_font() {
  { command -v fc-list >/dev/null 2>&1 && fc-list :lang=zh family | grep -q .; } ||
    ls /usr/share/fonts/opentype/noto/NotoSansCJK* >/dev/null 2>&1
}

need gcc cc
has_libc_headers || missing+=(libc6-dev)
has_python_headers || missing+=(python3-dev)
need janus janus
need chromium chromium chromium-browser google-chrome
need firefox-esr firefox-esr firefox
need ffmpeg ffmpeg
need strace strace
need libnss3-tools certutil
need coturn turnserver
need iproute2 ip
need caddy caddy
need nginx-light nginx /usr/sbin/nginx
has_chinese_font || missing+=(fonts-noto-cjk)

if [ "$(id -u)" -eq 0 ] && [ ! -c /dev/net/tun ]; then # for tests/support/network.py; a container may have none
  mkdir -p /dev/net && mknod /dev/net/tun c 10 200
fi

[ ${#missing[@]} -eq 0 ] && exit 0
echo "Missing for the tests: ${missing[*]}"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "Install them with this system's package manager, then try again." >&2
  exit 1
elif [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  echo "Install them first:  sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# What is installed for tests must not start as a service of this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
  "${as_root[@]}" chmod +x $policy
  trap '"${as_root[@]}" rm -f $policy' EXIT
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
