#!/bin/sh
# Makes (or refreshes) the environment of the LiteLLM proxy: .venv-litellm in the project's root, about 750 MB.
# Usage: tests/realservers/litellm/setup.sh [PYTHON]     prints the environment's folder at the end.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
venv=${FRANCA_LITELLM_VENV:-$root/.venv-litellm}
stamp=$venv/requirements.txt
if cmp -s "$here/requirements.txt" "$stamp"; then
    echo "$venv"
    exit 0
fi
"${1:-python3}" -m venv --clear "$venv"
echo '*' >"$venv/.gitignore"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
# The stamp comes last, so that an installation that was interrupted is done again.
cp "$here/requirements.txt" "$stamp"
echo "$venv"
