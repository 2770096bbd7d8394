#!/bin/sh
# The programs that tests of films and sounds need. Where they are missing, Debian's are installed,
# if we may. Nothing is asked of the network where they are there.
set -eu

command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests of films and sounds need ffmpeg (on Debian: sudo apt-get install ffmpeg)." >&2
    exit 1
fi
echo "Installing ffmpeg for the tests of films and sounds" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends ffmpeg >&2
