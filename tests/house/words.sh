#!/bin/bash
# Time, chance and settings come from base; SQL lives in .sql files. Comments may say what they
# like: they are taken out before the search.
set -uo pipefail
cd "$1" || exit 1
bad=0

code() { # file: without comments, each line keeping its number
    awk '
    {
        out = ""; line = $0
        while (line != "") {
            if (in_comment) {
                at = index(line, "*/")
                if (!at) break
                line = substr(line, at + 2); in_comment = 0
                continue
            }
            at = index(line, "/*")
            if (!at) { out = out line; break }
            out = out substr(line, 1, at - 1); line = substr(line, at + 2); in_comment = 1
        }
        print NR ":" out
    }' "$1"
}

refuse() { # pattern, what to do, files...
    local pattern=$1 advice=$2 file found
    shift 2
    for file in "$@"; do
        found=$(code "$file" | grep -E -- "$pattern") || continue
        printf '%s\n' "$found" | sed "s|^|$file:|"
        echo "    $advice"
        bad=1
    done
}

mapfile -t above_base < <(find src -name '*.c' -not -path 'src/gen/*' -not -path 'src/base/*' | sort)
mapfile -t above_db < <(find src -name '*.c' -not -path 'src/gen/*' -not -path 'src/db/*' | sort)

# Waiting for a condition until a moment needs the machine's own clock: nothing else does.
waits='^[0-9]+:.*clock_gettime\(CLOCK_MONOTONIC'
for file in "${above_base[@]}"; do
    n=$(code "$file" | grep -cE "$waits")
    [ "$n" = 0 ] || grep -q pthread_cond_timedwait "$file" "${file%/*}"/*.c || {
        echo "$file: reads the machine's clock without waiting on a condition: use cx->clock"
        bad=1
    }
done
refuse '\b(getenv|secure_getenv|setenv|putenv)\(' 'settings come from base/config.h' \
    "${above_base[@]}"
refuse '\b(time|clock|gettimeofday|localtime|localtime_r|gmtime|mktime)\(|clock_gettime\(CLOCK_REALTIME' \
    'time comes from cx->clock and base/calendar.h' "${above_base[@]}"
refuse '\b(rand|srand|random|srandom|rand_r|drand48|getrandom|arc4random)\(' \
    'chance comes from base/crypto.h' "${above_base[@]}"
refuse '\b(malloc|calloc|realloc|strdup|strndup)\(' \
    'memory comes from the arena; only base, db, fetch, http and core/cache.c own memory' \
    $(printf '%s\n' "${above_base[@]}" | grep -vE '^src/(db|fetch|http)/|^src/core/cache.c$')
refuse '"[^"]*\b(select|SELECT)\b[^"]*\b(from|FROM)\b|"[^"]*\b(insert into|INSERT INTO|delete from|DELETE FROM|create table|CREATE TABLE|alter table|ALTER TABLE|drop table|DROP TABLE|on conflict|ON CONFLICT)\b|"[^"]*\b(update|UPDATE) [a-z_]+ (set|SET)\b' \
    'SQL lives in <noun>.sql, as a named query' "${above_db[@]}"
refuse '\b(sqlite3_exec|PQexec)\(' 'only db/ talks to an engine' "${above_db[@]}"
exit $bad
