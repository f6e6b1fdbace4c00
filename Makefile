# Every target sets up what it needs in .venv; a second run is quick. `make` alone lists the targets.

SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SOURCES := flows tasks connectors config

# 1: `make test` also runs the real parts that are installed here. 0: it leaves them to `make real`.
REAL ?= 1
# 0: `make test` leaves out what `make coverage` runs; for whoever runs both.
COVERED ?= 1
# One more than there are cores, but not very many: some always wait for a server.
TESTERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 4 ? cores + 1 : 4)))
# Further arguments for pytest, for example: make test ARGS="-k naming -x"
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nothing calls home, from whatever folder it is started.
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# Tests are compiled once, not once by every process; a collection costs half a minute else.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test soak coverage real check audit ui bench schema lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## the main job, offline: sandboxes, preview, live run, what HR holds afterwards, nothing left to do
	@$(BIN)/python -m flows.demo

test: $(READY) ## every test that needs no system package; the real parts too where they are installed (REAL=0: not)
	@$(BIN)/pytest -m "not real$(if $(filter 0,$(COVERED)), and not decisions)" --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder $(ARGS)
	@$(if $(filter 0,$(REAL)),true,$(BIN)/pytest tests/real $(ARGS)) || [ $$? = 5 ]  # 5: -k chose none of these

# Every place of the sweeps of which `make test` tries some, thirty days of 20,000 people, and damaged inputs in depth: an hour
# and a quarter on two cores that did other things besides; then twenty times as many examples of every property.
soak: $(READY) ## kill a run at every write, let every request fail in every way; damaged inputs; a month of 20,000 people; Dask
	@RETOUR_SOAK=1 $(BIN)/pytest -v tests/sweep tests/fuzz --timeout 3600 --numprocesses $(TESTERS) --dist worksteal $(ARGS)
	@RETOUR_SOAK=1 $(BIN)/pytest -m "hypothesis and not real" tests/tasks tests/connectors --timeout 3600 \
		--numprocesses $(TESTERS) --dist loadfile $(ARGS)
	@PYTHON=$(PYTHON) tests/real/install.sh
	@RETOUR_SOAK=1 RETOUR_REAL=1 $(BIN)/pytest tests/flows/test_dask.py tests/real/test_scale_out.py $(ARGS)

# What tests/conftest.py marks so: the cases in tests/tasks and tests/connectors/model, without the properties.
coverage: $(READY) ## the decisions and the nouns are covered by their cases, every branch of them
	@$(BIN)/pytest -q -m decisions --numprocesses $(TESTERS) --dist loadfile \
		--cov=tasks/lifecycle --cov=connectors/model --cov-branch --cov-fail-under=100 \
		--cov-report=term-missing:skip-covered tests/tasks tests/connectors/model $(ARGS)

real: $(READY) ## install servers (Debian, as root) and vendors' clients, and run the tests against them
	@PYTHON=$(PYTHON) tests/real/install.sh
	@RETOUR_REAL=1 $(BIN)/pytest tests/real $(ARGS)

check: $(READY) ## formatting, lint, types, import contracts, schema drift, spelling, lock, licences, bill of materials
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy $(SOURCES)
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m flows.schema --check
	@$(BIN)/codespell
	@$(BIN)/python -m pip check >/dev/null || { $(BIN)/python -m pip check; exit 1; }
	@$(BIN)/python -m tests.supply
	@echo "check: all fine"

# Asks PyPI, with an environment of its own. CI may have no more than an index of packages, so it is no part of check.
audit: $(READY) ## known vulnerabilities of what is locked, and what was withdrawn; needs the network
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && "$$tools/bin/pip" install -qq pip-audit && \
	{ "$$tools/bin/pip-audit" --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements.lock \
		2>"$$tools/said" || { code=$$?; cat "$$tools/said" >&2; \
		grep -q "^Found" "$$tools/said" || echo "audit: the advisories could not be read; that says nothing about" \
			"the packages. It needs the network: run it again where PyPI can be reached." >&2; exit $$code; }; }

ui: $(READY) ## Prefect server, deployments and a worker on this machine; prints the address
	@$(BIN)/python -m flows.ui

bench: $(READY) ## the benchmarks: ratios and figures as a table and as JSON
	@$(BIN)/python -m tests.bench $(ARGS)

schema: $(READY) ## write the generated JSON Schemas in config/schema
	@$(BIN)/python -m flows.schema

# For Linux and macOS, Python 3.11 to 3.13. What is pinned stays as it is where it still fits; UPGRADE=1 resolves everything
# anew. A package with an extra is written down a second time without
# it: pip before 24 does not see that the one pin holds for the other.
lock: ## bring requirements.lock in step with pyproject.toml (UPGRADE=1: newest versions of everything)
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && "$$tools/bin/pip" install -qq uv && \
	cp requirements.lock "$$tools/lock" && \
	"$$tools/bin/uv" pip compile pyproject.toml --extra dev $(if $(UPGRADE),--upgrade) --output-file "$$tools/lock" --quiet --no-config \
		--universal --python-version 3.11 --fork-strategy fewest --no-strip-extras --generate-hashes \
		--no-header --annotation-style line --no-emit-index-url --no-emit-find-links && \
	awk '/^[^ ]/ {printf "%s", twin; twin = ""} \
		{print} \
		/^[^ ]+\[/ {twin = $$0 "\n"; sub(/\[[^]]*\]/, "", twin); next} \
		twin && /--hash/ {twin = twin $$0 "\n"} \
		END {printf "%s", twin}' "$$tools/lock" > requirements.lock

clean: ## remove .venv, caches and build output; keeps .retour (the ledger)
	@rm -rf .venv .venv-clients .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	@find $(SOURCES) tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The lock is complete, so nothing needs resolving (--no-deps). The dots are the packages: a first run takes
# a minute or two, and should not look like nothing. What pip warns about is shown only where it failed.
$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || { echo "Setting up .venv (once, a minute or two)" >&2; $(PYTHON) -m venv .venv; }
	@set -o pipefail; \
	$(BIN)/python -m pip install --no-deps --require-hashes --requirement requirements.lock 2>.venv/pip.log \
		| awk '/^(Collecting|Processing)/ {printf "."; fflush(); n++} END {if (n) print " " n " packages"}' >&2 \
		|| { cat .venv/pip.log >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable . 2>.venv/pip.log \
		|| { cat .venv/pip.log >&2; exit 1; }
	@touch $@
