/* Any bytes as CSV: refused, or rows that are written formula-safe and read again to the same. */
#include "fuzz.h"

#include "base/csv.h"

#include <string.h>

static bool is_formula(struct str v)
{
    return v.len && v.ptr[0] && strchr("=+-@\t\r\n", v.ptr[0]);
}

/* A row of its own, behind a first line that fixes the comma as separator. */
static void check_row(struct ctx *cx, const struct csv_row *row)
{
    struct csv_out *out = csv_out_new(cx, 256);
    struct csv_row again;

    if (row->n == 1000) /* one more for "end" would be one too many */
        return;
    for (size_t i = 0; i < row->n; i++)
        csv_int(out, 1);
    csv_int(out, 1);
    csv_end_row(out);
    for (size_t i = 0; i < row->n; i++)
        csv_str(out, row->at[i]);
    csv_str(out, S("end"));
    csv_end_row(out);

    struct csv_in *in = csv_open(cx, csv_text(out));
    must(csv_next(in, &again));
    must(csv_next(in, &again));
    must(again.n == row->n + 1);
    for (size_t i = 0; i < row->n; i++) {
        struct str got = again.at[i];
        must(!is_formula(got));
        if (is_formula(row->at[i])) {
            must(got.len == row->at[i].len + 1 && got.ptr[0] == '\'');
            got = (struct str){got.ptr + 1, got.len - 1};
        }
        must(str_eq(got, row->at[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin(), scratch = fuzz_begin();
    struct csv_in *in = csv_open(&cx, fuzz_text(data, size));
    struct csv_row row;
    size_t line = 0;

    while (csv_next(in, &row)) {
        must(row.n >= 1 && row.n <= 1000);
        must(row.line > line);
        line = row.line;
        check_row(&scratch, &row);
        arena_reset(scratch.arena);
    }
    must(csv_error(in) == cx.err);
    fuzz_end(&scratch);
    return fuzz_end(&cx);
}
