#!/bin/sh
# Print the newest Python on this machine that can make environments; nothing where there is none above 3.11.
for version in 3.15 3.14 3.13 3.12; do
    for python in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python; do
        if command -v "$python" >/dev/null 2>&1 && "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            command -v "$python"
            exit
        fi
    done
done
