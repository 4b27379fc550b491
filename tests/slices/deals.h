/* deals.h: what amoCRM would send about deals, and what became of it.
 * The one rule: fields of an event that are 0 or NULL are not said in the body. */
#pragma once
#include "slice_app.h"

#include <stdio.h>

#define JAN20 1768888800LL /* 2026-01-20 06:00 UTC, 11:00 in Almaty; seconds, as the CRM says it   \
                            */

struct event { /* of a deal; what is 0 or NULL is not said */
    const char *action;
    int deal;
    int64_t at_s;
    const char *status, *pipeline, *price, *source, *name;
    int64_t created_s;
};

static inline struct str pair(struct ctx *cx, struct str so_far, const char *head, const char *key,
                              const char *value)
{
    return value ? arena_fmt(cx->arena, "%.*s&%s[%s]=%s", STR_FMT(so_far), head, key, value)
                 : so_far;
}

static inline const char *number(struct ctx *cx, int64_t v)
{
    return v ? str_z(cx->arena, arena_fmt(cx->arena, "%lld", (long long)v)) : NULL;
}

/* One more event at the end of a body. */
static inline struct str add(struct ctx *cx, struct str body, int index, const struct event *e)
{
    char head[64], field[96];

    snprintf(head, sizeof head, "leads[%s][%d]", e->action, index);
    snprintf(field, sizeof field, "%s[custom_fields][0]", head);
    body = pair(cx, body, head, "id", number(cx, e->deal));
    body = pair(cx, body, head, "last_modified", number(cx, e->at_s));
    body = pair(cx, body, head, "date_create", number(cx, e->created_s));
    body = pair(cx, body, head, "status_id", e->status);
    body = pair(cx, body, head, "pipeline_id", e->pipeline);
    body = pair(cx, body, head, "price", e->price);
    body = pair(cx, body, head, "name", e->name);
    if (e->source) {
        body = pair(cx, body, field, "code", "UTM_SOURCE");
        body = pair(cx, body, field, "values][0][value", e->source);
    }
    return body;
}

static inline struct str body_of(struct ctx *cx, int account, const struct event *events, size_t n)
{
    struct str body = arena_fmt(cx->arena, "account[id]=%d", account);

    for (size_t i = 0; i < n; i++)
        body = add(cx, body, (int)i, &events[i]);
    return body;
}

static inline void tell(struct ctx *cx, struct slice_app *s, const struct event *e)
{
    slice_hook(cx, s, body_of(cx, 1, e, 1));
}

static inline struct str sale(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(cx, s, "deal_id, state, price_micros / 1000000, day, won_at",
                    "from sale order by crm_account_id, deal_id");
}

static inline struct str payments(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(cx, s, "p.kind, p.amount_micros / 1000000, p.day",
                    "from payment p order by p.at, p.kind");
}

static inline struct str dirty(struct ctx *cx, struct slice_app *s)
{
    struct str days = sql_rows(cx, s, "day", "from rollup_dirty order by day");

    sql_script(cx, s, "delete from rollup_dirty");
    return days;
}
