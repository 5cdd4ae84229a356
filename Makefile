# Trạm. `make demo` and `make test` each do all set-up through `make install`; both run again without a network after it.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install demo test check pretix-lane bench soak fuzz mutation clean

install: $(STAMP)

$(STAMP): setup.cfg pyproject.toml constraints.txt packaging/install.sh
	packaging/install.sh "$(PYTHON)"
	@touch $@

demo: install
	$(BIN)/tram demo $(if $(HEADLESS),--headless) $(ARGS)

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32
	$(BIN)/lint-imports --no-cache

test: install check
	packaging/test.sh

# Against a real pretix, in an environment of its own: TRAM_PRETIX, or .pretix/. ARGS=--record keeps what it says anew.
pretix-lane: install
	packaging/pretix_lane.sh $(ARGS)

# TIME: seconds for each target. TARGETS: names of fuzz/table.py, all when empty.
fuzz: TIME ?= 1800
fuzz: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --constraint constraints.txt --editable '.[fuzz]'
	$(BIN)/python -m fuzz.runner --seconds $(TIME) $(TARGETS); status=$$?; $(BIN)/python -m fuzz.report; exit $$status

# MODULES: patterns of mutmut, such as "terminal.proof.verdict*"; all of setup.cfg when empty.
mutation: install
	packaging/mutation.sh $(MODULES)

bench: install
	for figure in $(filter-out bench/soak%,$(wildcard bench/*.py)); do $(BIN)/python "$$figure" || exit; done

# An hour. MINUTES: of the whole terminal; CARDS: visits of the simulated day.
soak: install
	$(BIN)/python bench/soak.py $(if $(MINUTES),--minutes $(MINUTES))
	$(BIN)/python bench/soak_day.py $(if $(CARDS),--cards $(CARDS))

clean:
	rm -rf build .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
