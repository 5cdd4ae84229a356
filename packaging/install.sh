#!/usr/bin/env bash
# Everything a fresh Debian 12 or Ubuntu 22.04+ needs, then an environment of our own in .venv with the pinned
# packages. Says what it will do before it does it; installs with root or sudo only what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}

# pcscd and vpcd: readers; swig, compiler and headers: pyscard is built from source on Linux; the rest: Qt on X, zbar.
packages=(
  python3-venv python3-dev gcc swig libpcsclite-dev pcscd vsmartcard-vpcd util-linux openssl
  xvfb libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-image0
  libxcb-render-util0 libxcb-randr0 libxcb-xinerama0 libdbus-1-3 libfontconfig1 libzbar0
)

missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
else
  echo "This is no Debian or Ubuntu: install by hand what docs/deploy.md names, then run make again." >&2
fi
if ((${#missing[@]})); then
  as_root=()
  if [[ $(id -u) != 0 ]]; then
    if ! command -v sudo >/dev/null; then
      echo "Needed and not installed: ${missing[*]}" >&2
      echo "What to do: as root, apt-get install ${missing[*]}; then run make again." >&2
      exit 2
    fi
    as_root=(sudo)
  fi
  echo "Installing with apt-get: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

echo "Installing Python packages into .venv"
[[ -x .venv/bin/python ]] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "setuptools==84.2.1"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --constraint constraints.txt --editable '.[dev]'
.venv/bin/tram --version
