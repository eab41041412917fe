#!/usr/bin/env bash
# Makes the virtual environment $1 with a pip that knows dependency groups. Leaves an existing one in place.
set -euo pipefail
venv=$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if [ ! -x "$venv/bin/python" ]; then
    python=
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if new_enough "$candidate"; then python=$candidate; break; fi
    done
    if [ -z "$python" ]; then
        echo "make_venv: no Python 3.11 or newer among: ${PYTHON:-python3 python3.13 python3.12 python3.11 python}" >&2
        echo "make_venv: say which one with  make PYTHON=/path/to/python3.11 ..." >&2
        exit 1
    fi
    echo "making $venv with $("$python" --version)"
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv "$venv"
    else
        # Debian ships venv without ensurepip, unless python3-venv is installed; its pip can help out.
        "$python" -m venv --without-pip "$venv"
        if ! "$python" -m pip --disable-pip-version-check --quiet --python "$venv/bin/python" install 'pip>=25.1'; then
            rm -rf "$venv"
            echo "make_venv: this Python has neither ensurepip nor a pip that works; as root:" >&2
            echo "make_venv:   apt-get install python3-venv" >&2
            exit 1
        fi
    fi
fi

# `pip install --group` came with pip 25.1; what `python -m venv` puts there may be older.
if ! "$venv/bin/python" -m pip install --help | grep -q -- --group; then
    echo "updating pip in $venv"
    "$venv/bin/python" -m pip --disable-pip-version-check --quiet install --upgrade 'pip>=25.1'
fi
