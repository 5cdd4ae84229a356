#!/usr/bin/env bash
# Mutation testing of the modules that setup.cfg lists under [mutmut], in a copy of the project: build/mutation.
# Arguments: patterns of mutants, such as "terminal.proof.verdict*"; all without. Goes on where it was stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
copy=build/mutation
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --constraint constraints.txt --editable '.[mutation]'
mkdir -p "$copy"
git ls-files -z | while IFS= read -r -d '' file; do
  if [[ -f $file ]]; then printf '%s\0' "$file"; fi
done | xargs -0 cp --parents --preserve=timestamps -t "$copy"
cd "$copy"
"$root/.venv/bin/mutmut" run --max-children "${JOBS:-2}" "$@" >mutation.log
"$root/.venv/bin/mutmut" results | grep -v 'not checked' || true
echo "Mutants by module:"
"$root/.venv/bin/mutmut" results --all true | sed -nE 's/^ *(.*)\.x[^:]*: /\1 /p' | sort | uniq -c
