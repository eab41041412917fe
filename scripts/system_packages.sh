#!/usr/bin/env bash
# Installs what some tests run: proxies, nginx, Redis, Postgres, Chromium. Never fails: what is missing
# is named, and the tests that need it are skipped by name. Starts none of them.
set -uo pipefail

# command : Debian package : what the tests do with it
wanted='tinyproxy:tinyproxy:requests through an HTTP proxy
microsocks:microsocks:requests through a SOCKS5 proxy
nginx:nginx-light:TLS, client certificates and compression by nginx; replicas of the gateway behind it
redis-server:redis-server:limits, budgets and cache of the gateway in Redis
pg_ctlcluster:postgresql:keys and usage of the gateway in Postgres
openssl:openssl:keys and certificates of the nginx tests
chromium:chromium:the chat page and the status page in a real browser'

PATH=$PATH:/usr/sbin:/sbin # where Debian puts servers, and a plain user does not look

missing() {
    while IFS=: read -r command package _; do
        command -v "$command" >/dev/null || echo "$package"
    done <<<"$wanted"
}

packages=$(missing)
[ -z "$packages" ] && exit 0

become=
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then become="sudo -n"; else become=no; fi
fi

if [ "${SYSTEM_PACKAGES:-yes}" = no ]; then
    echo "system packages: not asked for"
elif [ "$become" = no ] || ! command -v apt-get >/dev/null; then
    echo "system packages: neither root nor password-free sudo with apt-get here"
else
    echo "system packages: installing" $packages
    # Debian starts a server as soon as it is installed, unless a policy says no. Ours is taken away again.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | $become tee $policy >/dev/null && $become chmod 755 $policy
        trap '$become rm -f $policy' EXIT
    fi
    log=$(mktemp)
    if ! { $become apt-get update -qq && $become env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $packages; } </dev/null >"$log" 2>&1; then
        tail -n 5 "$log"
    fi
    rm -f "$log"
fi

while IFS=: read -r command package use; do
    command -v "$command" >/dev/null || echo "system packages: no $command (package $package), so these tests are left out: $use"
done <<<"$wanted"
exit 0
