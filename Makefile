# Everything a developer types. Needs make and Python 3.11; uv is fetched where there is none.

SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || echo python3)
TOOLS := .venv-tools
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)
IN := .venv/bin/
SYNCED := .venv/.synced

# What is compiled once need not be compiled by each process of the product and of the tests.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test coverage faults check format bench screenshots lock clean

help: ## Say what there is to type
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(SYNCED) ## Run everything here, with demo content; state in CMS_HOME (./var), port in PORT (8000)
	@$(IN)cms run

test: $(SYNCED) ## Run all tests, on servers of their own
	$(IN)pytest -n 2 --dist loadgroup $(ARGS)

coverage: $(SYNCED) ## Run all tests and fail below 90 % coverage; takes twice as long
	$(IN)coverage erase
	$(IN)pytest -n 2 --dist loadgroup --cov --cov-report= $(ARGS)
	$(IN)coverage report --fail-under=90

faults: $(SYNCED) ## Run the tests that kill processes
	$(IN)pytest -m faults tests/faults $(ARGS)

check: $(SYNCED) ## Check format, style, types, imports, templates, migrations and the lock file
	$(UV) lock --check
	$(IN)ruff format --check .
	$(IN)ruff check .
	$(IN)mypy
	$(IN)lint-imports
	$(IN)djlint templates --lint --quiet
	home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && \
	  CMS_HOME=$$home $(IN)cms migrate && CMS_HOME=$$home $(IN)cms migrate --check

format: $(SYNCED) ## Bring the code into its form, and mend what can be mended
	$(IN)ruff check --fix .
	$(IN)ruff format .

bench: $(SYNCED) ## Measure the speed and print a table
	$(IN)python -m tests.benchmarks $(ARGS)

screenshots: $(SYNCED) ## Take the pictures of the staff's handbook anew
	$(IN)python -m tests.screenshots $(ARGS)

lock: $(UV) ## Take the newest versions of all dependencies
	$(UV) lock --upgrade

clean: ## Remove what can be made again; leaves CMS_HOME alone
	rm -rf .venv $(TOOLS) .coverage* htmlcov .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(SYNCED): pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet --compile-bytecode
	@touch $@

$(TOOLS)/bin/uv:
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install --quiet --disable-pip-version-check uv
