# fedrse: what a newcomer, an operator and a developer type. "make" alone lists it all.
# PYTHON=/path/to/python picks an interpreter; ARGS="..." goes to the command that is run.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-config --no-annotate --no-header $(if $(UPGRADE),--upgrade)
# Two processes use two cores; more only wait for each other.
JOBS ?= 2
# Tests with real servers and clocks can lose a race on a busy machine: one that fails is tried
# once more, and named at the end (RERUN) so that it gets mended.
PYTEST := $(BIN)/python -m pytest --reruns 1 -r fER --durations 30
PARALLEL := -n $(JOBS)

# Seconds a suite may take; .ci/run sets them, by hand there is no limit.
limit = $(if $(1),timeout --kill-after=30 $(1))

.PHONY: help setup demo test lint test-core test-sites test-node test-browser bench pictures soak docs lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(RUN) ## Install fedrse into .venv

demo: $(RUN) ## Three sites of one group on this machine, until Ctrl-C
	@$(BIN)/fedrse demo $(ARGS)

test: lint test-core test-sites test-node test-browser ## All checks and tests

lint: $(DEV) ## Style, types and layers
	$(call limit,$(BUDGET_LINT)) $(BIN)/ruff check .
	$(call limit,$(BUDGET_LINT)) $(BIN)/ruff format --check .
	$(call limit,$(BUDGET_LINT)) $(BIN)/mypy
	$(call limit,$(BUDGET_LINT)) $(BIN)/lint-imports

test-core: $(DEV) ## Tests within one site
	$(call limit,$(BUDGET_CORE)) $(PYTEST) $(PARALLEL) -m "not sites and not node and not browser" $(ARGS)

test-sites: $(DEV) ## Tests over several real sites, on SQLite and on PostgreSQL at the same time
	@echo "Both kinds of databases at once: about twelve minutes, each tells all at its end."
	@$(MAKE) --no-print-directory --jobs $(JOBS) --output-sync=target test-sites-sqlite test-sites-postgresql

# One process per kind of database, so that each starts the sites that tests share only once.
test-sites-%: $(DEV)
	FEDRSE_TEST_DATABASES=$* $(call limit,$(BUDGET_SITES)) \
		$(PYTEST) -m "sites and not node and not browser" $(ARGS)

test-node: $(DEV) ## Tests with an independent server and apps' libraries (npm, once)
	$(call limit,$(BUDGET_NODE)) $(PYTEST) -m node $(ARGS)

test-browser: $(DEV) ## Tests in a real browser (installs Chromium as root, if there is none)
	@chromium=$$(sh requirements/ensure_chromium.sh) || exit 1; \
	CHROMIUM=$$chromium $(call limit,$(BUDGET_BROWSER)) $(PYTEST) -m browser $(ARGS)

bench: $(DEV) ## Benchmarks: one JSON line per figure
	@$(BIN)/python tests/benchmarks/run.py $(ARGS)

pictures: $(DEV) ## Take the pictures of the README in the demo
	@chromium=$$(sh requirements/ensure_chromium.sh) || exit 1; \
	CHROMIUM=$$chromium $(BIN)/python -m tests.browser.pictures

soak: $(DEV) ## All tests with full counts of kills, histories and examples (long)
	FEDRSE_SOAK=1 $(PYTEST) --reruns 0 $(PARALLEL) -m "not sites and not node and not browser" $(ARGS)
	FEDRSE_SOAK=1 $(PYTEST) --reruns 0 -m "sites" $(ARGS)
	@chromium=$$(sh requirements/ensure_chromium.sh) || exit 1; \
	FEDRSE_SOAK=1 CHROMIUM=$$chromium $(PYTEST) --reruns 0 -m browser $(ARGS)

docs: $(RUN) ## Write docs/settings.md, docs/cli.md and instance/fedrse.toml from the definitions
	@$(BIN)/python -c 'from fedrse.core.settings_reference import render_reference as render; print(render(), end="")' > docs/settings.md
	@$(BIN)/python -c 'from fedrse.app.cli import app; from fedrse.app.cli_reference import render_cli_reference as render; print(render(app), end="")' > docs/cli.md
	@$(BIN)/python -c 'from fedrse.core.settings_reference import render_commented_toml as render; print(render({}), end="")' > instance/fedrse.toml

lock: $(VENV)/pyvenv.cfg ## Lock the dependencies with hashes (UPGRADE=1: newest versions)
	$(PIP) install 'uv>=0.9'
	$(LOCK) --extra postgres pyproject.toml -o requirements/run.txt
	$(LOCK) requirements/build.in -c requirements/run.txt -o requirements/build.txt
	$(LOCK) --extra postgres --group dev -c requirements/run.txt -c requirements/build.txt \
		requirements/build.in pyproject.toml -o requirements/dev.txt

clean: ## Remove what was installed and built (data under instance/var stays)
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find fedrse tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again where its Python is gone; removed by make where making it was interrupted.
BROKEN := $(shell [ ! -e $(VENV)/pyvenv.cfg ] || $(BIN)/python -c 'import pip' 2>/dev/null || echo again)
.PHONY: again
$(VENV)/pyvenv.cfg: $(BROKEN) | requirements/find_python.sh
	@python=$$(sh requirements/find_python.sh) || exit 1; \
	echo "Making a virtual environment in $(VENV) with $$($$python --version)"; \
	$$python -m venv --clear $(VENV)

$(RUN): $(VENV)/pyvenv.cfg requirements/run.txt requirements/build.txt pyproject.toml
	@echo "Installing fedrse (a minute or so)"
	@$(PIP) install --require-hashes -r requirements/run.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): $(VENV)/pyvenv.cfg requirements/dev.txt pyproject.toml
	@echo "Installing fedrse and what its tests need (some minutes)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
