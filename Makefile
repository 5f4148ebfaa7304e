# Every target makes what it needs by itself; `make` alone lists them.

VENV ?= .venv
# The interpreter to make $(VENV) with; empty: the first that is new enough.
PYTHON ?=
# More for pytest, as in `make test PYTEST_ARGS="-k recover -x"`.
PYTEST_ARGS ?=
# The same for the benchmarks, as in `make bench BENCH_ARGS="drain --rounds 5"`.
BENCH_ARGS ?=
# Processes that run tests at once. Most tests wait for something most of the time, so two share a core.
# On a server that is there already one process has them all, since some count what the server is asked.
TEST_PROCESSES ?= $(if $(SKEDULR_TEST_REDIS),0,$(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN)))
REDIS_SERVER ?= $(shell command -v redis-server 2>/dev/null)
# The harness that measures skedulr beside its peers, and the folder that the peers are installed into.
BENCH_HARNESS ?= ../shared/bench
BENCH_ENVIRONMENTS ?= .bench

RUN := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
# Each of these has a target of its own.
SLOW := not containers and not browser and not outages and not planted and not testcontainers
# These say the same whichever server is there.
SERVERLESS := --ignore=tests/unit --ignore=tests/typing
BENCH := PYTHONDONTWRITEBYTECODE=1 BENCH_PEERS=benchmarks/peers.toml \
	BENCH_HARNESS='$(BENCH_HARNESS)' BENCH_ENVIRONMENTS='$(BENCH_ENVIRONMENTS)'
# With bytecode, even where the environment forbids it: else each of a thousand processes compiles what it imports.
PYTEST := PYTHONDONTWRITEBYTECODE= $(RUN) -m pytest
PARALLEL := --numprocesses=$(TEST_PROCESSES) --maxprocesses=8 --dist=worksteal
# For tests that compute, or look at a browser that does.
BUSY := --numprocesses=logical --maxprocesses=8 --dist=worksteal

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install dashboard check-dashboard up test test-redis test-browser picture test-containers test-outages test-planted recovery check lint format hooks types contracts lua wheel bench lock clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) dashboard ## Make .venv, install skedulr in it and build the dashboard (targets do what they need of it by themselves)

# The stamp holds where it was made: an environment that was copied or moved points at the old place. One
# whose interpreter has gone is made anew.
ifneq ($(shell $(RUN) -c '' 2>/dev/null && cat $(INSTALLED) 2>/dev/null),$(CURDIR))
.PHONY: $(INSTALLED)
endif
$(INSTALLED): pyproject.toml constraints.txt scripts/bootstrap
	@PYTHON='$(PYTHON)' scripts/bootstrap $(VENV)
	@echo '$(CURDIR)' > $@

dashboard: $(INSTALLED) ## Build the dashboard with npm, where it is not built (SKEDULR_DASHBOARD=skip leaves it out)
	@$(RUN) dashboard/builder.py

up: $(INSTALLED) dashboard ## Run skedulr on this machine with its demo, until Ctrl-C
	@$(VENV)/bin/skedulr up --demo

test: $(INSTALLED) ## Run the tests on a private Valkey (no container, no browser, nothing to install)
	$(PYTEST) $(PARALLEL) -m '$(SLOW)' $(PYTEST_ARGS)

test-redis: $(INSTALLED) ## Run the tests that need a server on the redis-server of this machine
	@test -n '$(REDIS_SERVER)' || { echo 'test-redis: no redis-server on PATH; install it, or name it: make test-redis REDIS_SERVER=PATH'; exit 1; }
	SKEDULR_TEST_SERVER='$(REDIS_SERVER)' $(PYTEST) $(PARALLEL) -m '$(SLOW)' $(SERVERLESS) $(PYTEST_ARGS)

test-outages: $(INSTALLED) ## Take every role through every kind of outage of Redis, a minute or two
	$(PYTEST) $(PARALLEL) -m outages $(PYTEST_ARGS)

test-planted: $(INSTALLED) ## Plant bugs in the protocol, one at a time: its random tests must find each, some minutes
	$(PYTEST) $(BUSY) -m planted $(PYTEST_ARGS)

test-browser: $(INSTALLED) dashboard ## Test the dashboard in Chromium (skipped where there is none, or no build)
	@$(RUN) -m pip install --quiet --constraint constraints.txt --group browser
	@$(RUN) dashboard/builder.py npm ls axe-core >/dev/null 2>&1 || echo 'test-browser: without axe-core, npm cannot fetch it'
	$(PYTEST) $(BUSY) -m browser tests/browser $(PYTEST_ARGS)

picture: ## Make the dashboard's picture in the README anew, from a run of its test
	@$(MAKE) test-browser PYTEST_ARGS='-k picture'
	cp build/dashboard/readme.png docs/dashboard.png

# Without its reaper, testcontainers pulls no image but the server's; it removes its container itself.
test-containers: $(INSTALLED) ## Bring the compose cluster up and test it (skipped where no Docker engine answers)
	@if docker version >/dev/null 2>&1; \
	then TESTCONTAINERS_RYUK_DISABLED=true $(PYTEST) -m 'containers or testcontainers' $(PYTEST_ARGS); \
	else echo 'test-containers: skipped, no Docker engine answers on this machine'; fi

check: lint hooks types contracts lua wheel test ## Run everything that CI runs and that needs nothing but this machine

lint: $(INSTALLED) ## Check style and format (ruff)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

format: $(INSTALLED) ## Rewrite the sources in the project's format
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

hooks: $(INSTALLED) ## Run the pre-commit hooks over all files
	$(RUN) -m pre_commit run --all-files

types: $(INSTALLED) ## Check types (mypy, strict)
	$(RUN) -m mypy

check-dashboard: $(INSTALLED) ## Check the dashboard's sources: style (biome), types (tsc), unit tests (vitest)
	$(RUN) dashboard/builder.py npm run check

contracts: $(INSTALLED) ## Check who imports whom (import-linter)
	$(VENV)/bin/lint-imports

lua: $(INSTALLED) ## Check the Lua scripts as they are sent to Redis (luacheck)
	$(RUN) scripts/lint_lua.py

wheel: $(INSTALLED) dashboard ## Build the wheel and the sdist, compare their contents, import the wheel alone
	$(RUN) scripts/check_wheel.py

bench: $(INSTALLED) $(BENCH_ENVIRONMENTS)/.installed ## Measure skedulr beside its peers, most of an hour (BENCH_HARNESS: where its harness is)
	$(BENCH) $(RUN) -m benchmarks $(BENCH_ARGS)

recovery: $(INSTALLED) $(BENCH_ENVIRONMENTS)/.installed ## Measure how skedulr and its peers recover from deaths, a quarter of an hour
	$(BENCH) $(RUN) -m benchmarks.recovery $(BENCH_ARGS)

$(BENCH_ENVIRONMENTS)/.installed: benchmarks/peers.toml
	@test -f '$(BENCH_HARNESS)/bench.py' || { echo 'bench: no harness in $(BENCH_HARNESS); name its folder: make bench BENCH_HARNESS=DIRECTORY'; exit 1; }
	$(BENCH) $(RUN) '$(BENCH_HARNESS)/bench.py' setup
	@touch $@

lock: ## Write constraints.txt anew with today's versions
	@scripts/lock

clean: ## Remove .venv, caches and builds
	rm -rf $(VENV) $(BENCH_ENVIRONMENTS) build dist dashboard/node_modules dashboard/skedulr_dashboard/build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
