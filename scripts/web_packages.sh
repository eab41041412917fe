#!/usr/bin/env bash
# Installs what builds and tests the sources of the pages (web/node_modules), from the lock file and without running any
# script of a package. Never fails: without Node.js the tests of web/ are skipped by name, and all else works, since the
# built pages are part of this repository.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../web"

say() {
    echo "web packages: $1, so these tests are left out: the pages' own unit tests, their types, and that a new build gives the same bytes"
    exit 0
}

command -v npm >/dev/null || say "no npm"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    say "Node.js $(node --version) is older than 20.19"
log=$(mktemp)
# Not `npm ci`: it wants versions of packages for other platforms too, which a lock file without addresses does not hold.
npm install --no-save --ignore-scripts --no-audit --no-fund >"$log" 2>&1 || { tail -n 5 "$log"; rm -f "$log"; say "npm install failed"; }
rm -f "$log"
exit 0
