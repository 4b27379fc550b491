/* csv.h: RFC 4180 in, formula-safe out. */
#pragma once
#include "base/base.h"

struct csv_in; /* a reader over text held by the caller */
/* Accepts a UTF-8 mark, CRLF or LF, `,` `;` or tab as separator (found in the first line). */
struct csv_in *csv_open(struct ctx *cx, struct str text);
struct csv_row {
    struct str *at;
    size_t n;
    size_t line; /* 1-based line on which the row begins, for messages */
};
/* False at the end; a row with a broken quote, more than 1,000 columns or text that is not UTF-8 is
 * ERR_INPUT through csv_error. Blank lines are skipped. The row is good until the next call. */
bool csv_next(struct csv_in *in, struct csv_row *row);
enum err csv_error(struct csv_in *in) MUST_USE;

struct csv_out;
struct csv_out *csv_out_new(struct ctx *cx, size_t cap);
/* Text that begins with = + - @ tab or CR gets a leading ' so that no spreadsheet runs it. */
void csv_str(struct csv_out *c, struct str v);
void csv_int(struct csv_out *c, int64_t v);
void csv_dec(struct csv_out *c, int64_t units, int scale);
void csv_end_row(struct csv_out *c);
struct str csv_text(struct csv_out *c);
