# `make` or `make help` lists what can be made. Everything runs in .venv, which is built from the lock when needed.
.DEFAULT_GOAL := help
.PHONY: help run test test-fast lint format bench soak docs lock peers environment environment-dev clean
export PYTHON
ARGS ?=
RECORDING ?= $(firstword $(wildcard ../shared/data/*.xz))

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: environment ## the server on an embedded configuration that scrapes itself; ARGS="--config.file=..." for yours
	@.venv/bin/narthex kernels build
	@exec .venv/bin/narthex server $(ARGS)

test: environment-dev ## all tests, with all that they need
	@scripts/peers >/dev/null || echo "no peers: the tests that need them are skipped, each named below"
	@.venv/bin/narthex kernels build
	@scripts/test $(ARGS)

test-fast: environment-dev ## the rooms' own tests, under a minute
	@.venv/bin/narthex kernels build
	@.venv/bin/python -m pytest -q -n 2 --dist loadfile -m "not slow and not peers" --hypothesis-profile=fast \
	  $(addprefix --ignore=tests/,faults fuzz peers properties) $(ARGS)

lint: environment-dev ## ruff, formatting, types, import contracts
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports

format: environment-dev ## lay out the code, sort imports
	@.venv/bin/ruff check --select I --fix
	@.venv/bin/ruff format

bench: environment-dev ## compare with Prometheus and VictoriaMetrics, and fill the table in README
	@test -n "$(RECORDING)" || { echo "name recorded scrapes of a node_exporter: make bench RECORDING=FILE"; exit 1; }
	@scripts/peers >/dev/null
	@.venv/bin/narthex kernels build
	@.venv/bin/python -m benchmarks $(RECORDING) --readme $(ARGS)

soak: environment-dev ## properties, faults and fuzzing for long, with fresh seeds; writes benchmarks/results/soak.json
	@.venv/bin/python scripts/soak.py $(ARGS)

docs: environment-dev ## pages that are made from the code
	@.venv/bin/python scripts/flags_page.py

lock: environment-dev ## resolve the lock anew; ARGS=--upgrade takes the newest versions
	@scripts/lock $(ARGS)

peers: ## Prometheus, VictoriaMetrics and others for tests and benchmarks, into ~/.cache/narthex-peers
	@scripts/peers

environment: ## .venv with what running needs
	@scripts/environment run

environment-dev: ## .venv with what tests and checks need too
	@scripts/environment dev

clean: ## remove what was made here, data excepted
	rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

ifneq ($(wildcard ui/package.json),)
.PHONY: ui
ui: # build the web interface
	cd ui && npm ci && npm run build
endif
