/* log.h: one JSON line per event on stderr. Never pass a token, a body or a query string. */
#pragma once
#include "base/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
struct log_field {
    const char *key;
    struct str value; /* control bytes are escaped by the writer */
    int64_t number;
    bool is_number;
};
static inline struct log_field l_str(const char *key, struct str v)
{
    return (struct log_field){key, v, 0, false};
}
static inline struct log_field l_int(const char *key, int64_t v)
{
    return (struct log_field){key, {0}, v, true};
}
void log_set_level(enum log_level least); /* main only */
void log_event(const struct ctx *cx, enum log_level level, const char *event,
               const struct log_field *fields, size_t n);
struct log_line {         /* one event, as who looks at the log is told of it */
    const struct ctx *cx; /* may be NULL */
    enum log_level level;
    const char *event;
    const struct log_field *fields;
    size_t n;
};
/* Tells see about every warning and error from now on, whatever the level written is; NULL ends it.
 * see is called under a lock: it must be quick and must not log. Main only. */
void log_observe(void (*see)(void *self, const struct log_line *l), void *self);
#define LOG(cx, level, event, ...)                                                                 \
    log_event((cx), (level), (event), (const struct log_field[]){__VA_ARGS__},                     \
              COUNT(((const struct log_field[]){__VA_ARGS__})))
