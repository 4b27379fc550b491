/* log.c: one event, one line, one write. */
#include "base/log.h"
#include "base/calendar.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* LINE stays below PIPE_BUF, so that lines of several threads never mix. */
enum { LINE = 4000, LONGEST_VALUE = 600, ROOM_FOR_END = 8 };

struct line {
    char at[LINE];
    size_t n;
    bool is_full;
};

static _Atomic(enum log_level) least_level = LOG_INFO;
static struct {
    pthread_mutex_t lock;
    void (*see)(void *self, const struct log_line *l);
    void *self;
} log_observer = {.lock = PTHREAD_MUTEX_INITIALIZER};

void log_observe(void (*see)(void *self, const struct log_line *l), void *self)
{
    pthread_mutex_lock(&log_observer.lock);
    log_observer.see = see;
    log_observer.self = self;
    pthread_mutex_unlock(&log_observer.lock);
}

void log_set_level(enum log_level least)
{
    atomic_store(&least_level, least);
}

static void put(struct line *l, const char *text, size_t n)
{
    if (l->n + n > LINE - ROOM_FOR_END)
        l->is_full = true;
    if (l->is_full)
        return;
    memcpy(l->at + l->n, text, n);
    l->n += n;
}

static void put_escaped(struct line *l, uint32_t point)
{
    char text[8];

    put(l, text, (size_t)snprintf(text, sizeof text, "\\u%04x", (unsigned)(point & 0xffff)));
}

/* Control characters, the second set too, could drive the operator's terminal. */
static void put_text(struct line *l, struct str s)
{
    uint32_t point;

    if (s.len > LONGEST_VALUE)
        s.len = LONGEST_VALUE;
    put(l, "\"", 1);
    for (size_t i = 0, step; i < s.len; i += step) {
        step = utf8_step(s.ptr + i, s.len - i, &point);
        if (!step) {
            put(l, UTF8_REPLACEMENT, 3);
            step = 1;
        } else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) {
            put_escaped(l, point);
        } else {
            if (point == '"' || point == '\\')
                put(l, "\\", 1);
            put(l, s.ptr + i, step);
        }
    }
    put(l, "\"", 1);
}

/* A field goes in whole or not at all, so that a full line is still JSON. */
static void put_field(struct line *l, const struct log_field *f)
{
    size_t before = l->n;
    char number[24];

    put(l, ",", 1);
    put_text(l, str_of(f->key));
    put(l, ":", 1);
    if (f->is_number)
        put(l, number, (size_t)snprintf(number, sizeof number, "%" PRId64, f->number));
    else
        put_text(l, f->value);
    if (l->is_full)
        l->n = before;
}

static void write_line(const struct ctx *cx, enum log_level level, const char *event,
                       const struct log_field *fields, size_t n)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    struct line l = {.n = 0};
    char at[RFC3339_SIZE];

    if (level < atomic_load(&least_level))
        return;
    rfc3339_put(at, cx ? now_ms(cx) : clock_system.now_ms(clock_system.self));
    l.n = (size_t)snprintf(l.at, LINE, "{\"at\":\"%s\",\"level\":\"%s\"", at, names[level]);
    put_field(&l, &(struct log_field){.key = "event", .value = str_of(event)});
    if (cx && cx->tag)
        put_field(&l, &(struct log_field){.key = "tag", .value = str_of(cx->tag)});
    for (size_t i = 0; i < n; i++)
        put_field(&l, &fields[i]);
    memcpy(l.at + l.n, "}\n", 2);
    /* A log that cannot be written is no reason to stop serving. */
    if (write(STDERR_FILENO, l.at, l.n + 2) < 0)
        return;
}

void log_event(const struct ctx *cx, enum log_level level, const char *event,
               const struct log_field *fields, size_t n)
{
    write_line(cx, level, event, fields, n);
    if (level < LOG_WARN)
        return;
    pthread_mutex_lock(&log_observer.lock);
    if (log_observer.see)
        log_observer.see(log_observer.self, &(struct log_line){cx, level, event, fields, n});
    pthread_mutex_unlock(&log_observer.lock);
}
