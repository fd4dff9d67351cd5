#!/bin/sh
# Make sure there are the programs that the tests start; from the system's packages, when we may.
set -eu
PATH=$PATH:/usr/sbin

# Take the one tool that is needed out of Prometheus' package: 48 MB instead of 330, and no server.
tool=.venv/bin/promtool
take_tool() {
    folder=$(mktemp -d)
    (cd "$folder" && apt-get download -qq prometheus) >/dev/null 2>&1 &&
        dpkg-deb --fsys-tarfile "$folder"/prometheus_*.deb | tar -xO ./usr/bin/promtool >"$folder/promtool" &&
        chmod +x "$folder/promtool" && mv "$folder/promtool" $tool
    rm -rf "$folder"
    [ -x $tool ]
}

# The headless shell is Chromium without a desktop's parts, for two thirds of the processor time.
missing="chromium-headless-shell fonts-dejavu-core"
for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then missing=; fi
done
for name in nginx caddy openssl pgbouncer; do
    command -v "$name" >/dev/null || missing="$missing $name"
done
command -v systemd-analyze >/dev/null || missing="$missing systemd"
# Any other one than the wheel's: whose data are taken over.
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
[ -x $tool ] || command -v promtool >/dev/null || { [ -d .venv/bin ] && take_tool; } || missing="$missing prometheus"
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
if [ "$missing" != "${missing% prometheus}" ] && take_tool; then
    missing=${missing% prometheus}  # there was no list of packages before
    [ -n "$missing" ] || exit 0
fi
# shellcheck disable=SC2086
$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
