/* err.c: how a step says that it failed. */
#include "base/base.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *slug;
    int status;
} errs[] = {
#define X(name, slug, status) {slug, status},
    ERR_LIST(X)
#undef X
};

const char *err_slug(enum err e)
{
    return (size_t)e < COUNT(errs) ? errs[e].slug : "internal";
}

int err_status(enum err e)
{
    return (size_t)e < COUNT(errs) ? errs[e].status : 500;
}

/* A text that was cut to fit must not end in half a character. */
static void drop_half_character(char *text)
{
    size_t n = strlen(text), back = 1;
    uint32_t point;

    while (back < n && back < 4 && ((unsigned char)text[n - back] & 0xc0) == 0x80)
        back++;
    if (n >= back && !utf8_step(text + (n - back), back, &point))
        text[n - back] = 0;
}

enum err fail(struct ctx *cx, enum err e, const char *fmt, ...)
{
    va_list ap;

    if (cx->err)
        return e;
    cx->err = e;
    va_start(ap, fmt);
    int n = vsnprintf(cx->why, sizeof cx->why, fmt, ap);
    va_end(ap);
    if (n >= (int)sizeof cx->why)
        drop_half_character(cx->why);
    return e;
}

void fail_field(struct ctx *cx, const char *field, const char *why)
{
    struct field_error **end = &cx->fields;
    struct field_error *wrong = arena_new_of(cx->arena, struct field_error);

    wrong->field = arena_str(cx->arena, str_of(field));
    wrong->why = arena_str(cx->arena, str_of(why));
    while (*end)
        end = &(*end)->next;
    *end = wrong;
}

enum err ctx_fields(struct ctx *cx)
{
    if (!cx->fields)
        return OK;
    return fail(cx, ERR_FIELDS, "%.*s: %.*s", STR_FMT(cx->fields->field), STR_FMT(cx->fields->why));
}

void ctx_forgive(struct ctx *cx)
{
    cx->err = OK;
    cx->why[0] = 0;
    cx->retry_after_ms = 0;
    cx->fields = NULL;
}

bool ctx_expired(const struct ctx *cx)
{
    return cx->deadline_ms && mono_ms(cx) >= cx->deadline_ms;
}
