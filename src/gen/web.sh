#!/bin/sh
# Builds the web UI: src/gen/web.sh WEB_FOLDER OUT_FOLDER.
set -eu
web=$1
out=$2
"$web/../packaging/npm-ci" "$web"
rm -rf "$out"
mkdir -p "$out"
cd "$web"
exec node build.mjs --out "$out"
