# `make run` starts Axiscope, `make test` proves it, `make help` lists the rest.
# A fresh machine needs: make, Python 3.11 or newer with venv, git; npm is brought along where there is none.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

HOST ?= 127.0.0.1
PORT ?= 8000
PYTEST_FLAGS ?=
WORKERS ?= 3
BIN := .venv/bin

ifndef FLAVOUR
FLAVOUR := $(shell scripts/flavour)
endif

INSTALLED := .venv/.installed-$(FLAVOUR)
INSTALLED_TEST := .venv/.installed-$(FLAVOUR)-test
VENDORED := frontend/static/vendor/.stamp
BUNDLED := frontend/static/vendor/bundle/bundle.json
DOCUMENTED := frontend/docs/.stamp
NODE_TOOLS := node_modules/.stamp-test
PINS := pyproject.toml constraints.txt scripts/install
NPM_PINS := package.json package-lock.json scripts/vendor scripts/wasm.mjs frontend/wasm/kernel.wat

# Tests run side by side: one thread each, and none spins while it waits. WORKERS is one more than the cores, for many
# tests wait for processes of their own. They start some hundreds, so bytecode is kept where the environment forbids it.
PYTEST := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest

# So that the programs of .venv (npm among them, where the system has none) are found by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1|/' | awk -F'|' '{printf "  make %-15s %s\n", $$1, $$2}'

# ---- run

.PHONY: run
run: $(INSTALLED) $(BUNDLED) $(DOCUMENTED) ## install what is missing, migrate, register the zoo, start server and worker
	@exec $(BIN)/axiscope up --host "$(HOST)" --port "$(PORT)"

.PHONY: wheel
wheel: $(INSTALLED_TEST) $(BUNDLED) $(DOCUMENTED) ## build dist/axiscope-*.whl with zoo, pages, their libraries and the documentation
	rm -rf build
	$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation --wheel-dir dist .

.PHONY: vendor
vendor: $(INSTALLED) ## fetch the browser libraries again (Plotly, ONNX Runtime Web, lit-html, gifenc, smol-toml)
	@rm -f $(VENDORED)
	@scripts/vendor run

$(INSTALLED): $(PINS)
	@scripts/install $(FLAVOUR)

$(INSTALLED_TEST): $(PINS)
	@scripts/install $(FLAVOUR) test

$(VENDORED): $(NPM_PINS) | $(INSTALLED)
	@scripts/vendor run

# Without node the pages load their modules one by one.
$(BUNDLED): $(shell find frontend/static/js frontend/templates -type f) scripts/bundle.mjs | $(VENDORED)
	@if command -v node >/dev/null; then node scripts/bundle.mjs || true; fi

$(DOCUMENTED): $(shell find docs -type f) CONTRIBUTING.md CHANGELOG.md scripts/build_docs.py pyproject.toml | $(INSTALLED)
	@echo "making the documentation"
	@$(BIN)/python scripts/build_docs.py

$(NODE_TOOLS): $(NPM_PINS) | $(INSTALLED_TEST)
	@scripts/vendor test

# ---- tests

.PHONY: test
test: prerequisites ## everything: format, lint, types, contracts, JavaScript, Python, browser
	@$(MAKE) --no-print-directory --output-sync=target -j $(WORKERS) static js
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "not browser and not cluster" --durations=15 $(PYTEST_FLAGS)
	$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=15 tests/browser $(PYTEST_FLAGS)

.PHONY: prerequisites
prerequisites:
	@scripts/prerequisites

.PHONY: check
check: $(INSTALLED_TEST) $(NODE_TOOLS) ## format, lint, types, contracts, the rules of the tree, tests of what differs from main
	@$(MAKE) --no-print-directory --output-sync=target -j $(WORKERS) static js-quick rules

.PHONY: rules
rules: $(INSTALLED_TEST) bundle
	$(PYTEST) -q -m "not slow and not browser and not cluster" tests/meta $$(scripts/changed-tests | grep -v '^tests/meta/') $(PYTEST_FLAGS)

.PHONY: test-slow
test-slow: $(INSTALLED_TEST) ## only the tests that take more than about five seconds
	$(PYTEST) -m "slow and not browser and not cluster" --durations=25 $(PYTEST_FLAGS)

.PHONY: test-cluster
test-cluster: $(INSTALLED_TEST) ## the tests that start Ray in network namespaces (root, iproute2)
	@scripts/install $(FLAVOUR) test,ray
	$(PYTEST) -m cluster $(PYTEST_FLAGS)

# ---- one step each

.PHONY: static
static: $(INSTALLED_TEST) ## format, lint, types and contracts, changing nothing
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(INSTALLED_TEST) $(NODE_TOOLS) ## rewrite the sources in the house's format
	$(BIN)/ruff check --fix-only --exit-zero
	$(BIN)/ruff format
	node_modules/.bin/prettier --write --log-level warn . '!.venv'

.PHONY: lint
lint: $(INSTALLED_TEST) ## ruff
	$(BIN)/ruff check

.PHONY: types
types: $(INSTALLED_TEST) ## mypy, strict
	$(BIN)/mypy

.PHONY: contracts
contracts: $(INSTALLED_TEST) ## who may import whom
	$(BIN)/lint-imports

# Not by $(BUNDLED), whose libraries would be installed at the same time as those of $(NODE_TOOLS).
.PHONY: bundle
bundle: $(NODE_TOOLS)
	@node scripts/bundle.mjs

# By nice: mypy, which runs beside, has one thread and takes longest.
.PHONY: js-quick
js-quick: $(NODE_TOOLS) bundle
	nice node_modules/.bin/prettier --check --cache --log-level warn . '!.venv'
	nice node_modules/.bin/tsc --noEmit

.PHONY: js
js: js-quick js-unit ## JavaScript: format, types, unit tests

.PHONY: js-unit
js-unit: $(NODE_TOOLS)
	nice node --test --test-concurrency=$(WORKERS) $$(find tests/js -name '*.test.js')

.PHONY: site
site: $(DOCUMENTED) ## the documentation as a site, frontend/docs, which the service shows at /docs

# ---- benchmarks and pins

.PHONY: bench
bench: $(INSTALLED_TEST) $(BUNDLED) ## measure against named baselines and print the table of ratios
	$(BIN)/python -m benchmarks

.PHONY: docs
docs: $(INSTALLED_TEST) $(NODE_TOOLS) ## write from the code: parts of docs/, training/plugins.json, types of the page
	$(BIN)/python scripts/document.py

.PHONY: pins
pins: $(INSTALLED_TEST) ## write constraints.txt anew from what is installed
	$(BIN)/python scripts/pins.py
