/* sources.c: where the numbers come from, on one screen: what is fresh, late, broken, and why. The
 * queries of sources.sql say what is wrong with each row; here is how bad that is. */
#include "base/calendar.h"
#include "core/app.h"
#include "core/job.h"
#include "ops/ops_inside.h"
#include "ops/sources.sql.h"
#include "vendors/meta_versions.h"

#include <string.h>

enum state { FRESH, LATE, BROKEN, OFF, WAITING, NSTATES };
static const char *const states[] = {"fresh", "late", "broken", "off", "waiting"};

static const struct {
    const char *why;
    enum state state;
} meanings[] = {
    {"not_tracked",        OFF    },
    {"switched_off",       OFF    },
    {"not_subscribed",     OFF    },
    {"no_file_yet",        WAITING},
    {"no_events_yet",      WAITING},
    {"not_synced_yet",     WAITING},
    {"not_checked_yet",    WAITING},
    {"paused_by_limit",    WAITING},
    {"blocked",            WAITING},
    {"version_unknown",    WAITING},
    {"late",               LATE   },
    {"silent",             LATE   },
    {"days_failed",        LATE   },
    {"leads_failed",       LATE   },
    {"events_parked",      LATE   },
    {"webhook_silent",     LATE   },
    {"fallback_in_use",    LATE   },
    {"field_vanished",     LATE   },
    {"token_expires_soon", LATE   },
    {"version_ends_soon",  LATE   },
    {"no_connection",      BROKEN },
    {"token_dead",         BROKEN },
    {"token_expired",      BROKEN },
    {"connection_error",   BROKEN },
    {"sync_failed",        BROKEN },
    {"page_failed",        BROKEN },
    {"rate_missing",       BROKEN },
    {"webhook_disabled",   BROKEN },
    {"webhook_missing",    BROKEN },
    {"version_ended",      BROKEN },
};

static enum state state_of(struct str why)
{
    if (!why.len)
        return FRESH;
    for (size_t i = 0; i < COUNT(meanings); i++)
        if (str_eq(str_of(meanings[i].why), why))
            return meanings[i].state;
    return BROKEN;
}

struct list {
    struct req *rq;
    struct tx *tx;
    struct json_out *j;
    struct ops_args args;
    int64_t counts[NSTATES];
};

static enum err write_next(struct list *l, struct rows *rows)
{
    enum err err = OK;
    int64_t at = col_int(rows, "next_at");

    if (!at)
        TRY(job_next_at(l->tx, l->rq->app, col_str(rows, "job"), &at));
    json_key(l->j, "next_at"), at ? json_int(l->j, at) : json_null(l->j);
out:
    return err;
}

/* A link that the user's own pages do not have would lead nowhere. */
static void write_fix(struct list *l, struct str fix)
{
    static const char *const open[] = {"/accounts", "/links"};
    bool is_open = l->rq->user->role == ROLE_ADMIN;

    for (size_t i = 0; i < COUNT(open); i++)
        is_open = is_open || str_eq(fix, str_of(open[i]));
    json_key(l->j, "fix"), is_open ? json_str(l->j, fix) : json_null(l->j);
}

static enum err write_source(struct list *l, struct rows *rows)
{
    enum err err;
    struct json_out *j = l->j;
    enum state state = state_of(col_str(rows, "why"));

    l->counts[state]++;
    json_obj(j);
    json_key(j, "id"), json_str(j, col_str(rows, "id"));
    json_key(j, "kind"), json_str(j, col_str(rows, "kind"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "state"), json_str(j, str_of(states[state]));
    json_opt_str(j, "why", rows, "why");
    json_opt_str(j, "detail", rows, "detail");
    json_opt_int(j, "last_ok_at", rows, "last_ok_at");
    json_opt_int(j, "since", rows, "since");
    json_opt_int(j, "expected_every_s", rows, "expected_s");
    TRY(write_next(l, rows));
    write_fix(l, col_str(rows, "fix"));
    json_end(j);
out:
    return err;
}

static enum err write_kind(struct list *l, const struct query *q)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(ops_query(l->tx, q, &l->args, &rows));
    while (rows_next(rows))
        TRY(write_source(l, rows));
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* The calendar of the platform's versions is a table of the program, not of the database. */
static void write_version(struct list *l)
{
    static const char *const whys[] = {"", "version_ends_soon", "version_ended", "version_unknown"};
    struct json_out *j = l->j;
    struct str setting = l->rq->app->config.meta_api_version;
    const struct meta_version *v = NULL;
    struct date today;

    day_parse(day_at(l->rq->cx.arena, l->rq->app->zone, now_ms(&l->rq->cx)), &today);
    enum meta_version_state is = meta_version_at(setting, today, &v);
    struct str why = str_of(whys[is]);
    enum state state = state_of(why);
    l->counts[state]++;
    json_obj(j);
    json_key(j, "id"), json_str(j, S("meta.version"));
    json_key(j, "kind"), json_str(j, S("api_version"));
    json_key(j, "name"), json_str(j, setting);
    json_key(j, "state"), json_str(j, str_of(states[state]));
    json_key(j, "why"), why.len ? json_str(j, why) : json_null(j);
    json_key(j, "detail");
    if (v && v->marketing_ends_on)
        json_str(j, str_of(v->marketing_ends_on));
    else
        json_null(j);
    json_key(j, "last_ok_at"), json_null(j);
    json_key(j, "since"), json_null(j);
    json_key(j, "expected_every_s"), json_null(j);
    json_key(j, "next_at"), json_null(j);
    json_key(j, "fix"), json_null(j);
    json_end(j);
}

enum err ops_sources(struct req *rq, struct resp *rs)
{
    static const struct query *const kinds[] = {
        &q_sources_connections, &q_sources_accounts, &q_sources_crm,
        &q_sources_hooks,       &q_sources_pages,    &q_sources_sites,
        &q_sources_links,       &q_sources_rates,    &q_sources_drift};
    enum err err;
    struct list l = {.rq = rq, .j = json_out_new(&rq->cx, 16384)};

    ops_args_fill(&l.args, rq);
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &l.tx));
    json_obj(l.j);
    json_key(l.j, "as_of"), json_int(l.j, now_ms(&rq->cx));
    json_key(l.j, "items"), json_arr(l.j);
    for (size_t i = 0; i < COUNT(kinds); i++)
        TRY(write_kind(&l, kinds[i]));
    write_version(&l);
    json_end(l.j);
    json_key(l.j, "counts"), json_obj(l.j);
    for (size_t i = 0; i < NSTATES; i++)
        json_key(l.j, states[i]), json_int(l.j, l.counts[i]);
    json_end(l.j);
    json_end(l.j);
    TRY(resp_json(rs, l.j));
out:
    tx_end(&l.tx);
    return err;
}
