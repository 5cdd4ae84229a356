#!/usr/bin/env bash
# Everything a fresh Debian 12 or Ubuntu 22.04+ needs, then an environment of our own in .venv with the pinned
# packages. Says what it will do before it does it; installs with root or sudo only what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Ubuntu 22.04 has Python 3.10 as python3 and 3.11 beside it.
suffix=""
if ! new_enough "$python"; then
  python=python3.11
  suffix=.11
fi

# pcscd and vpcd: readers; swig, compiler and headers: pyscard is built from source on Linux; postgresql: the tests start its
# server themselves, on a socket of their own; the rest: Qt on X, zbar.
packages=(
  "python3$suffix-venv" "python3$suffix-dev" gcc swig libpcsclite-dev pcscd util-linux openssl
  xvfb libegl1 libgl1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-image0
  libxcb-render-util0 libxcb-randr0 libxcb-xinerama0 libdbus-1-3 libfontconfig1 libzbar0 postgresql
)

# Not in every release. vpcd: without it the demo brings a reader of its own, and says so; cups: printers of the system;
# espeak-ng: spoken results; chromium and its driver: the tests open the desk API's sample page.
optional=(vsmartcard-vpcd libcups2 espeak-ng chromium chromium-driver)

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

if command -v dpkg-query >/dev/null; then
  missing=()
  for package in "${packages[@]}" "${optional[@]}"; do installed "$package" || missing+=("$package"); done
  if ((${#missing[@]})); then
    if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
      echo "Needed and not installed: ${missing[*]}" >&2
      echo "What to do: as root, apt-get install ${missing[*]}; then run make again." >&2
      exit 2
    fi
    echo "Installing with apt-get: ${missing[*]}"
    as_root apt-get update -qq
    wanted=()
    for package in "${missing[@]}"; do
      if [[ " ${optional[*]} " == *" $package "* ]] && ! apt-cache show "$package" >/dev/null 2>&1; then
        echo "Not to be had here: $package"
      else
        wanted+=("$package")
      fi
    done
    ((${#wanted[@]})) && as_root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
  fi
else
  echo "This is no Debian or Ubuntu: install by hand what docs/deploy.md names, then run make again." >&2
fi

echo "Installing Python packages into .venv"
[[ -x .venv/bin/python ]] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "setuptools==84.2.1"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --constraint constraints.txt --editable '.[dev]'
.venv/bin/tram --version
