# Writes gen/version.h, and touches it only when something in it has changed.
#   cmake -DSOURCE=<checkout> -DOUT=<file> -DVERSION=1.2.3 -P version.cmake
cmake_minimum_required(VERSION 3.25)
set(commit unknown)
execute_process(
  COMMAND git -c safe.directory=* -C ${SOURCE} describe --always --dirty=+ --abbrev=12 --exclude=*
  OUTPUT_VARIABLE found RESULT_VARIABLE failed ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT failed)
  set(commit ${found})
endif()

set(inside "")
function(inside name version)
  set(inside "${inside} \\\n    X(\"${name}\", \"${version}\")" PARENT_SCOPE)
endfunction()

# What third_party/lock names, with the distribution's revision: that tells which fixes are in.
file(STRINGS ${SOURCE}/third_party/lock lines REGEX "^[a-z]")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([a-z]+) +[^ ]+ +([^ ]+)" _ "${line}")
  if(NOT "${CMAKE_MATCH_1}" IN_LIST seen)
    list(APPEND seen ${CMAKE_MATCH_1})
    inside(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  endif()
endforeach()

# What comes as static archives and data of the operating system.
foreach(pair openssl:libssl-dev zlib:zlib1g-dev c-ares:libc-ares-dev libsodium:libsodium-dev
    expat:libexpat1-dev glibc:libc6-dev tzdata:tzdata ca-certificates:ca-certificates)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 package)
  execute_process(COMMAND dpkg-query -W -f "\${Version}\\n" ${package}
    OUTPUT_VARIABLE found RESULT_VARIABLE failed ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(failed)
    set(found unknown)
  endif()
  string(REGEX REPLACE "\n.*" "" found "${found}")
  inside(${name} ${found})
endforeach()

file(CONFIGURE OUTPUT ${OUT} @ONLY NEWLINE_STYLE UNIX CONTENT
"/* version.h: what this program is made of. Made by src/gen/version.cmake at each build. */
#pragma once
#define TD_VERSION \"@VERSION@\"
#define TD_COMMIT \"@commit@\" /* a + at its end: built with changes that are not committed */
#define TD_INSIDE(X) /* X(name, version) for every library and data set inside */@inside@
")
