# Two commands for a newcomer: `make demo` and `make test`. Everything they need is set up by scripts/setup.sh.

VENV ?= .venv
export VENV
BIN := $(VENV)/bin

.PHONY: help demo test benchmark lint types tests setup clean

help:
	@echo "make demo    lab nodes with faults, an installed cluster, a recovery pair; without root, this machine and recorded runs"
	@echo "make test    style, types, imports and all tests"
	@echo "make benchmark   the suite beside its peers, on lab nodes; takes long, see benchmarks/README.md"
	@echo "make clean   remove what these made here"

demo: setup
	@$(BIN)/python scripts/demo.py

test: lint types tests

benchmark: setup
	@$(BIN)/python -m benchmarks.preflight $(BENCHMARK)

setup:
	@scripts/setup.sh --lab

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

tests: setup
	@$(BIN)/python -m lab prepare --clusters || echo "tests: those of clusters say why they are skipped"
	$(BIN)/python -m pytest tests -n $${TEST_WORKERS:-3} --dist loadfile --durations=10

clean:
	rm -rf $(VENV) .venv-benchmark .venv-benchmark-kubemarine .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
