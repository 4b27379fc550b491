/* leads_store.c: rows in, rows out. */
#include "base/calendar.h"
#include "core/dirty.h"
#include "leads/leads.sql.h"
#include "leads/leads_inside.h"

struct utm utm_of_row(struct rows *rows)
{
    return (struct utm){col_str(rows, "utm_source"), col_str(rows, "utm_medium"),
                        col_str(rows, "utm_campaign"), col_str(rows, "utm_content"),
                        col_str(rows, "utm_term")};
}

struct days {
    struct str own, counted; /* of the lead, and of the one that it repeats; empty = none */
};

static enum err read_days(struct tx *tx, const struct query *q, const struct arg *args, size_t n,
                          struct days *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = (struct days){0};
    TRY(db_query(tx, q, args, n, &rows));
    if (rows_next(rows))
        *out = (struct days){col_str(rows, "day"), col_str(rows, "counted_day")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* A lead that moves to another day leaves the old one wrong; and the lead that it repeats shows the
 * product of its sale. */
static enum err mark_old_days(struct tx *tx, const struct lead_new *l)
{
    enum err err;
    struct days days;

    TRY(read_days(tx, &q_leads_find,
                  ARGS(a_str("source_kind", l->source_kind), a_str("external_id", l->external_id)),
                  &days));
    if (days.own.len && !str_eq(days.own, l->day))
        TRY(dirty_day(tx, days.own));
    if (days.counted.len)
        TRY(dirty_day(tx, days.counted));
out:
    return err;
}

enum err lead_deal_changed(struct tx *tx, int64_t lead_id)
{
    enum err err;
    struct days days;

    TRY(read_days(tx, &q_leads_days, ARGS(a_int("id", lead_id)), &days));
    if (days.own.len)
        TRY(dirty_day(tx, days.own));
    if (days.counted.len)
        TRY(dirty_day(tx, days.counted));
out:
    return err;
}

enum err lead_put(struct tx *tx, const struct lead_new *l, int64_t *id)
{
    enum err err;

    TRY(mark_old_days(tx, l));
    TRY(db_get_int(tx, &q_leads_put,
                   ARGS(a_str("source_kind", l->source_kind), a_str("external_id", l->external_id),
                        a_int("created_at", l->created_at), a_str("day", l->day),
                        a_int("learned_at", l->learned_at), UTM_ARGS(l->utm),
                        a_id("inbox_id", l->inbox_id), a_id("site_id", l->site_id),
                        a_opt("ad_external_id", l->ad_external_id),
                        a_opt("campaign_external_id", l->campaign_external_id),
                        a_opt("form_id", l->form_id), a_opt("name", l->name),
                        a_opt("phone_tail", l->phone_tail), a_int("is_whole", l->is_whole)),
                   id, NULL));
    TRY(dirty_day(tx, l->day));
out:
    return err;
}

enum err lead_find(struct tx *tx, struct str source_kind, struct str external_id,
                   struct lead_known *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = (struct lead_known){0};
    TRY(db_query(tx, &q_leads_known_since,
                 ARGS(a_str("source_kind", source_kind), a_str("external_id", external_id)),
                 &rows));
    if (rows_next(rows))
        *out = (struct lead_known){col_int(rows, "id"), col_int(rows, "created_at"),
                                   col_int(rows, "learned_at"), col_int(rows, "inbox_id"),
                                   utm_of_row(rows)};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

bool lead_is_older(const struct lead_known *l, const struct inbox_event *e)
{
    return l->id && (l->learned_at < e->received_at ||
                     (l->learned_at == e->received_at && l->inbox_id < e->id));
}

enum err lead_fill(struct tx *tx, int64_t id, struct str ad_external_id, struct str form_id)
{
    return db_exec(
        tx, &q_leads_fill,
        ARGS(a_int("id", id), a_opt("ad_external_id", ad_external_id), a_opt("form_id", form_id)),
        NULL);
}

/* A deal is known as "<account>/<deal>" here and by its own id to everybody else. */
static struct str last_part(struct str id)
{
    struct str rest = id, part = id;

    while (str_cut(&rest, '/', &part))
        continue;
    return part;
}

enum err lead_identify(struct tx *tx, struct app *app, int64_t lead_id,
                       const struct lead_keys *said)
{
    enum err err;
    struct rows *rows = NULL;
    struct lead_keys own = {0};
    struct identity_keys keys = {0};
    struct arena *a = tx_ctx(tx)->arena;

    TRY(db_query(tx, &q_leads_own_id, ARGS(a_int("id", lead_id)), &rows));
    if (rows_next(rows)) {
        struct str kind = col_str(rows, "source_kind"), id = col_str(rows, "external_id");
        if (str_eq(kind, S("crm")))
            own.deal_id = last_part(id);
        else if (str_eq(kind, S("lead_ad")))
            own.leadgen_id = id;
    }
    TRY(rows_end(&rows));
    identity_keys_of(a, app, said, &keys);
    identity_keys_of(a, app, &own, &keys);
    if (keys.n)
        TRY(person_join(tx, app, &(struct identity_subject){"lead", lead_id}, &keys));
out:
    rows_drop(&rows);
    return err;
}

enum err lead_touch_put(struct tx *tx, int64_t lead_id, const struct lead_touch *t)
{
    return db_exec(tx, &q_leads_touch_put,
                   ARGS(a_int("lead_id", lead_id),
                        a_str("position", t->is_first ? S("first") : S("last")), a_int("at", t->at),
                        UTM_ARGS(t->utm), a_opt("click_kind", t->click_kind),
                        a_opt("click_id", t->click_id), a_opt("referrer", t->referrer),
                        a_opt("landing", t->landing)),
                   NULL);
}

enum err lead_stages_put(struct tx *tx, struct app *app, int64_t lead_id,
                         const struct lead_stage *stages, size_t n)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;

    TRY(db_exec(tx, &q_leads_crm_stages_forget, ARGS(a_int("lead_id", lead_id)), NULL));
    for (size_t i = 0; i < n; i++) {
        const struct lead_stage *s = &stages[i];
        TRY(db_exec(
            tx, &q_leads_crm_stage_put,
            ARGS(a_int("lead_id", lead_id), a_str("stage", s->stage), a_int("at", s->at),
                 a_str("day", day_at(a, app->zone, s->at)), a_int("learned_at", s->learned_at),
                 a_str("tail", arena_fmt(a, "%lld/%.*s", (long long)s->at, STR_FMT(s->stage))),
                 a_id("inbox_id", s->inbox_id)),
            NULL));
    }
out:
    return err;
}
