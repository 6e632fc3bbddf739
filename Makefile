# Everything a newcomer needs: `make run` and `make test`. Only Python 3.11 or later is assumed.

PYTHON ?= python3
BIN := .venv/bin
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON := $(BIN)/python
export UV_PYTHON_DOWNLOADS := never

.PHONY: run test test-suites check lint format docs bench clean

run: .venv/ready
	@$(BIN)/cloche setup
	@$(BIN)/python examples/mcp_stdio_example.py

test: .venv/ready
	$(BIN)/cloche setup
	$(BIN)/pytest

test-suites: .venv/ready
	$(BIN)/cloche setup
	$(BIN)/python tests/suites/run.py

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

check: lint test

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/ready
	$(BIN)/python docs/make_limits.py

bench: .venv/ready
	$(BIN)/cloche setup
	$(BIN)/python bench/compare.py
	$(BIN)/python bench/sessions.py
	$(BIN)/python bench/clients.py
	$(BIN)/python bench/numerics.py

clean:
	rm -rf .venv dist .pytest_cache .ruff_cache .import_linter_cache

.venv/ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Cloche needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.13")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv sync --frozen --quiet
	@touch $@
