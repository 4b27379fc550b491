#!/bin/sh
# Builds the web UI: src/gen/web.sh WEB_FOLDER OUT_FOLDER. Installs its node modules first when
# package-lock.json has changed since they were. Two builds at once take turns.
set -eu
web=$1
out=$2
lock=$web/../build/web.lock

if [ "${TD_WEB_LOCKED:-}" != "$lock" ]; then
    mkdir -p "$web/../build"
    TD_WEB_LOCKED=$lock exec flock "$lock" "$0" "$web" "$out"
fi

cd "$web"
stamp=node_modules/.installed
want=$(sha256sum package-lock.json package.json)
if [ "$(cat $stamp 2>/dev/null)" != "$want" ]; then
    npm ci --ignore-scripts --no-audit --no-fund
    echo "$want" >$stamp
fi
rm -rf "$out"
mkdir -p "$out"
exec node build.mjs --out "$out"
