#!/bin/bash
# How large functions and files of src/ are, against sizes.txt beside this file. clang-format puts
# the brace that opens a function and the one that closes it alone in the first column.
set -uo pipefail
walls=$(cd "$(dirname "$0")" && pwd)/sizes.txt
cd "$1" || exit 1

find src -name '*.[ch]' -not -path 'src/gen/*' | sort | xargs awk -v walls="$walls" '
function wall(name) {
    if (!(name in limit)) { print walls ": " name " is missing"; failed = 1 }
    return limit[name]
}
# Commas outside inner parentheses, of the last pair of outer ones: the list of parameters.
function count_parameters(text,    i, c, depth, n, any) {
    gsub(/const struct arg \*args,[ \t]*size_t n/, "args", text)
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(" && depth++ == 0) { n = 0; any = 0 }
        else if (c == ")") depth--
        else if (c == "," && depth == 1) n++
        else if (depth >= 1 && c !~ /[ \t]/) any = 1
    }
    if (text ~ /\(void\)[ \t]*$/) return 0
    return any ? n + 1 : 0
}
function end_file() {
    if (file == "") return
    if (file_lines > limit["file_lines"]) {
        print file ": " file_lines " lines, the wall is " limit["file_lines"]; failed = 1
    }
    if (file_lines > longest_file) { longest_file = file_lines; longest_file_name = file }
}
BEGIN {
    while ((getline line < walls) > 0)
        if (line !~ /^#/ && (n = split(line, part, " ")) >= 2) {
            if (part[1] == "wide" && n == 3) wide[part[2]] = part[3] + 0
            else limit[part[1]] = part[2] + 0
        }
    for (name in wide) wide_left[name] = 1
    if (wall("function_lines") > 70 || wall("file_lines") > 600 || wall("parameters") > 5) {
        print walls ": a wall was raised"; failed = 1
    }
}
FNR == 1 { end_file(); file = FILENAME; head = ""; inside = 0 }
{ file_lines = FNR }
/^[{]$/ && head ~ /\)[ \t]*$/ {
    inside = 1; begin = FNR
    name = head; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
    n = count_parameters(head)
    if (name in wide) {
        if (n <= limit["parameters"] || n > wide[name]) {
            print file ":" FNR ": " name " takes " n " parameters, " walls " says " wide[name]
            failed = 1
        }
    } else if (n > limit["parameters"]) {
        print file ":" FNR ": " name " takes " n " parameters, the wall is " limit["parameters"]
        failed = 1
    }
    if (n > most_parameters) most_parameters = n
    delete wide_left[name]
    next
}
/^[}]/ {
    if (inside) {
        lines = FNR - begin + 1
        size[++functions] = lines
        if (lines > longest) { longest = lines; longest_name = file ": " name }
        if (lines > limit["function_lines"]) {
            print file ":" begin ": " name " has " lines " lines, the wall is " limit["function_lines"]
            failed = 1
        }
    }
    inside = 0; head = ""
    next
}
inside { next }
/^[^ \t#\/*]/ { head = $0; next }
/^[ \t]/ { head = head $0; next }
{ head = "" }
END {
    end_file()
    if (functions < 100) { print "only " functions " functions were found"; failed = 1 }
    for (i = 2; i <= functions; i++) {
        v = size[i]
        for (k = i - 1; k > 0 && size[k] > v; k--) size[k + 1] = size[k]
        size[k + 1] = v
    }
    for (name in wide_left) { print walls ": no function " name ": take it out"; failed = 1 }
    print functions " functions: median " size[int((functions + 1) / 2)] " lines, longest " longest " (" longest_name ")"
    print "longest file: " longest_file " lines (" longest_file_name "); most parameters: " most_parameters
    if (longest < limit["function_lines"]) print "function_lines in sizes.txt may be lowered to " longest
    if (longest_file < limit["file_lines"]) print "file_lines in sizes.txt may be lowered to " longest_file
    exit failed
}
'
