#!/usr/bin/env bash
# The tests against a real pretix, in an environment and processes of its own (AGPL: nothing of it becomes part of this
# project). Makes the environment once, in TRAM_PRETIX or .pretix/; the migrated and seeded database is kept there.
#   packaging/pretix_lane.sh              runs tests/pretix/live against a server on the loopback, and stops it
#   packaging/pretix_lane.sh --record     the same, and writes tests/contract/recordings/pretix anew
#   packaging/pretix_lane.sh --serve      leaves a server running until Ctrl-C, with TICKETS=5000 tickets to redeem;
#                                         prints one line of JSON: url, token, organizer, checkin_list, tickets (a file)
set -euo pipefail
cd "$(dirname "$0")/.."
release=2026.8.0
home=${TRAM_PRETIX:-.pretix}
mode=${1:-test}
tickets=0
[[ $mode == --serve ]] && tickets=${TICKETS:-5000}
mkdir -p "$home"
home=$(cd "$home" && pwd)
python=$home/venv/bin/python
work=$(mktemp -d)
server=""

end() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap end EXIT

if [[ ! -x $home/venv/bin/gunicorn ]]; then
  echo "Installing pretix $release into $home (two minutes, 600 MB)" >&2
  python3 -m venv "$home/venv"
  "$home/venv/bin/pip" install --quiet --disable-pip-version-check "pretix==$release" gunicorn
fi

port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PRETIX_CONFIG_FILE=$work/pretix.cfg
export TRAM_PRETIX_URL=http://127.0.0.1:$port TRAM_PRETIX_SEEDED=$work/seeded.json TRAM_PRETIX_TICKETS=$tickets
cat >"$PRETIX_CONFIG_FILE" <<CONFIG
[pretix]
instance_name=Lane
url=$TRAM_PRETIX_URL
datadir=$work
[database]
backend=sqlite3
name=$work/db.sqlite3
CONFIG

in_pretix() { (cd "$work" && "$python" -m pretix "$@"); }

migrated=$home/migrated-$release.sqlite3
if [[ ! -f $migrated ]]; then
  echo "Making pretix' tables (two minutes)" >&2
  in_pretix migrate >"$work/migrate.log" 2>&1 || { tail -20 "$work/migrate.log" >&2; exit 1; }
  mv "$work/db.sqlite3" "$migrated"
fi

seeded=$home/seeded-$release-$tickets-$(sha256sum tests/pretix/seed.py | cut -c1-16)
if [[ ! -f $seeded.json ]]; then
  cp "$migrated" "$work/db.sqlite3"
  in_pretix shell <tests/pretix/seed.py >"$work/seed.log" 2>&1 || { tail -20 "$work/seed.log" >&2; exit 1; }
  cp "$work/db.sqlite3" "$seeded.sqlite3"
  cp "$TRAM_PRETIX_SEEDED" "$seeded.json"
fi
cp "$seeded.sqlite3" "$work/db.sqlite3"
cp "$seeded.json" "$TRAM_PRETIX_SEEDED"

# On SQLite a second worker would answer every tenth redemption with "database is locked".
(cd "$work" && exec "$home/venv/bin/gunicorn" pretix.wsgi --bind "127.0.0.1:$port" --workers 1 --log-level warning \
  >"$work/server.log" 2>&1) &
server=$!

case $mode in
  test) .venv/bin/python -m pytest -p no:cacheprovider -o python_files='live_*.py' tests/pretix/live ;;
  --record)
    TRAM_PRETIX_RECORD=1 .venv/bin/python -m pytest -p no:cacheprovider -o python_files='live_*.py' tests/pretix/live
    ;;
  --serve)
    .venv/bin/python -m tests.pretix.peer
    wait "$server"
    ;;
  *)
    echo "packaging/pretix_lane.sh [--record | --serve]" >&2
    exit 2
    ;;
esac || { tail -30 "$work/server.log" >&2; exit 1; }
