#!/bin/sh
# Install a hashed lock and the studio itself into .venv: setup/install.sh PYTHON LOCK
set -eu

python=$1
lock=$2

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))'; then
    echo "Sora Studio needs Python 3.11 to 3.14, and $python is another. Try: make PYTHON=python3.12 …" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    echo "This Python comes without pip. On Debian and Ubuntu run: apt-get install python3-venv" >&2
    exit 1
fi

echo "Installing $lock into .venv"
[ -x .venv/bin/pip ] || "$python" -m venv .venv
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# Goes with .venv, whose files are links into it: nothing is left in the home directory.
export UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.venv/cache/uv}"

# uv unpacks twenty times as fast as pip. It is in the lock, so that pip checks its hash, too.
if ! [ -x .venv/bin/uv ]; then
    sed -n '/^uv==/,/[^\\]$/p' requirements.lock >.venv/uv.txt
    .venv/bin/pip install --quiet --require-hashes --requirement .venv/uv.txt
fi

# Where uv cannot get through, pip may: it knows this machine's mirrors and proxies from its own settings.
install() {
    .venv/bin/uv pip install --quiet --python .venv/bin/python "$@" || .venv/bin/pip install --quiet "$@"
}

install --require-hashes --requirement "$lock"
install --no-deps --no-build-isolation --editable .  # the build backend is in the lock: nothing unhashed is fetched
.venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true  # now, rather than at the first start
