#!/bin/sh
# The tests on other versions, each in an environment of its own: the lowest that pyproject.toml allows (pandas 2.3 among
# them), the newest Python here; and on other engines, Spark and PostgreSQL.
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

mkdir -p build
"$PYTHON" tests/lowest_versions.py >build/lowest.txt
environment lowest "$PYTHON" --constraint build/lowest.txt --editable '.[test]'
# old packages beside new ones warn of one another
tests lowest -W ignore::DeprecationWarning -W ignore::FutureWarning -W ignore::pandas.errors.PerformanceWarning \
    --deselect tests/unit/test_package.py::test_a_misspelt_name_is_a_type_error --ignore tests/notebooks

newest=$(sh tests/newest_python.sh)
if [ -n "$newest" ]; then
    environment newest "$newest" --editable '.[test]'
    tests newest --ignore tests/notebooks
else
    echo "== newest Python: skipped, only $($PYTHON --version) is here"
fi

installed() { # installed PACKAGE: install Debian's package where apt-get may be used, or say that it is missing
    dpkg -s "$1" >/dev/null 2>&1 && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing $1"
        apt-get install -qq -y --no-install-recommends "$1" >/dev/null && return
    fi
    echo "== $1 is not here and could not be installed (apt-get install $1, as root): its tests are skipped"
}

installed openjdk-17-jre-headless
installed postgresql
environment engines "$PYTHON" --constraint constraints.txt --editable '.[test,spark,postgres]'
tests engines -m "spark or postgres"
