# Needs GNU make and Python 3.11 or newer; everything else goes into .venv, locked by hash.
BIN := .venv/bin
UPGRADE :=
FAULTS := 1000
LOCK = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --quiet $(UPGRADE)

export PYTHON
# Somebody's own modules must not come before the five packages.
unexport PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench soak docs lock clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is needed into .venv (the others do it by themselves)
	@.ci/setup

demo: setup ## Play a school term through the service, and show what everybody sees
	@$(BIN)/attendance demo

test: lint ## Run everything that can fail
	$(BIN)/python -m pytest -n 3 --dist loadfile

lint: setup ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup ## Write the code as the formatter has it
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format

bench: setup ## Measure the service beside its peers (ONLY=name for one); writes build/bench.json
	@ONLY=$(ONLY) $(BIN)/python -m tests.bench

soak: setup ## Run a thousand faults (FAULTS=10000 for a night), and every test at length: hours
	$(BIN)/python -m tests.campaign --faults $(FAULTS)
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n 2 --dist loadfile -m ""

docs: setup ## Write the golden files of new events, and the reference pages in docs/
	$(BIN)/python -m tests.eventstore.golden
	$(BIN)/python -m tests.house.reference

lock: setup ## Lock the dependencies of pyproject.toml again (UPGRADE=--upgrade for the newest)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(LOCK) --output-file requirements.txt
	$(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## Remove what was generated
	rm -rf .venv .venv.lock build dist .hypothesis .schemathesis .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
