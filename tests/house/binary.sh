#!/bin/bash
# The release binary is one self-contained file: static, hardened, small, without what is not
# used; it serves from an empty root and opens no shared object. TD_RELEASE names the binary;
# tests/run builds it. Exit 77: skipped.
set -uo pipefail
binary=${TD_RELEASE:-}
if [ -z "$binary" ]; then
    echo "TD_RELEASE names no release binary: skipped"
    exit 77
fi
most_bytes=$((8 * 1024 * 1024))
bad=0
server=
root=$(mktemp -d)

finish() {
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null
    rm -rf "$root"
}
trap finish EXIT

fails() {
    echo "FAILED: $*"
    bad=1
}

# ---- what kind of file it is ----
headers=$(readelf -hlW "$binary") || exit 1
dynamic=$(readelf -dW "$binary")
grep -q 'Type: *DYN' <<<"$headers" || fails "not position independent"
! grep -q INTERP <<<"$headers" || fails "asks for a dynamic loader"
! grep -q NEEDED <<<"$dynamic" || fails "needs shared objects"
grep -q BIND_NOW <<<"$dynamic" || fails "binds late (no -z now)"
grep -q GNU_RELRO <<<"$headers" || fails "no RELRO"
grep -Eq 'GNU_STACK.* RW +0x' <<<"$headers" || fails "the stack is executable"
! grep -Eq 'LOAD.* RWE' <<<"$headers" || fails "a segment is writable and executable"
! readelf -SW "$binary" | grep -q ' \.symtab ' || fails "not stripped"
size=$(stat -c %s "$binary")
[ "$size" -le $most_bytes ] || fails "$size bytes, more than $most_bytes"

# ---- what is not in it ----
symbols=$(nm "$binary.debug") || fails "no symbols beside the binary"
for name in mg_handle_form_request mg_send_file mg_send_mime_file mg_upload \
    mg_store_body mg_start_thread_ws sqlite3_load_extension; do
    ! grep -q " [Tt] $name$" <<<"$symbols" || fails "$name is linked in"
done
grep -q '__stack_chk_fail' <<<"$symbols" || fails "no stack protector"
grep -q '_chk$' <<<"$symbols" || fails "no fortified calls"

# ---- it runs from an empty root, and opens no shared object ----
wait_for_port() { # log; the server says its address there
    local i
    for ((i = 0; i < 100; i++)); do
        port=$(sed -nE 's#.*\(port ([0-9]+).*#\1#p' "$1" | head -n 1)
        [ -z "$port" ] || ! curl -fs "http://127.0.0.1:$port/health" >/dev/null || return 0
        kill -0 "$server" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

stop_server() {
    kill "$server"
    wait "$server" 2>/dev/null
    server=
}

"$binary" --version | head -n 1 | grep -Eq '^trafficd [0-9]+\.[0-9]+\.[0-9]+' ||
    fails "--version does not name the version"
for library in SQLite curl civetweb OpenSSL libsodium; do
    "$binary" --version | grep -qi "$library" || fails "--version does not name $library"
done

in_root=(chroot "$root")
[ "$(id -u)" = 0 ] || in_root=(unshare --map-root-user chroot "$root")
mkdir "$root/data"
cp "$binary" "$root/trafficd"
: >"$root/log"
env -i PATH="$PATH" "${in_root[@]}" /trafficd serve --data /data --listen 127.0.0.1:0 >"$root/log" 2>&1 &
server=$!
if wait_for_port "$root/log"; then
    curl -fs "http://127.0.0.1:$port/" | grep -qi '<html' || fails "no page from an empty root"
    stop_server
else
    fails "does not serve from an empty root:"
    cat "$root/log"
fi

mkdir "$root/traced"
: >"$root/log"
env -i PATH="$PATH" TRAFFICD_RATES_URL=http://rates.invalid/ TRAFFICD_RETRY_BASE_MS=20 \
    strace -D -f -qq -o "$root/trace" -e trace=open,openat,execve,connect \
    "$binary" serve --data "$root/traced" --listen 127.0.0.1:0 >"$root/log" 2>&1 &
server=$!
if wait_for_port "$root/log"; then
    timeout 60 "$binary" sync rates --data "$root/traced" >"$root/sync.log" 2>&1
    stop_server
    # That a name was looked up at all: otherwise the test proves nothing.
    grep -q 'resolv.conf\|htons(53)' "$root/trace" || fails "no name was looked up" "$(cat "$root/sync.log")"
    ! grep -E '\.so(\.[0-9.]+)?"' "$root/trace" || fails "opened a shared object"
    ! grep -E '"/etc/(gai.conf|services|passwd)"' "$root/trace" ||
        fails "the C library's resolver was used"
else
    fails "does not serve under strace:"
    cat "$root/log"
fi
[ $bad = 0 ] && echo "ok: $size bytes"
exit $bad
