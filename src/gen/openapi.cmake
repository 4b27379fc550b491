# Joins the slices' descriptions of their routes into one document.
#   cmake -D FRAME=ops/openapi.json "-DPARTS=a.json;b.json" -D OUT=openapi.json -P openapi.cmake
# A part is {"paths": {...}, "schemas": {...}}; naming what is there already is an error.
file(READ ${FRAME} document)

function(join_members part section place)
  string(JSON n ERROR_VARIABLE none LENGTH "${part}" ${section})
  if(none OR n EQUAL 0)
    return()
  endif()
  math(EXPR last "${n} - 1")
  foreach(i RANGE ${last})
    string(JSON name MEMBER "${part}" ${section} ${i})
    string(JSON value GET "${part}" ${section} "${name}")
    string(JSON there ERROR_VARIABLE missing GET "${document}" ${place} "${name}")
    if(NOT missing)
      message(FATAL_ERROR "${name} is described twice")
    endif()
    string(JSON document SET "${document}" ${place} "${name}" "${value}")
  endforeach()
  set(document "${document}" PARENT_SCOPE)
endfunction()

foreach(file IN LISTS PARTS)
  file(READ ${file} part)
  join_members("${part}" paths paths)
  join_members("${part}" schemas "components;schemas")
endforeach()
# Machines read it: without the white space it is half as large.
string(REGEX REPLACE "\n *" "" document "${document}")
string(REPLACE "\" : " "\":" document "${document}")
file(WRITE ${OUT} "${document}\n")
