#!/bin/bash
# No global mutable state, but for the log (its level, who looks at it) and the flag that stops the
# program. Looked at in what the compiler made: writable data of our own objects.
set -uo pipefail
cd "$2" || exit 1
allowed='^(least_level|log_observer|stop|wants_stop|is_stopping)$'
bad=0
seen=0

# A constant table of addresses is .data.rel.ro, which is read-only once the program has started;
# what the sanitizers add begins with a dot or with __odr_asan.
writable() { # file
    objdump -t "$1" 2>/dev/null | awk '
        /file format/ { object = $1; sub(/:$/, "", object) }
        / (\.data|\.bss|\.tdata|\.tbss|COMMON|\*COM\*)/ && !/\.data\.rel\.ro/ {
            name = $NF
            if ($0 ~ / (d|df) / || name ~ /^\./ || name ~ /^__odr_asan/ || name ~ /^__gcov|^__llvm/) next
            sub(/\.[0-9]+$/, "", name)
            print object, name
        }'
}

for file in src/libtd_*.a $(find src/CMakeFiles/trafficd.dir -name '*.o' 2>/dev/null); do
    [ -f "$file" ] || continue
    seen=$((seen + 1))
    while read -r object name; do
        [[ $name =~ $allowed ]] && continue
        echo "$file($object): $name is writable and lives for ever: pass it in, or make it const"
        bad=1
    done < <(writable "$file")
done
[ "$seen" -gt 5 ] || {
    echo "no libraries of ours in $2/src"
    exit 1
}
exit $bad
