/* freshness.c: last good word of each source, and the problems that follow. */
#include "metrics/freshness.h"
#include "base/calendar.h"
#include "core/version.h"
#include "metrics/freshness.sql.h"

enum {
    ADS_STALE_MS = 2 * 3600 * 1000 + 600000,
    CRM_SILENT_MS = 24 * 3600 * 1000,
    RATE_STALE_DAYS = 5
};

static enum err read_accounts(struct tx *tx, struct req *rq, struct freshness *f)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_freshness_accounts,
                 ARGS(a_str("today", f->today), SCOPE_ARGS(user_scope(rq->user))), &rows));
    if (rows_next(rows)) {
        f->accounts = col_int(rows, "n");
        f->synced_at = col_int(rows, "synced_at");
        f->failed = col_int(rows, "failed");
        f->reconnect = col_int(rows, "reconnect");
        f->unbound = col_int(rows, "unbound");
        f->dead_name = col_str(rows, "dead_name");
        f->failed_name = col_str(rows, "failed_name");
        f->unbound_name = col_str(rows, "unbound_name");
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err freshness_read(struct tx *tx, struct req *rq, struct freshness *f)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;

    *f = (struct freshness){.as_of = now_ms(&rq->cx), .is_admin = rq->user->role == ROLE_ADMIN};
    f->today = day_at(rq->cx.arena, rq->app->zone, f->as_of);
    TRY(version_read(tx, &f->data_version));
    TRY(read_accounts(tx, rq, f));
    TRY(db_get_int(tx, &q_freshness_inbox, ARGS(a_str("source", S("amocrm"))), &f->heard_at,
                   &found));
    TRY(db_query(tx, &q_freshness_rates, ARGS(a_str("today", f->today)), &rows));
    if (rows_next(rows))
        f->rate_day = col_str(rows, "day");
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static void write_source(struct json_out *j, const char *name, const char *state, int64_t at)
{
    json_obj(j);
    json_key(j, "source"), json_str(j, str_of(name));
    json_key(j, "state"), json_str(j, str_of(state));
    json_key(j, "last_ok_at"), at ? json_int(j, at) : json_null(j);
    json_key(j, "error"), json_null(j);
    json_end(j);
}

static const char *ads_state(const struct freshness *f)
{
    if (!f->synced_at)
        return f->failed || f->reconnect ? "failed" : "never";
    if (f->failed || f->reconnect)
        return "failed";
    return f->as_of - f->synced_at > ADS_STALE_MS ? "stale" : "fresh";
}

static const char *crm_state(const struct freshness *f)
{
    if (!f->heard_at)
        return "never";
    return f->as_of - f->heard_at > CRM_SILENT_MS ? "stale" : "fresh";
}

static bool rates_are_old(const struct freshness *f)
{
    return f->rate_day.len && day_diff(f->rate_day, f->today) > RATE_STALE_DAYS;
}

static int64_t day_start(struct str day)
{
    struct date date;

    return day_parse(day, &date) ? day_number(date) * 86400000 : 0;
}

static void write_problem(struct json_out *j, const char *code, struct str subject, int64_t n,
                          int64_t since)
{
    json_obj(j);
    json_key(j, "code"), json_str(j, str_of(code));
    json_key(j, "subject"), json_str(j, subject);
    json_key(j, "count"), json_int(j, n);
    json_key(j, "since"), since ? json_int(j, since) : json_null(j);
    json_end(j);
}

static void write_problems(struct json_out *j, const struct freshness *f)
{
    if (f->reconnect)
        write_problem(j, "token_dead", f->dead_name, f->reconnect, f->synced_at);
    if (f->failed)
        write_problem(j, "sync_failed", f->failed_name, f->failed, f->synced_at);
    if (f->heard_at && f->as_of - f->heard_at > CRM_SILENT_MS)
        write_problem(j, "webhook_silent", S("amoCRM"), 1, f->heard_at);
    if (f->accounts && (!f->rate_day.len || rates_are_old(f)))
        write_problem(j, "rate_missing", S("USD"), 1, day_start(f->rate_day));
    if (f->unbound && f->is_admin)
        write_problem(j, "unbound_accounts", f->unbound_name, f->unbound, 0);
}

void freshness_write(struct json_out *j, const struct freshness *f)
{
    json_obj(j);
    json_key(j, "as_of"), json_int(j, f->as_of);
    json_key(j, "data_version"), json_int(j, f->data_version);
    json_key(j, "sources"), json_arr(j);
    write_source(j, "meta", ads_state(f), f->synced_at);
    write_source(j, "amocrm", crm_state(f), f->heard_at);
    write_source(j, "rates",
                 !f->rate_day.len   ? "never"
                 : rates_are_old(f) ? "stale"
                                    : "fresh",
                 day_start(f->rate_day));
    json_end(j);
    json_key(j, "problems"), json_arr(j);
    write_problems(j, f);
    json_end(j);
    json_end(j);
}
