# Every command anyone types. `make` alone lists them.
# Needs python3 >= 3.11, make and git; everything else is installed into .venv from hashed locks.

PYTHON ?= python3
PORT ?= 3000
HOST ?= 127.0.0.1
SEED ?= 1
TURN = $(if $(filter file,$(origin SEED)),$$((0x$$(git rev-parse --short=6 HEAD))),$(SEED))
WORKERS ?= 3
# Of the suite, on two cores: half of its time one of them waits for a page, a process or a database.
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE  # containers set it: each of the suite's many processes would compile every module anew
BIOME := $(BIN)/bun --bun node_modules/.bin/biome

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run production load dev install test check check-types check-rest check-style check-workflows bench test-servers test-turn turn-stateful turn-planted test-long planted format hooks lock third-party advisories dist release image clean

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install  ## Install what is missing and serve http://localhost:3000 (PORT=… HOST=…)
	@$(BIN)/sora-studio serve --host $(HOST) --port $(PORT)

production: install  ## Run all of a large studio here: https://localhost:8443, two web and one worker (ARGS="--help")
	@$(BIN)/python -m production $(ARGS)

load: install .venv/dev  ## Try it with many people, live tabs and instances that are killed; then audit (ARGS="--help")
	@$(BIN)/python -m bench.load $(ARGS)

dev: install .venv/dev  ## Serve; rebuild and restart whenever a source file changes
	@$(BIN)/watchfiles --sigint-timeout 12 --ignore-paths assets/external \
		"sh -c '$(BIN)/python -m sora_studio.web.frontend && exec $(BIN)/sora-studio serve --host $(HOST) --port $(PORT)'" \
		sora_studio sora_sandbox assets alembic rxconfig.py

install: .venv/runtime  ## Set up .venv and build the front end (fast when nothing changed)
	@$(BIN)/python -m sora_studio.web.frontend

test: install .venv/dev node_modules/.installed  ## Run all tests but those of `make check` (ARGS=… for pytest)
	@sh setup/system.sh
	@$(BIN)/bun test --isolate --only-failures --coverage
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore=tests/architecture $(ARGS)

check: .venv/dev node_modules/.installed  ## Check format, lint, types, layers, dead code, and that code and papers agree
	@$(MAKE) --no-print-directory --keep-going -j2 check-types check-rest

check-types:
	@$(BIN)/pyright --warnings

check-rest: check-style check-workflows
	@$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports --no-logo
	@! $(BIN)/vulture | grep -v -E "unused (variable|attribute) '"
	@$(BIN)/pytest --quiet tests/architecture

check-style:
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIOME) check --error-on-warnings >/dev/null 2>&1 || $(BIOME) check --error-on-warnings
	@$(BIN)/shellcheck .ci/run .githooks/commit-msg .githooks/pre-commit setup/*.sh
	@$(BIN)/hadolint deploy/Dockerfile

check-workflows:
	@$(BIN)/jactionlint --shellcheck=$(BIN)/shellcheck
	@$(BIN)/zizmor --offline --pedantic --quiet .github >/dev/null || $(BIN)/zizmor --offline --pedantic .github

bench: install .venv/dev  ## Measure; one JSON line per metric
	@$(BIN)/python -m bench

test-servers: install .venv/dev  ## Try the real servers' packages, each in an environment of its own (skipped without an index)
	@SERVERS=1 $(BIN)/pytest tests/servers $(ARGS)

test-turn: install .venv/dev  ## Take a turn of the long proofs, another one with every commit (SEED=…)
	@FIRST=$(TURN) SEEDS=1000 $(BIN)/pytest -q tests/simulation/test_seeds.py -k every_world
	@$(MAKE) --no-print-directory -j2 turn-stateful turn-planted

turn-stateful:
	@EXAMPLES=30 STEPS=50 $(BIN)/pytest -q tests/stateful --hypothesis-seed=$(TURN)

turn-planted:
	@$(BIN)/python -m tests.planted --some 3 --seed $(TURN)

test-long: install .venv/dev  ## Prove it at length: 10,000 worlds, 300 long lives, half a minute without a database, thirty-five planted bugs (SEED=…)
	@SEEDS=10000 $(BIN)/pytest -n 2 tests/simulation
	@EXAMPLES=300 STEPS=50 $(BIN)/pytest tests/stateful --hypothesis-seed=$(SEED)
	@AWAY=30 $(BIN)/pytest tests/faults/test_postgres.py -k a_while_without
	@$(BIN)/python -m tests.planted

planted: install .venv/dev  ## Plant thirty-five bugs one by one and see the suite catch them
	@$(BIN)/python -m tests.planted $(ARGS)

format: node_modules/.installed  ## Format and mend what can be mended
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .
	@$(BIOME) check --write >/dev/null 2>&1 || true

hooks: .venv/dev  ## Have git check every commit and its message from now on
	@git config core.hooksPath .githooks

lock: .venv/dev  ## Resolve the locks anew (pyproject.toml changed, or to upgrade: make lock ARGS=--upgrade)
	@sh setup/lock.sh $(ARGS)

third-party: .venv/dev  ## Write THIRD_PARTY.md anew (requirements.lock changed)
	@$(BIN)/python setup/third_party.py

advisories: .venv/dev  ## Ask whether anything in the lock is known to be vulnerable (needs the network)
	@$(BIN)/pip-audit --requirement requirements.lock --disable-pip --require-hashes

dist: .venv/dev  ## Build wheel, source archive and the list of what is needed (SBOM) into dist/
	@rm -rf dist
	@$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --output-file dist/sbom.cdx.json

release:  # publishes dist/ from a tag; the workflow calls it
	@sh setup/release.sh

image:  ## Build the image sora-studio (needs Docker)
	@docker build --file deploy/Dockerfile --build-arg BUILD="$$(git rev-parse HEAD)" --tag sora-studio .

clean:  ## Remove everything that was installed or built; the data stays
	@rm -rf .venv .web node_modules .states .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/runtime: requirements.lock pyproject.toml setup/install.sh
	@sh setup/install.sh $(PYTHON) requirements.lock
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	@sh setup/install.sh $(PYTHON) requirements-dev.lock
	@touch $@

node_modules/.installed: package.json bun.lock .venv/runtime
	@echo "Installing bun.lock into node_modules"
	@BUN_INSTALL_CACHE_DIR="$${BUN_INSTALL_CACHE_DIR:-$(CURDIR)/.venv/cache/bun}" $(BIN)/bun install --frozen-lockfile --ignore-scripts --silent
	@touch $@
