/* job_log.c: a bounded text whose oldest lines give way. What vendors said is in it, so that every
 * byte is made fit for a database and for a terminal. */
#include "core/job_log.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_LINE = 500 };

struct job_log {
    size_t n;
    char at[JOB_LOG_SIZE];
};

struct job_log *job_log_new(struct arena *a)
{
    return arena_new_of(a, struct job_log);
}

static void drop_oldest(struct job_log *l, size_t room)
{
    size_t cut = 0;

    while (cut < l->n && l->n - cut + room > sizeof l->at)
        do
            cut++;
        while (cut < l->n && l->at[cut - 1] != '\n');
    l->n -= cut;
    memmove(l->at, l->at + cut, l->n);
}

static size_t put_clean(char *to, size_t room, struct str s)
{
    size_t n = 0;
    uint32_t point;

    for (size_t i = 0, step; i < s.len; i += step) {
        step = utf8_step(s.ptr + i, s.len - i, &point);
        bool is_text = step && point >= ' ' && (point < 0x7f || point >= 0xa0);
        size_t width = is_text ? step : 1;
        if (n + width > room)
            break;
        if (is_text)
            memcpy(to + n, s.ptr + i, step);
        else
            to[n] = step ? ' ' : '?';
        n += width;
        step = step ? step : 1;
    }
    return n;
}

void job_log_add(struct job_log *l, const struct zone *z, int64_t at_ms, struct str text)
{
    char line[LONGEST_LINE + 16];

    if (!l)
        return;
    struct civil c = civil_at(z, at_ms);
    size_t n = (size_t)snprintf(line, sizeof line, "%02d:%02d:%02d ", c.hour, c.minute, c.second);
    n += put_clean(line + n, LONGEST_LINE, text);
    line[n++] = '\n';
    drop_oldest(l, n);
    memcpy(l->at + l->n, line, n);
    l->n += n;
}

struct str job_log_text(const struct job_log *l)
{
    return l && l->n ? (struct str){l->at, l->n - 1} : S("");
}
