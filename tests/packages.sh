#!/bin/sh
# What users install: the source distribution builds the wheel, and the wheel alone works outside the checkout, in clean
# environments with the lowest versions that pyproject.toml allows and with the newest of everything.
set -eu
cd "$(dirname "$0")/.."
CHECKOUT=$(pwd)
HATCHLING="$CHECKOUT/.venv/bin/python -m hatchling"
UV="$CHECKOUT/.venv/bin/uv"
OLDEST=${PYTHON:-python3}
NEWEST=$(sh tests/newest_python.sh)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

echo "== packages: building"
$HATCHLING build -t sdist -d "$WORK/dist" >/dev/null 2>&1
mkdir "$WORK/source"
tar -xzf "$WORK"/dist/*.tar.gz -C "$WORK/source" --strip-components 1
(cd "$WORK/source" && $HATCHLING build -t wheel -d "$WORK/dist" >/dev/null 2>&1)

works() { # works NAME PYTHON ARGUMENT...: install the wheel alone and try it from another folder
    name=$1 python=$2
    shift 2
    echo "== packages: $name versions, $("$python" --version)"
    "$python" -m venv "$WORK/$name"
    if [ -n "$REACHED" ]; then
        "$UV" pip install --quiet --python "$WORK/$name/bin/python" "$@" "$WORK"/dist/*.whl
    else
        "$WORK/$name/bin/python" -m pip install --disable-pip-version-check --quiet "$@" "$WORK"/dist/*.whl
    fi
    (cd "$WORK" && "$WORK/$name/bin/python" "$CHECKOUT/tests/packages_smoke.py" >"$WORK/$name.log" 2>&1) || {
        cat "$WORK/$name.log"
        echo "The wheel does not work with the $name versions."
        exit 1
    }
    tail -n 1 "$WORK/$name.log"
    rm -rf "${WORK:?}/$name"
}

# pip tries versions for many minutes until the lowest fit together; uv, which takes seconds, reads no settings of pip
REACHED=
if "$UV" pip install --quiet --dry-run --reinstall --no-deps --python "$CHECKOUT/.venv/bin/python" packaging >/dev/null 2>&1; then
    REACHED=yes
    "$OLDEST" tests/lowest_versions.py >"$WORK/lowest.txt"
    works lowest "$OLDEST" --constraint "$WORK/lowest.txt"
else
    echo "== packages: uv does not reach the packages from here, so the lowest versions are not tried"
fi
[ -n "$NEWEST" ] || echo "== packages: no Python above 3.11 is here, so the newest versions are tried on $("$OLDEST" --version)"
works newest "${NEWEST:-$OLDEST}"
