PYTHON ?=
export PYTHON

VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv || echo .venv-uv/bin/uv)
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help run test check format lock bench screenshots clean install

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Start everything on http://localhost:8080, Ctrl-C stops it
	@scripts/venv $(VENV) requirements/run.txt
	@exec $(BIN)/python -m bifrost.run

test: install ## Run the whole suite, on SQLite and on PostgreSQL and Redis; ARGS="-k files" for a part
	@scripts/venv .venv-older requirements/older.txt
	@tests/run.sh $(ARGS)

check: install ## Lint, types, known weaknesses, import contracts, migrations, settings fit for production
	@tests/check.sh

format: install ## Bring the code into shape
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

lock: $(UV) ## Choose the versions of all dependencies anew
	@$(COMPILE) -o requirements/production.txt pyproject.toml
	@$(COMPILE) -o requirements/run.txt -c requirements/production.txt --extra sandbox pyproject.toml
	@$(COMPILE) -o requirements/dev.txt -c requirements/run.txt --extra sandbox \
		--group test --group lint pyproject.toml
	@$(COMPILE) -o requirements/older.txt requirements/older.in

bench: install ## Measure what the gateway adds to the work
	@$(BIN)/python -m tests.bench

screenshots: install ## Take the pictures of the docs anew, in Chromium
	@$(BIN)/python -m tests.browser.screenshots

clean: ## Remove what was installed and cached; the data in var/ stay
	rm -rf .venv .venv-* .node .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install:
	@scripts/venv $(VENV) requirements/run.txt requirements/dev.txt

.venv-uv/bin/uv:
	@python3 -m venv .venv-uv
	@.venv-uv/bin/pip install --quiet uv
