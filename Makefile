# Everything a person types. `make` alone lists the commands.
#
# The environment in .venv is built from hashed lock files by uv, which pip itself installs from a hash;
# where uv cannot do it, pip does the same more slowly. `make demo` needs the runtime packages only; the first
# `make test` or `make check` adds the tools.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
V := .venv
PY := $(V)/bin/python
RUNTIME := $(V)/.runtime.ok
DEV := $(V)/.dev.ok

# Two test processes: more only compete for the database on the small machines this runs on.
TEST_WORKERS ?= 2
PYTEST_ARGS ?=
BENCH_ARGS ?=
UPGRADE ?=

# A caller's own Python settings must not change what gets installed or imported here.
unexport PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
unexport VIRTUAL_ENV UV_SYSTEM_PYTHON UV_BREAK_SYSTEM_PACKAGES

# An environment whose interpreter has gone (a system upgrade, a moved home) counts as not built.
ifneq ($(wildcard $(V)),)
ifneq ($(shell $(PY) -c 'print("ok")' 2>/dev/null),ok)
$(shell rm -f $(V)/.created $(RUNTIME) $(DEV))
endif
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-runtime demo run test check bench bench-enrolment bench-credentials bench-esco conformance migrate openapi format lock clean

help: ## List these commands
	@echo "INGENIUM micro-credentials"; echo
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEV) ## Build .venv with everything that the service and its tests need
	@echo "Ready: $(V) ($$($(PY) --version), $$(du -sh $(V) | cut -f1))"

setup-runtime: $(RUNTIME)

demo: $(RUNTIME) ## Play the whole journey on a fresh embedded database, into demo-output/
	@$(PY) -m app demo

run: $(RUNTIME) ## Serve the demo data on 127.0.0.1:8000 until Ctrl-C
	@$(PY) -m app run

test: $(DEV) ## Run all tests (PYTEST_ARGS="-k quota" for some, TEST_WORKERS=0 for one process)
	@$(PY) -m pytest -n $(TEST_WORKERS) --dist loadfile $(PYTEST_ARGS)

check: $(DEV) ## Format, lint, types, import contracts, migrations and OpenAPI file
	@echo "== format";           $(PY) -m ruff format --check .
	@echo "== lint";             $(PY) -m ruff check .
	@echo "== types";            $(PY) -m mypy
	@echo "== import contracts"; $(V)/bin/lint-imports --no-logo
	@echo "== migrations";       $(PY) -m app check-migrations
	@echo "== OpenAPI file";     $(PY) -m app openapi --check

bench: $(RUNTIME) ## Run the benchmarks; the last line is JSON
	@$(PY) -m app bench $(BENCH_ARGS)

bench-enrolment: $(RUNTIME) ## Measure registering, quotas and imports; the last line is JSON
	@$(PY) -m app bench-enrolment $(BENCH_ARGS)

bench-credentials: $(RUNTIME) ## Measure issuing, verifying and memory; the last line is JSON
	@$(PY) -m app bench-credentials $(BENCH_ARGS)

bench-esco: $(RUNTIME) ## Measure look-up and suggestion of ESCO skills; the last line is JSON
	@$(PY) -m app bench-esco $(BENCH_ARGS)

conformance: $(DEV) ## Ask the validators of others (Java, Maven): DSS on seals, Jena on shapes, veraPDF on PDFs
	@MC_DSS=1 MC_JENA=1 MC_VERAPDF=1 $(PY) -m pytest -q tests/adapters/issuing/test_dss.py \
		tests/adapters/edc/test_second_engine.py tests/adapters/pdf/test_conformance.py

migrate: $(RUNTIME) ## Bring the database of DATABASE_URL (or the embedded one) to the newest schema
	@$(PY) -m app migrate

openapi: $(RUNTIME) ## Write openapi/openapi.json anew
	@$(PY) -m app openapi

format: $(DEV) ## Format the code and sort its imports
	@$(PY) -m ruff check --select I --fix .
	@$(PY) -m ruff format .

# No index address and no path may end up in the locks, so none of these options can go.
COMPILE := $(V)/bin/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(UPGRADE)

lock: $(DEV) ## Resolve the *.in files into the *.lock files (UPGRADE=--upgrade for newer versions)
	$(COMPILE) bootstrap.in -o bootstrap.lock
	$(COMPILE) requirements.in -o requirements.lock
	$(COMPILE) requirements-dev.in -o requirements-dev.lock

clean: ## Remove .venv and the caches; databases and demo-output/ stay
	rm -rf $(V) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find app tests -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call install,LOCK,WHAT): into .venv from LOCK, wheels only, every file checked against its hash.
# uv trusts its own list of certificate authorities, which fails behind a proxy that has one of its own; then the
# system's list is tried, then pip with its settings. An account without a home directory has no place for a cache.
define install
	@echo "-- installing $(2): $$(grep -c '==' $(1)) packages, checked by hash"
	@quiet=--quiet; [ ! -t 2 ] || quiet=; \
	cache=; mkdir -p "$$($(V)/bin/uv cache dir 2>/dev/null)" 2>/dev/null || cache=--no-cache; \
	with_uv() { $(V)/bin/uv pip install $$quiet $$cache "$$@" --python $(PY) --require-hashes --only-binary :all: -r $(1); }; \
	with_uv \
	|| { echo "-- once more, with the certificate authorities of the system"; with_uv --system-certs; } \
	|| { echo "-- once more, with pip (slower)"; \
	     $(PY) -m pip install --quiet --require-hashes --only-binary :all: -r $(1); } \
	|| { echo; echo "The packages could not be installed. Check the network and the package index settings of"; \
	     echo "pip or uv, then run make again: it goes on where it stopped."; \
	     echo "Alpine and other musl systems are not supported: some packages have no build for them."; exit 1; }
endef

$(V)/.created: bootstrap.lock
	@if [ -z "$(PYTHON)" ]; then \
	  echo "Python 3.11 or newer is needed, and none was found (python3 is $$(python3 --version 2>&1))."; \
	  echo "On Debian: apt-get install python3 python3-venv make"; \
	  echo "If it has another name: make PYTHON=/path/to/python3.12 ..."; exit 1; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)."; exit 1; }
	@echo "-- creating $(V) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv --clear $(V) || { rm -rf $(V); echo; \
	  echo "Python could not create an environment; its venv module is probably not installed."; \
	  echo "On Debian: apt-get install python3 python3-venv make"; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r bootstrap.lock \
	  || { echo; echo "The package index could not be reached; check the network and pip's settings."; exit 1; }
	@touch $@

$(RUNTIME): requirements.lock $(V)/.created
	$(call install,requirements.lock,the service)
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	$(call install,requirements-dev.lock,the tools of tests and checks)
	@touch $@
