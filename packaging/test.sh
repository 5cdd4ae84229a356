#!/usr/bin/env bash
# The whole test-suite as CI runs it: two processes, each with files of its own (what a file shares is made once), the
# offline Qt platform, coverage with its floor.
set -euo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
.venv/bin/python -m pytest --numprocesses=2 --dist=loadfile --cov --cov-report=term "$@"
.venv/bin/python -m coverage report --include='crypto/*,terminal/*' --fail-under=95
