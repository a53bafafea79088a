# Every target sets up what it needs in .venv, from nothing but Python 3.11 or later and make.
# Variables: PYTHON=/path/to/python  PYTEST_ARGS="-m slow" (the long sweeps alone), PYTEST_ARGS="-m ''" (all)

.DELETE_ON_ERROR:
.PHONY: help demo test lint format bench clean

VENV := .venv
PY   := $(VENV)/bin/python
PIP  := $(PY) -m pip install --quiet --disable-pip-version-check
LINT := ngcsnn tests museum
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python)

help:
	@echo "make demo    train Yin-Yang with EventProp; the last line is the test accuracy"
	@echo "make test    run the tests (PYTEST_ARGS='-m slow': the long sweeps, left out else)"
	@echo "make lint    ruff (format and rules) and pyright"
	@echo "make format  let ruff rewrite the files"
	@echo "make bench   run the scripts of tests/benchmarks"
	@echo "make clean   remove .venv and build outputs; runs/ stays"

# Nothing may be printed after this command: its last line is the result.
demo: $(VENV)/demo.stamp
	@$(VENV)/bin/ngcsnn train museum/yin_yang/model.yaml

test: $(VENV)/dev.stamp
	@$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)

lint: $(VENV)/dev.stamp
	@$(PY) -m ruff format --check $(wildcard $(LINT))
	@$(PY) -m ruff check $(wildcard $(LINT))
	@$(PY) -m pyright --pythonpath $(PY)

format: $(VENV)/dev.stamp
	@$(PY) -m ruff format $(wildcard $(LINT))
	@$(PY) -m ruff check --fix $(wildcard $(LINT))

bench: $(VENV)/dev.stamp
	@set -e; for script in tests/benchmarks/*.py; do echo "== $$script"; $(PY) $$script; done

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find ngcsnn tests museum -name __pycache__ -prune -exec rm -rf {} +

# The stamps make set-up happen once, and again when pyproject.toml changes.
$(VENV)/demo.stamp: pyproject.toml $(VENV)/created
	@echo "installing ngcsnn[train,viz] into $(VENV) (once; a few minutes on a slow line)"
	@$(PIP) --editable ".[train,viz]"
	@touch $@

$(VENV)/dev.stamp: pyproject.toml $(VENV)/created
	@echo "installing ngcsnn[all,dev] into $(VENV) (once; a few minutes on a slow line)"
	@$(PIP) --editable ".[all,dev]"
	@touch $@

# A usable Python is 3.11 or later and can make an environment with pip in it.
$(VENV)/created:
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "creating $(VENV) with $$python"; \
	    $$python -m venv $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo "No usable Python: need 3.11 or later with the modules venv and ensurepip; tried: $(PYTHONS)." >&2; \
	echo "Install one (Debian, Ubuntu: apt install python3 python3-venv) or name it: make PYTHON=/path/to/python ..." >&2; \
	exit 1
