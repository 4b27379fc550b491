/* control_wire.h: frames on the command socket: one byte of kind, four of length (big endian),
 * text. */
#pragma once
#include "base/base.h"
#include <sys/un.h>

enum wire_kind { WIRE_CALL = 'c', WIRE_OUTPUT = 'o', WIRE_ERROR = 'e', WIRE_EXIT = 'x' };
bool wire_put(int fd, enum wire_kind kind, struct str text);
/* The next frame, in the arena; false at the end or for a broken one. At most 1 MiB. */
bool wire_get(struct ctx *cx, int fd, enum wire_kind *kind, struct str *text);
/* <data>/trafficd.sock; ERR_INPUT when the directory's name is too long for a socket. */
enum err wire_path(struct ctx *cx, struct str data, char *path, size_t size) MUST_USE;
