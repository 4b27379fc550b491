# Data carried inside the program: time zones, CA certificates, the web UI, and what it is made of.
# Included by src/CMakeLists.txt after the target `embed`.
set(TD_DATA ${CMAKE_BINARY_DIR}/embed)

# td_embed_folder(LIBRARY SYMBOL FOLDER [MAKE commands...] [DEPENDS files...]): a library with the
# folder's files as `const struct embedded_folder SYMBOL` (base/embedded.h).
function(td_embed_folder library symbol folder)
  cmake_parse_arguments(ARG "" "" "MAKE;DEPENDS" ${ARGN})
  add_custom_command(OUTPUT ${TD_GEN}/${symbol}.c
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder} ${TD_GEN}
    ${ARG_MAKE}
    COMMAND embed folder ${symbol} ${folder} ${TD_GEN}/${symbol}.c
    DEPENDS embed ${ARG_DEPENDS} VERBATIM)
  add_library(${library} STATIC ${TD_GEN}/${symbol}.c)
  target_include_directories(${library} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()

# ---- time zones: compiled from tzdata's own text, so that the host's zone files play no part ----
find_program(TD_ZIC zic PATHS /usr/sbin REQUIRED)
set(tzdata /usr/share/zoneinfo/tzdata.zi)
if(NOT EXISTS ${tzdata})
  message(FATAL_ERROR "${tzdata} not found: install the package tzdata")
endif()
td_embed_folder(td_zoneinfo embedded_zoneinfo ${TD_DATA}/zoneinfo
  MAKE COMMAND ${CMAKE_COMMAND} -E rm -rf ${TD_DATA}/zoneinfo
       COMMAND ${TD_ZIC} -b slim -d ${TD_DATA}/zoneinfo ${tzdata}
  DEPENDS ${tzdata})

# ---- CA certificates: Mozilla's, as packaged. Never /etc/ssl/certs: that holds local additions ----
set(mozilla /usr/share/ca-certificates/mozilla)
if(NOT EXISTS ${mozilla})
  message(FATAL_ERROR "${mozilla} not found: install the package ca-certificates")
endif()
add_custom_command(OUTPUT ${TD_GEN}/embedded_ca_bundle.c
  COMMAND ${CMAKE_COMMAND} -E make_directory ${TD_DATA} ${TD_GEN}
  COMMAND sh -c "LC_ALL=C; cat '${mozilla}/'*.crt >'${TD_DATA}/ca-bundle.pem'"
  COMMAND embed text embedded_ca_bundle ${TD_DATA}/ca-bundle.pem ${TD_GEN}/embedded_ca_bundle.c
  DEPENDS embed ${mozilla} VERBATIM)
add_library(td_ca_bundle STATIC ${TD_GEN}/embedded_ca_bundle.c)
target_include_directories(td_ca_bundle PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})

# ---- the web UI: an empty folder without it ----
set(web ${CMAKE_SOURCE_DIR}/web)
if(TD_UI)
  find_program(TD_NODE node)
  find_program(TD_NPM npm)
  if(NOT TD_NODE OR NOT TD_NPM)
    message(FATAL_ERROR "node or npm not found: install nodejs and npm, or configure with -DTD_UI=OFF")
  endif()
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS ${web}/src/* ${web}/static/*)
  file(GLOB web_roots CONFIGURE_DEPENDS ${web}/*.json ${web}/*.mjs ${web}/*.html)
  td_embed_folder(td_web embedded_web ${CMAKE_BINARY_DIR}/web-dist
    MAKE COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/gen/web.sh ${web} ${CMAKE_BINARY_DIR}/web-dist
    DEPENDS ${web_sources} ${web_roots} ${CMAKE_CURRENT_SOURCE_DIR}/gen/web.sh
      ${CMAKE_SOURCE_DIR}/packaging/npm-ci)
else()
  td_embed_folder(td_web embedded_web ${TD_DATA}/no-web)
endif()

# ---- gen/version.h: version, commit, and what is inside. Link td_version to include it ----
add_custom_target(version_header
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DOUT=${TD_GEN}/version.h
    -DVERSION=${PROJECT_VERSION} -P ${CMAKE_CURRENT_SOURCE_DIR}/gen/version.cmake
  BYPRODUCTS ${TD_GEN}/version.h VERBATIM)
add_library(td_version INTERFACE)
target_include_directories(td_version INTERFACE ${CMAKE_BINARY_DIR})
add_dependencies(td_version version_header)
