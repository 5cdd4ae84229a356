"""One target under libFuzzer (atheris): ``python -m fuzz.harness TARGET [libFuzzer arguments]``.

Ends at the first finding with a traceback and a file that reproduces it; ``fuzz.runner`` does the rest around it.
"""

from __future__ import annotations

import sys

import atheris

_WATCHED = ("crypto", "config", "terminal", "fuzz", "asn1crypto", "tomllib", "json")
"""Packages whose branches guide the fuzzer; what is written in C it cannot see."""


def main(arguments: list[str]) -> None:
    """Run the target of that name until libFuzzer's limits or a finding; does not return."""
    # Everything is imported in here, and parsers import the rest when they are first called: hence one round of seeds.
    with atheris.instrument_imports(include=list(_WATCHED)):
        from fuzz.table import BY_NAME
        from fuzz.target import SEEDS, bounded

        once = BY_NAME[arguments[1]].load()
        for seed in sorted((SEEDS / arguments[1]).iterdir()):
            once(seed.read_bytes())
    atheris.Setup([arguments[0], *arguments[2:]], bounded(once))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
