# Every target needs only python3 (3.11 or later), git and make; it builds .venv itself and is quick the second time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILD := build
PIP_FLAGS := --disable-pip-version-check --quiet --constraint constraints.txt

# modules are compiled once, and not again in every process that tests and notebooks start
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help evaluate test test-all lint types floors lab docs docs-check bench packages coverage mutation notebooks clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

evaluate: $(VENV)/.run  ## evaluate a synthetic region, reproduce published figures, say where the report lies
	@mkdir -p $(BUILD)
	@rm -rf $(BUILD)/region
	@$(BIN)/peereval new $(BUILD)/region
	@$(BIN)/peereval evaluate $(BUILD)/region/study.toml --report $(BUILD)/report.html
	@$(BIN)/peereval reproduce
	@echo "Report: $(CURDIR)/$(BUILD)/report.html"

test: lint types floors  ## everything that needs no server: lint, types, floors, tests
	@$(BIN)/python -m pytest -n 2

test-all: test  ## also more examples, the oldest and newest versions, Spark and PostgreSQL
	@PEEREVAL_EXAMPLES=200 $(BIN)/python -m pytest -n 2 tests/property tests/spec
	@sh tests/other_versions.sh

packages: $(VENV)/.test  ## build the packages and try the wheel in clean environments, lowest and newest versions
	@PYTHON="$(PYTHON)" sh tests/packages.sh

lint: $(VENV)/.test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.test
	@$(BIN)/mypy

floors: $(VENV)/.test
	@$(BIN)/lint-imports --no-logo

lab: $(VENV)/.run  ## open JupyterLab with the notebooks
	@JUPYTERLAB_WORKSPACES_DIR=$(BUILD)/lab $(BIN)/jupyter lab workspaces import notebooks/workspace.json >/dev/null
	@JUPYTERLAB_WORKSPACES_DIR=$(BUILD)/lab $(BIN)/jupyter lab --notebook-dir=notebooks --LabApp.default_url=/lab/workspaces/peereval

notebooks: $(VENV)/.test  ## run the notebooks in place and draw the README's figure
	@$(BIN)/python notebooks/execute.py
	@$(BIN)/python notebooks/start.py

docs: $(VENV)/.docs  ## build the documentation into build/docs, warnings as errors, and check its links
	@rm -rf $(BUILD)/docs
	@$(BIN)/python -m sphinx -W --keep-going --quiet -b html -d $(BUILD)/doctrees docs $(BUILD)/docs
	@$(BIN)/python docs/check_site.py $(BUILD)/docs
	@echo "Documentation: $(CURDIR)/$(BUILD)/docs/index.html"

docs-check: docs  ## also open it in Chromium: phone and desktop, light and dark, search, axe-core
	@$(BIN)/python docs/open_site.py $(BUILD)/docs

bench: $(VENV)/.test  ## measure against named peers, in one run
	@$(BIN)/python -m pip install $(PIP_FLAGS) --editable '.[bench]'
	@$(BIN)/python benchmarks/run.py

coverage: $(VENV)/.scrutiny  ## which lines and branches of src the tests run
	@$(BIN)/python -m pytest -q -n 2 --cov --cov-report=term:skip-covered

mutation: $(VENV)/.scrutiny  ## change the code in small ways and show what no test notices (hours; SAMPLE=25 for a sample)
	@$(BIN)/python tests/mutation/run.py $(if $(SAMPLE),--sample $(SAMPLE))

clean:  ## remove what was made
	@rm -rf $(VENV) $(BUILD) docs/learn/notebooks docs/learn/lessons.md.part
	@find docs/reference -name '*.md' ! -path docs/reference/index.md -delete

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "peereval needs Python 3.11 or later; say make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing peereval into $(VENV) (once)"
	@$(BIN)/python -m pip install $(PIP_FLAGS) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@echo "Installing what the tests need (once)"
	@$(BIN)/python -m pip install $(PIP_FLAGS) --editable '.[test]'
	@touch $@

$(VENV)/.scrutiny: $(VENV)/.test
	@echo "Installing what measures the tests (once)"
	@$(BIN)/python -m pip install $(PIP_FLAGS) --editable '.[scrutiny]'
	@touch $@

$(VENV)/.docs: $(VENV)/.test
	@echo "Installing what the documentation needs (once)"
	@$(BIN)/python -m pip install $(PIP_FLAGS) --editable '.[docs]'
	@touch $@
