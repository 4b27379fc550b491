/* base.h: the vocabulary of the house. Everything above speaks in these words.
 * The one rule: nothing here owns anything but the arena; views live as long as what they look at.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define MUST_USE __attribute__((warn_unused_result))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- str: a borrowed view; never owns, need not end in NUL ---- */
struct str {
    const char *ptr;
    size_t len;
};
#define S(lit) ((struct str){(lit), sizeof(lit) - 1})
#define STR_FMT(s) (int)(s).len, (s).ptr /* for "%.*s" */

struct str str_of(const char *z); /* view of a C string; NULL gives the empty view */
bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
struct str str_trim(struct str s); /* without ASCII white space at both ends */
/* Takes the text up to the first `at` off the front of *rest; false once nothing is left. */
bool str_cut(struct str *rest, char at, struct str *head);
bool str_to_int(struct str s, int64_t *out); /* whole text, optional sign, no overflow */
bool str_is_utf8(struct str s);
/* Lower case for ASCII, Latin-1, Cyrillic and Kazakh letters; the one folding that queries compare.
 */
struct arena;
struct str str_fold(struct arena *a, struct str s);
char *str_z(struct arena *a, struct str s); /* NUL-terminated copy in the arena */

/* ---- arena: one per request or job run; freed whole, never piecemeal ---- */
struct arena *arena_new(size_t cap); /* cap: bytes one request or job run may use */
void arena_free(struct arena **a);   /* sets *a to NULL; NULL is fine */
void arena_reset(struct arena *a);   /* forgets everything, keeps the memory for the next page */
/* Zeroed, never NULL. Past the cap the arena is marked over and still serves; out of memory aborts.
 */
void *arena_alloc(struct arena *a, size_t size, size_t align);
bool arena_over(const struct arena *a); /* the cap was passed: the work must end in ERR_TOO_LARGE */
#define arena_new_of(a, type) ((type *)arena_alloc((a), sizeof(type), _Alignof(type)))
struct str arena_str(struct arena *a, struct str s);
struct str arena_fmt(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
struct str arena_vfmt(struct arena *a, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* ---- vec: a growing array in an arena ---- */
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t n, cap;                                                                             \
    }
void *vec_grow(struct arena *a, void *at, size_t n, size_t *cap, size_t item);
#define vec_add(a, v)                                                                              \
    ((v)->n == (v)->cap                                                                            \
         ? (void)((v)->at = vec_grow((a), (v)->at, (v)->n, &(v)->cap, sizeof *(v)->at))            \
         : (void)0,                                                                                \
     &(v)->at[(v)->n++]) /* yields the new, zeroed item */

/* ---- err: one list gives the enum, the slug and the HTTP status ---- */
#define ERR_LIST(X)                                                                                \
    X(OK, "ok", 200)                                                                               \
    X(ERR_INPUT, "bad_input", 400)                                                                 \
    X(ERR_AUTH, "not_signed_in", 401)                                                              \
    X(ERR_FORBIDDEN, "forbidden", 403)                                                             \
    X(ERR_NOT_FOUND, "not_found", 404)                                                             \
    X(ERR_METHOD, "method_not_allowed", 405)                                                       \
    X(ERR_CONFLICT, "conflict", 409)                                                               \
    X(ERR_TOO_LARGE, "too_large", 413)                                                             \
    X(ERR_MEDIA, "unsupported_media_type", 415)                                                    \
    X(ERR_FIELDS, "invalid_fields", 422)                                                           \
    X(ERR_RATE, "slow_down", 429)                                                                  \
    X(ERR_BUG, "internal", 500)                                                                    \
    X(ERR_DB, "database", 500)                                                                     \
    X(ERR_UPSTREAM, "upstream", 502)                                                               \
    X(ERR_BUSY, "busy", 503)                                                                       \
    X(ERR_TIMEOUT, "timeout", 504)
enum err {
#define X(name, slug, status) name,
    ERR_LIST(X)
#undef X
};
const char *err_slug(enum err e);
int err_status(enum err e);

/* ---- clock: the only source of "now" ---- */
struct clock {
    int64_t (*now_ms)(void *self); /* Unix time, UTC */
    int64_t (*mono_ms)(void *self);
    void (*sleep_ms)(void *self, int64_t ms);
    void *self;
};
extern const struct clock clock_system;

/* ---- ctx: what any fallible step needs; lives on the caller's stack ---- */
struct field_error; /* one wrong input field; a list in the arena */
struct field_error {
    struct field_error *next;
    struct str field; /* "email" */
    struct str why; /* a stable slug: "missing", "too_long", "not_an_email"; the UI translates it */
};
struct ctx {
    struct arena *arena;
    const struct clock *clock;
    int64_t deadline_ms; /* monotonic; 0 = none */
    const char *tag;     /* request id or job name, for the log */
    enum err err;        /* first failure wins */
    char why[200]; /* said to the operator; a client sees it only for ERR_INPUT and ERR_CONFLICT */
    int64_t retry_after_ms;     /* with ERR_RATE and ERR_BUSY: when to come again; 0 = not said */
    struct field_error *fields; /* with ERR_FIELDS: what was wrong where */
};
/* Notes the first failure in cx and returns e. */
enum err fail(struct ctx *cx, enum err e, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_USE;
/* Adds one wrong field; check ctx_fields() once after all fields were looked at. */
void fail_field(struct ctx *cx, const char *field, const char *why);
enum err ctx_fields(struct ctx *cx) MUST_USE; /* ERR_FIELDS when a field was wrong, else OK */
/* Forgets a failure that was handled, so that the same ctx can go on (next account, next row). */
void ctx_forgive(struct ctx *cx);
bool ctx_expired(const struct ctx *cx); /* the deadline has passed */
static inline int64_t now_ms(const struct ctx *cx)
{
    return cx->clock->now_ms(cx->clock->self);
}
static inline int64_t mono_ms(const struct ctx *cx)
{
    return cx->clock->mono_ms(cx->clock->self);
}

/* The house's only control-flow macro. Needs `enum err err` and a label `out`. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        err = (expr);                                                                              \
        if (err)                                                                                   \
            goto out;                                                                              \
    } while (0)
