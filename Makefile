# Two commands: `make lab` to learn, `make test` to check. Each makes .venv first if it is missing or half-made.
.PHONY: help venv lab test test-nodata offline build bench
.NOTPARALLEL:
.DEFAULT_GOAL := help

export TF_CPP_MIN_LOG_LEVEL ?= 3

BIN := .venv/bin
SETUP := lossbook/bootstrap.py
PYTHONS := $(if $(PYTHON),"$(PYTHON)",python3.11 python3.12 python3.13 python3.14 python3 python)
NOTEBOOKS = $(wildcard notebooks/*.ipynb solutions/*.ipynb)
NBVAL = $(if $(NOTEBOOKS),$(BIN)/python -m pytest --nbval $(NOTEBOOKS))

# $(call ready,KIND): nothing to do when .venv is whole; else the first suitable Python makes it so.
define ready
@$(BIN)/python -I $(SETUP) ready $(1) 2>/dev/null || { \
  for p in $(PYTHONS); do "$$p" -I $(SETUP) suits 2>/dev/null && exec "$$p" -I $(SETUP) make $(1); done; \
  echo "lossbook: no suitable Python: it needs $$(sed -n 's/^requires-python = //p' pyproject.toml). Found here:"; \
  for p in $(PYTHONS); do echo "  $$p: $$("$$p" --version 2>&1 | tail -1)"; done; \
  echo "Install one that fits and name it (make lab PYTHON=/path/to/python3.11), or take the README's conda route."; \
  exit 1; } >&2
endef

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

venv: ## only .venv with pip in it, to put a PyTorch of your choice there before the rest
	$(call ready,venv)

lab: ## the course in JupyterLab (ARGS="--no-browser --port 8899" for a server)
	$(call ready,lab)
	@$(BIN)/lossbook lab $(ARGS)

test: ## lint, unit tests, parity, and nbval over notebooks/ and solutions/
	$(call ready,test)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest tests
	$(NBVAL)

test-nodata: ## the same notebooks and the data tests offline and without the data: on the stand-ins
	$(call ready,test)
	@cache=$$(mktemp -d) && trap 'rm -r "$$cache"' EXIT && \
	  env -u LOSSBOOK_DATA LOSSBOOK_OFFLINE=1 LOSSBOOK_CACHE="$$cache" $(MAKE) --no-print-directory offline
offline:
	$(BIN)/python -m pytest tests/datasets
	$(NBVAL)

build: ## notebooks from their sources (ARGS="02" for one)
	$(call ready,test)
	$(BIN)/lossbook build $(ARGS)

bench: ## the project's figures: every script in benchmarks/
	$(call ready,test)
	for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done
