# Each target sets up what it needs and says what it does. ARGS="…" is handed on.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.PHONY: help env run test check lint fmt bench migrate seed lock clean

PYTHON_IN := .venv/bin/python
PORTAL := .venv/bin/portal

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

env: ## Set up .venv with the packages of requirements.lock
	@scripts/bootstrap.sh

run: env ## Serve the portal on this machine, with database, worker and demo data
	@scripts/system-packages.sh pdf
	@exec $(PORTAL) run $(ARGS)

test: env ## Run every test, browser journeys included
	@scripts/system-packages.sh test
	@echo "==> Tests"
	@$(PYTHON_IN) -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

check: lint test ## Run all that must pass before a change goes in

lint: env ## Check form, types, imports, assets and translations; no tests
	@echo "==> Form"
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@echo "==> Types"
	@.venv/bin/mypy
	@echo "==> Imports"
	@.venv/bin/lint-imports
	@echo "==> Assets and translations"
	@$(PORTAL) assets check
	@$(PORTAL) i18n check

fmt: env ## Put the code into form
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

bench: env ## Measure import and pages, each against a baseline run beside it
	@exec $(PYTHON_IN) -m bench $(ARGS)

migrate: env ## Bring the database of DATABASE_ADMIN_URL up to date
	@exec $(PORTAL) migrate $(ARGS)

seed: env ## Load the demo data
	@exec $(PORTAL) demo $(ARGS)

lock: env ## Write requirements.lock anew from pyproject.toml
	@.venv/bin/uv pip compile -q --universal --generate-hashes --extra demo --group dev \
		pyproject.toml -o requirements.lock --python .venv/bin/python $(ARGS)
	@echo "requirements.lock is up to date; the next target installs what changed"

clean: ## Remove .venv and caches; data in .portal stays
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis build test-results
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
