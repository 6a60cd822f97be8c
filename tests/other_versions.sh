#!/bin/sh
# The tests on other versions, each in an environment of its own: pandas 2.3, the newest Python here, and Spark.
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}

environment() { # environment NAME PYTHON REQUIREMENT...: build .venv-NAME once
    name=$1 python=$2
    shift 2
    if [ ! -e ".venv-$name/.made" ] || [ pyproject.toml -nt ".venv-$name/.made" ]; then
        echo "Installing .venv-$name"
        "$python" -m venv ".venv-$name"
        ".venv-$name/bin/python" -m pip install --disable-pip-version-check --quiet "$@"
        touch ".venv-$name/.made"
    fi
}

tests() { # tests NAME ARGUMENT...: run pytest; lint, types and the printed notebooks belong to the pinned versions
    name=$1
    shift
    echo "== $name: $(".venv-$name/bin/python" -c 'import sys, pandas; print("Python", sys.version.split()[0], "pandas", pandas.__version__)')"
    ".venv-$name/bin/python" -m pytest -q -n 2 --dist loadfile "$@"
}

environment pandas2 "$PYTHON" --editable '.[test]' 'pandas==2.3.*'
tests pandas2 --deselect tests/unit/test_package.py::test_a_misspelt_name_is_a_type_error --ignore tests/notebooks

newest=
for version in 3.14 3.13 3.12; do
    if command -v "python$version" >/dev/null 2>&1 && "python$version" -c 'import venv' >/dev/null 2>&1; then
        newest=python$version
        break
    fi
done
if [ -n "$newest" ]; then
    environment newest "$newest" --editable '.[test]'
    tests newest --ignore tests/notebooks
else
    echo "== newest Python: skipped, only $($PYTHON --version) is here"
fi

if command -v java >/dev/null 2>&1; then
    environment spark "$PYTHON" --constraint constraints.txt --editable '.[test,spark]'
    tests spark -m spark
else
    echo "== Spark: skipped, no java is here"
fi
