#!/bin/sh
# Makes (or refreshes) the environment of a server that brings too much for the project's own: .venv-NAME in the root.
# Usage: tests/realservers/own_environment.sh FOLDER NAME [PYTHON]
# FOLDER has requirements.txt, and after.sh if something is to be set right after it (run with the environment's
# Python as its argument). Prints the environment's folder at the end. FRANCA_VENVS: where else than in the root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${FRANCA_VENVS:-$(cd "$here/../.." && pwd)}
folder=$here/$1
venv=$root/.venv-$2
stamp=$venv/requirements.txt
if cmp -s "$folder/requirements.txt" "$stamp"; then
    echo "$venv"
    exit 0
fi
"${3:-python3}" -m venv --clear "$venv"
echo '*' >"$venv/.gitignore"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$folder/requirements.txt" >&2
if [ -e "$folder/after.sh" ]; then
    sh "$folder/after.sh" "$venv/bin/python" >&2
fi
# The stamp comes last, so that an installation that was interrupted is done again.
cp "$folder/requirements.txt" "$stamp"
echo "$venv"
