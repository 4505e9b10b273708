# Sentinel from a bare machine: Python 3.11 or newer, nothing else. `make help` lists what there is.

VENV := .venv
BIN := $(VENV)/bin
PINS := pyproject.toml constraints.txt
export UV_LINK_MODE ?= copy
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1
# What Python compiled is kept here whatever the machine says: every process that is started needs some 1,600 modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help start test simulate
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 16

start: $(VENV)/for-running  ## start everything; ARGS="--port 8100 --data DIR" are passed on
	@$(BIN)/sentinel start $(ARGS)

test: $(VENV)/for-testing  ## check style, types and import order, then run every test
	$(BIN)/python -m sentinel.core.instance.assets
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 $(ARGS)

simulate: $(VENV)/for-testing  ## two years of cases beside a model of the rules, from SEED=1 on, for MINUTES=5
	$(BIN)/python -m tests.simulation --minutes $(or $(MINUTES),5) --seed $(or $(SEED),1)

$(VENV)/for-running: $(PINS) | $(BIN)/uv
	@echo "Installing what Sentinel needs to run."
	@$(call install,.)
	@touch $@

$(VENV)/for-testing: $(PINS) | $(BIN)/uv
	@echo "Installing what Sentinel needs to run and to be tested."
	@$(call install,.[dev])
	@touch $@ $(VENV)/for-running

$(BIN)/uv: | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt uv

$(BIN)/python:
	@for python in python3 python3.14 python3.13 python3.12 python3.11; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then exec $$python -m venv $(VENV); fi; \
	done; echo "Sentinel needs Python 3.11 or newer: none was found." >&2; exit 1

# uv is quick but knows nothing of a machine's own pip settings: where it cannot reach the packages, pip does it.
define install
$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --constraint constraints.txt --editable '$(1)' \
	|| $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '$(1)'
endef
