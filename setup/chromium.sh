#!/bin/sh
# Make sure there is a Chromium for the browser tests; from the system's packages, when we may.
# The headless shell is the same browser without a desktop's parts, for two thirds of the processor time.
set -eu

for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null && exit 0
done

install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests"
    apt-get update -qq
    install chromium-headless-shell fonts-dejavu-core 2>/dev/null || install chromium fonts-dejavu-core
else
    echo "The browser tests need Chromium. Run: sudo apt-get install chromium" >&2
    exit 1
fi
