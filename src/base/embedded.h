/* embedded.h: files carried inside the binary, made by gen/embed.c at build time. */
#pragma once
#include "base/base.h"

struct embedded_file {
    const char *name; /* path below the embedded folder: "Asia/Almaty" */
    const unsigned char *data;
    size_t len;
};
struct embedded_folder {
    const struct embedded_file *files; /* sorted by name, bytewise */
    size_t n;
};
struct embedded_packed { /* zlib's format; core/deflate.h unpacks it */
    const unsigned char *data;
    size_t len, plain_len;
};
extern const struct embedded_folder embedded_zoneinfo; /* TZif files, slim */
extern const struct embedded_folder embedded_web;      /* the web UI; empty without TD_UI */
extern const struct embedded_file embedded_ca_bundle;  /* PEM; link td_ca_bundle */
const struct embedded_file *embedded_find(const struct embedded_folder *folder, struct str name);
