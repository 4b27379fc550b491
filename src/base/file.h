/* file.h: a whole file as text. The one rule: who reads says how much is too much. */
#pragma once
#include "base/base.h"

/* ERR_INPUT with the path and what is wrong, also when it is longer than `most` bytes. */
enum err file_read(struct ctx *cx, const char *path, size_t most, struct str *out) MUST_USE;
