#!/bin/sh
# Does what the Dockerfile does, without an engine: wheel, environment without pip, read-only tree,
# unprivileged user, `init`, `serve`, health check, SIGTERM. Only root can become somebody else.
# In the root of the source: sudo sh requirements/check_image_steps.sh
set -eu
PORT=${PORT:-8499}
OWNER=10001
python=$(sh requirements/find_python.sh)
health=$(sed -n 's/^ *CMD \["python", "-c", "\(.*\)"\]$/\1/p' Dockerfile | sed "s/:8400/:$PORT/")
[ -n "$health" ]
place=$(mktemp -d "${TMPDIR:-/tmp}/fedrse-image.XXXXXX")
served=''
finish() {
    [ -z "$served" ] || kill -KILL "$served" 2>/dev/null || true
    chmod -R u+w "$place"
    rm -rf "$place"
}
trap finish EXIT
chmod 755 "$place"

echo "Build stage"
mkdir "$place/source"
cp -r requirements pyproject.toml README.md LICENSE fedrse "$place/source"
find "$place/source" -name __pycache__ -type d -prune -exec rm -rf {} +
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
(
    cd "$place/source"
    "$python" -m venv "$place/build"
    "$place/build/bin/pip" install --quiet --require-hashes -r requirements/build.txt
    "$python" -m venv --without-pip "$place/fedrse"
    "$place/build/bin/pip" --python "$place/fedrse/bin/python" install --quiet --require-hashes \
        -r requirements/run.txt
    "$place/build/bin/pip" wheel --quiet --no-deps --no-build-isolation \
        --wheel-dir "$place/wheels" .
    "$place/build/bin/pip" --python "$place/fedrse/bin/python" install --quiet --no-deps \
        --no-index "$place"/wheels/*.whl
    "$place/fedrse/bin/python" -m compileall -q "$place/fedrse/lib"
)
rm -rf "$place/source" "$place/build" "$place/wheels"

echo "Second stage: only the data folder can be written"
install -d -o "$OWNER" -g "$OWNER" -m 700 "$place/data"
chown -R root:root "$place/fedrse"
chmod -R a-w "$place/fedrse"
cat > "$place/inside" <<EOF
#!/bin/sh
cd "$place/data" || exit 1
exec env -i PATH="$place/fedrse/bin:/usr/bin:/bin" HOME="$place/data" \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FEDRSE_SERVER__LISTEN="127.0.0.1:$PORT" \
    setpriv --reuid=$OWNER --regid=$OWNER --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all "\$@"
EOF
chmod 755 "$place/inside"
if "$place/inside" touch "$place/fedrse/lib/probe" 2>/dev/null; then
    echo "The tree can be written." >&2
    exit 1
fi

echo "fedrse init"
"$place/inside" fedrse init --base-url "http://localhost:$PORT" --name Image --no-admin

echo "fedrse serve"
"$place/inside" fedrse serve &
served=$!
tries=0
until "$place/inside" python -c "$health" 2>/dev/null; do
    tries=$((tries + 1))
    kill -0 "$served"
    [ "$tries" -lt 60 ]
    sleep 0.5
done
echo "The health check passes."
"$place/inside" python -c "
from urllib.request import urlopen
for path in ('/health/ready', '/.well-known/nodeinfo', '/login'):
    urlopen('http://127.0.0.1:$PORT' + path, timeout=10).close()"

echo "SIGTERM"
kill -TERM "$served"
wait "$served"
served=''
if "$place/inside" python -c "$health" 2>/dev/null; then
    echo "The health check passes although nothing runs." >&2
    exit 1
fi
echo "All steps of the image work."
