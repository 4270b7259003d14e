# `make drill` installs and starts the program; `make test` installs and passes the tests.
PYTHON ?= python3
PIP_FLAGS ?=
BIN := .venv/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt $(PIP_FLAGS)

.PHONY: drill test lint prove pictures bench clean

drill: .venv/.drill
	@$(BIN)/attnquiz drill

test: .venv/.test
	$(BIN)/python -m pytest -n 2

lint: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/attnquiz lint --complete

# What takes longer than the tests: claims under many seeds, planted defects, kills, fuzzing.
prove: .venv/.test
	$(BIN)/python -m pytest -n 2 -o faulthandler_timeout=1800 tests/prove

pictures: .venv/.test
	$(BIN)/python docs/make_pictures.py

bench: .venv/.test
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/runner.py
	$(BIN)/python benchmarks/judge.py

.venv/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "attnquiz needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv

.venv/.drill: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) --editable '.[torch]'
	@touch $@

.venv/.test: .venv/pyvenv.cfg pyproject.toml constraints.txt
	$(INSTALL) --editable '.[torch,test]'
	@touch $@ .venv/.drill

clean:
	rm -rf .venv dist build
