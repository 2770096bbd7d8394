#!/bin/sh
# Prints the Python that fedrse is installed with: 3.11 or later, able to make virtual environments.
# Says on standard error what to install where there is none. PYTHON=... names one to try first.
set -u
found='' without_venv='' too_old=''
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
    # A name may exist and still not run, for example a shim of a version manager.
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    if ! "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        too_old="${too_old:-$version}"
    elif ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        without_venv="${without_venv:-$version}"
    else
        found=$candidate
        break
    fi
done
if [ -n "$found" ]; then
    echo "$found"
    exit 0
fi
if [ -n "$without_venv" ]; then
    echo "Python $without_venv is here, but it cannot make virtual environments." >&2
    echo "Debian and Ubuntu: sudo apt install python3-venv    (or python$without_venv-venv)" >&2
elif [ -n "$too_old" ]; then
    echo "Python $too_old is here, but fedrse needs 3.11 or later." >&2
    echo "Debian and Ubuntu: sudo apt install python3.11 python3.11-venv    (or a later one)" >&2
else
    echo "There is no Python here; fedrse needs 3.11 or later." >&2
    echo "Debian and Ubuntu: sudo apt install python3 python3-venv" >&2
fi
exit 1
