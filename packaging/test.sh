#!/usr/bin/env bash
# The whole test-suite as CI runs it: a virtual screen, the offline Qt platform for unit tests, coverage with its floor.
set -euo pipefail
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
.venv/bin/python -m pytest --numprocesses=2 --dist=worksteal --cov --cov-report=term "$@"
.venv/bin/python -m coverage report --include='crypto/*,terminal/*' --fail-under=95
