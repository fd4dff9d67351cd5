#!/bin/sh
# Write the hashed locks: setup/lock.sh [--upgrade | --upgrade-package NAME]; package.json names versions itself
set -eu

resolve() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@" pyproject.toml
}

resolve --group build --output-file requirements.lock "$@"
resolve --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock "$@"
.venv/bin/bun install --lockfile-only --silent
