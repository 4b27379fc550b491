/* throttle.c: our own pace towards each upstream, kept below the vendor's limit. */
#include "fetch/inside.h"

#include <stdlib.h>
#include <string.h>

/* Calls may bunch up by this much before they are spread out, unless the upstream says less. */
enum { BURST_US = 5 * 1000 * 1000 };

static char *text_dup(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        abort();
    return copy;
}

/* Caller holds the lock. One vendor may have several addresses, each with a limit of its own. */
static struct pace *pace_of(struct fetcher *f, const struct upstream *up)
{
    for (struct pace *p = f->paces; p; p = p->next)
        if (!strcmp(p->name, up->name) && !strcmp(p->base_url, up->base_url))
            return p;
    struct pace *p = malloc(sizeof *p);
    if (!p)
        abort();
    *p = (struct pace){f->paces, text_dup(up->name), text_dup(up->base_url), 0};
    return f->paces = p;
}

enum err throttle_wait(struct ctx *cx, struct fetcher *f, const struct upstream *up)
{
    int64_t now_us = mono_ms(cx) * 1000, wait_us;
    int64_t burst_us = up->burst_ms > 0 ? up->burst_ms * 1000LL : BURST_US;

    if (up->per_minute <= 0)
        return OK;
    pthread_mutex_lock(&f->lock);
    struct pace *p = pace_of(f, up);
    if (p->due_us < now_us)
        p->due_us = now_us;
    wait_us = p->due_us - burst_us - now_us;
    bool is_in_time = !cx->deadline_ms || wait_us <= 0 || now_us + wait_us < cx->deadline_ms * 1000;
    if (is_in_time) /* the place in the row is taken before waiting, so threads line up */
        p->due_us += 60 * 1000 * 1000 / up->per_minute;
    pthread_mutex_unlock(&f->lock);
    if (!is_in_time)
        return fail(cx, ERR_TIMEOUT, "%s: our own limit of %d calls a minute leaves no time",
                    up->name, up->per_minute);
    return fetch_wait(cx, f, wait_us > 0 ? (wait_us + 999) / 1000 : 0);
}

void throttle_free(struct fetcher *f)
{
    while (f->paces) {
        struct pace *p = f->paces;
        f->paces = p->next;
        free(p->name);
        free(p->base_url);
        free(p);
    }
}
