/* version.h: the data version: one number that moves whenever an answer could change. */
#pragma once
#include "db/db.h"

enum err version_read(struct tx *tx, int64_t *out) MUST_USE;
enum err version_bump(struct tx *tx) MUST_USE; /* inside the transaction that changes the data */
