#!/bin/bash
# Who may include whom: src/floors.txt, read against the includes of src/. What is private to a
# folder stays in it, and each library from outside is named in one place only.
set -uo pipefail
cd "$1" || exit 1

includes() { # "file folder include"
    find src -name '*.[ch]' -not -path 'src/gen/*' | sort | while read -r file; do
        folder=${file#src/}
        sed -n "s|^ *# *include *\([\"<][^\">]*[\">]\).*|$file ${folder%%/*} \1|p" "$file"
    done
}

includes | awk '
function bad(what) { print FILENAME_ ": includes " $3 ": " what; failed = 1 }
BEGIN {
    while ((getline line < "src/floors.txt") > 0) {
        if (line ~ /^#/ || line ~ /^ *$/) continue
        floor++
        n = split(line, names, " ")
        for (i = 1; i <= n; i++) rank[names[i]] = floor
    }
    slices = rank["rates"]
    # Libraries from outside, and the only files that may name them.
    only["civetweb.h"] = "^src/http/"; only["curl/curl.h"] = "^src/fetch/"
    only["sqlite3.h"] = "^src/db/sqlite"; only["libpq-fe.h"] = "^src/db/postgres"
    only["yyjson.h"] = "^src/base/json_in.c$"; only["sodium.h"] = "^src/base/crypto.c$"
    only["expat.h"] = "^src/vendors/nbk.c$"
}
{
    FILENAME_ = $1
    path = substr($3, 2, length($3) - 2)
    if ($3 ~ /^</) {
        if (path in only && $1 !~ only[path]) bad("only " only[path] " may")
        next
    }
    if (path !~ /\//) { bad("write it from src/, \"folder/name.h\""); next }
    split(path, part, "/")
    to = part[1]; from = $2; name = part[2]
    if (to == from || to == "gen") next
    if (!(from in rank)) { bad("the folder " from " is not in src/floors.txt"); next }
    if (!(to in rank)) { bad("the folder " to " is not in src/floors.txt"); next }
    if (rank[to] > rank[from]) bad(to " stands on a higher floor than " from)
    else if (rank[to] == rank[from]) bad(to " and " from " are islands of one floor")
    if (from == "vendors" && to != "base" && to != "fetch") bad("vendors know wire formats only")
    if (from == "sim" && rank[to] >= rank["core"]) bad("the simulator knows the vendors only by their wire")
    if (name ~ /\.sql\.h$/) bad("queries are private to their folder")
    else if (name ~ /(^|_)(inside|private)\.h$/ || path ~ /^db\/(driver|pool)\.h$/)
        bad("it is private to " to "/")
    else if (rank[to] >= slices && from != "app" && name != to ".h")
        bad("of another slice only " to "/" to ".h may be included")
}
END { exit failed }
'
