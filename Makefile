# Every target makes .venv itself and installs only what it needs, at the versions of constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
INSTALL := $(PIP) install --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow check bench docs clean
.DELETE_ON_ERROR:

# one thread a process: tests and benchmarks do not depend on how many cores there are, nor fight over them
test test-slow bench: export OMP_NUM_THREADS := 1
test test-slow bench: export OPENBLAS_NUM_THREADS := 1
test test-slow bench: export MKL_NUM_THREADS := 1
test test-slow bench: export POLARS_MAX_THREADS := 1

help: ## say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1 \t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: .venv/.stamp-demo ## run the shipped search for H → ZZ* → 4ℓ and say where its page is
	@$(BIN)/fivesigma run higgs-4l --output runs/higgs-4l
	@echo "The page: $(CURDIR)/runs/higgs-4l/report.html"

test: .venv/.stamp-test ## run the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q -m "not slow"

test-slow: .venv/.stamp-test ## run the statistics that need many toys
	@$(BIN)/python -m pytest -n 2 --dist loadfile -q -m slow

check: .venv/.stamp-check ## lint, formatting, types, import contract, repository review
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports
	@$(BIN)/repo-review --show err .

bench: .venv/.stamp-test ## time what matters, as ratios against a baseline in the same run
	@$(BIN)/python benchmarks/run.py

docs: .venv/.stamp-docs ## build the documentation into docs/_build; warnings are errors
	@$(BIN)/python -m sphinx -W --keep-going -q docs docs/_build/html
	@echo "The documentation: $(CURDIR)/docs/_build/html/index.html"

clean: ## remove the environment and everything built; runs/ stays
	@rm -rf .venv docs/_build docs/reference/generated dist build .*_cache .hypothesis
	@find src tests docs benchmarks -name __pycache__ -prune -exec rm -rf {} +

# -- the environment: one stamp for each thing installed ------------------------------------------------------------

.venv/.stamp-pip: constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --constraint constraints.txt --upgrade pip
	@touch $@

.venv/.stamp-demo: pyproject.toml constraints.txt | .venv/.stamp-pip
	@echo "Installing fivesigma with PyTorch into .venv ..."
	@$(INSTALL) --editable '.[torch]'
	@touch $@

.venv/.stamp-all: pyproject.toml constraints.txt | .venv/.stamp-pip
	@echo "Installing fivesigma with all its extras into .venv ..."
	@$(INSTALL) --editable '.[all]'
	@touch $@ .venv/.stamp-demo

.venv/.stamp-test .venv/.stamp-check .venv/.stamp-docs: .venv/.stamp-%: .venv/.stamp-all
	@echo "Installing what '$*' needs into .venv ..."
	@$(INSTALL) --group $*
	@touch $@
