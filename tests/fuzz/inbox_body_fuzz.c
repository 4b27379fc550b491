/* Any body in the inbox: its fields are few, short, clean and each there once, and looking for a
 * word in it ends; what stands in it as it came is found. */
#include "fuzz.h"

#include "core/inbox_inside.h"
#include "core/inbox_paths.h"

#include <string.h>

static void check_paths(struct ctx *cx, struct str body)
{
    struct inbox_paths *p = arena_new_of(cx->arena, struct inbox_paths);

    inbox_paths_of(cx, body, p);
    must(p->n <= PATHS_MOST);
    for (size_t i = 0; i < p->n; i++) {
        must(p->at[i].len > 0 && p->at[i].len <= PATH_LONGEST);
        must(str_is_utf8(p->at[i]) && !memchr(p->at[i].ptr, 0, p->at[i].len));
        for (size_t k = 0; k < i; k++)
            must(!str_eq(p->at[i], p->at[k]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct str body = fuzz_text(data, size);
    size_t n = size < 12 ? size : 12;

    check_paths(&cx, body);
    must(inbox_text_holds(cx.arena, body, str_fold(cx.arena, S(""))) == true);
    if (n && str_is_utf8((struct str){body.ptr, n}))
        must(inbox_text_holds(cx.arena, body, str_fold(cx.arena, (struct str){body.ptr, n})));
    return fuzz_end(&cx);
}
