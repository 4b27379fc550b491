#!/bin/sh
# Builds the web UI: src/gen/web.sh WEB_FOLDER OUT_FOLDER. Of a file that packs well only the
# packed forms stay: src/http/assets.c unpacks it where it must.
set -eu
web=$1
out=$2
"$web/../packaging/npm-ci" "$web"
rm -rf "$out"
mkdir -p "$out"
cd "$web"
node build.mjs --out "$out"
find "$out" -name '*.gz' | while read -r packed; do
    rm -f "${packed%.gz}"
done
