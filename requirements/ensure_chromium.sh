#!/bin/sh
# The browser of the tests: prints its path. Where none is installed, Debian's is, if we may.
set -eu

find_browser() {
    for name in ${CHROMIUM:-} chromium chromium-browser google-chrome; do
        command -v "$name" && return 0
    done
    return 1
}

find_browser && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests in a browser need Chromium. Install it (on Debian: sudo apt-get install chromium)," >&2
    echo "or name it: CHROMIUM=/path/to/it make test-browser" >&2
    exit 1
fi
echo "Installing Chromium for the tests in a browser" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends chromium >&2
find_browser
