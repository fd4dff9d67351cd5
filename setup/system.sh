#!/bin/sh
# Make sure there are the programs that the tests start; from the system's packages, when we may.
set -eu
PATH=$PATH:/usr/sbin

# The headless shell is Chromium without a desktop's parts, for two thirds of the processor time.
missing="chromium-headless-shell fonts-dejavu-core"
for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then missing=; fi
done
for name in nginx caddy openssl pgbouncer; do
    command -v "$name" >/dev/null || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

as=none
if [ "$(id -u)" = 0 ]; then as=; elif [ -n "${CI:-}" ]; then as=sudo; fi
if [ "$as" = none ] || ! command -v apt-get >/dev/null; then
    echo "The tests need more programs. Run: sudo apt-get install $missing" >&2
    exit 1
fi
echo "Installing for the tests: $missing"
policy=/usr/sbin/policy-rc.d  # keeps the packages from starting services of theirs
if ! [ -e $policy ]; then
    trap '$as rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' | $as tee $policy >/dev/null
    $as chmod +x $policy
fi
$as apt-get update -qq
# shellcheck disable=SC2086
$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
