/* ads_parts.c: placements and devices of ads' days, stored with versions. */
#include "ads/ads_parts.h"
#include "ads/breakdown.sql.h"
#include "base/calendar.h"
#include "core/version.h"

struct part {
    struct net_row row; /* day, value and numbers */
    int64_t ad_id, version, raw_id;
    bool is_seen;
};
struct parts { /* one call of parts_apply */
    struct tx *tx;
    const struct part_apply *what;
    const struct fact_window *w;
    VEC(struct part) known;
    struct map by_key, versions;
    int64_t *day_rows;
    int64_t at, written;
};

static struct str key_of(struct arena *a, struct str day, int64_t ad_id, struct str value)
{
    return arena_fmt(a, "%.*s|%lld|%.*s", STR_FMT(day), (long long)ad_id, STR_FMT(value));
}

static struct part part_of(struct rows *rows)
{
    return (struct part){
        .row = {.day = col_str(rows, "day"),
                .value = col_str(rows, "value"),
                .spend_micros = col_int(rows, "spend_micros"),
                .impressions = col_int(rows, "impressions"),
                .clicks = col_int(rows, "clicks"),
                .link_clicks = col_int(rows, "link_clicks"),
                .reach = {!col_is_null(rows, "reach"), col_int(rows, "reach")},
                .leads = col_int(rows, "leads"),
                .purchases = col_int(rows, "purchases"),
                .purchase_micros = col_int(rows, "purchase_micros")},
        .ad_id = col_int(rows, "ad_id"),
        .version = col_int(rows, "version")
    };
}

static enum err load_known(struct parts *p)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(p->tx)->arena;
    struct arg window[] = {a_int("account_id", p->w->account->id),
                           a_str("kind", str_of(p->what->kind)), a_str("from_day", p->w->from),
                           a_str("to_day", p->w->to)};

    TRY(db_query(p->tx, &q_breakdown_of_days, window, COUNT(window), &rows));
    while (rows_next(rows)) {
        struct part one = part_of(rows);
        map_put(arena, &p->by_key, key_of(arena, one.row.day, one.ad_id, one.row.value),
                (int64_t)p->known.n);
        *vec_add(arena, &p->known) = one;
    }
    TRY(rows_end(&rows));
    TRY(db_query(p->tx, &q_breakdown_versions, window, COUNT(window), &rows));
    while (rows_next(rows))
        map_put(arena, &p->versions,
                key_of(arena, col_str(rows, "day"), col_int(rows, "ad_id"), col_str(rows, "value")),
                col_int(rows, "version"));
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static bool is_same(const struct net_row *a, const struct net_row *b)
{
    return a->spend_micros == b->spend_micros && a->impressions == b->impressions &&
           a->clicks == b->clicks && a->link_clicks == b->link_clicks &&
           a->reach.known == b->reach.known && (!a->reach.known || a->reach.v == b->reach.v) &&
           a->leads == b->leads && a->purchases == b->purchases &&
           a->purchase_micros == b->purchase_micros;
}

static enum err put_away(struct parts *p, const struct part *one)
{
    enum err err;
    struct arg key[] = {a_int("account_id", p->w->account->id), a_str("day", one->row.day),
                        a_str("kind", str_of(p->what->kind)),   a_int("ad_id", one->ad_id),
                        a_str("value", one->row.value),         a_int("at", p->at)};

    TRY(db_exec(p->tx, &q_breakdown_keep_version, key, COUNT(key), NULL));
    TRY(db_exec(p->tx, &q_breakdown_delete, key, COUNT(key) - 1, NULL));
out:
    return err;
}

static enum err insert(struct parts *p, const struct part *one)
{
    const struct net_row *r = &one->row;

    p->written++;
    return db_exec(p->tx, &q_breakdown_insert,
                   ARGS(a_int("account_id", p->w->account->id), a_str("day", r->day),
                        a_str("kind", str_of(p->what->kind)), a_int("ad_id", one->ad_id),
                        a_str("value", r->value), a_int("spend_micros", r->spend_micros),
                        a_int("impressions", r->impressions), a_int("clicks", r->clicks),
                        a_int("link_clicks", r->link_clicks),
                        r->reach.known ? a_int("reach", r->reach.v) : a_null("reach"),
                        a_int("leads", r->leads), a_int("purchases", r->purchases),
                        a_int("purchase_micros", r->purchase_micros),
                        a_int("version", one->version), a_id("raw_id", one->raw_id),
                        a_int("at", p->at)),
                   NULL);
}

static enum err apply_row(struct parts *p, const struct fact_row *given)
{
    enum err err;
    struct arena *arena = tx_ctx(p->tx)->arena;
    struct part one = {.row = given->row, .version = 1, .is_seen = true}, *old;
    struct str key;
    int64_t i;

    if (!one.row.value.len)
        one.row.value = S("unknown");
    TRY(entity_of_row(p->tx, p->what->maps, &given->row, &one.ad_id));
    key = key_of(arena, one.row.day, one.ad_id, one.row.value);
    if (map_get(&p->by_key, key, &i)) {
        old = &p->known.at[i];
        if (old->is_seen)
            return OK;
        old->is_seen = true;
        p->day_rows[day_diff(p->w->from, one.row.day)]++;
        if (is_same(&old->row, &one.row))
            return OK;
        one.version = old->version + 1;
        TRY(put_away(p, old));
    } else {
        if (map_get(&p->versions, key, &i))
            one.version = i + 1;
        map_put(arena, &p->by_key, key, (int64_t)p->known.n);
        *vec_add(arena, &p->known) = one;
        p->day_rows[day_diff(p->w->from, one.row.day)]++;
    }
    TRY(raw_keep(p->tx, &(struct raw_of){p->w->account->id, "breakdown"}, given->page,
                 &one.raw_id));
    TRY(insert(p, &one));
out:
    return err;
}

static enum err note_days(struct tx *tx, const struct part_apply *what, const int64_t *day_rows,
                          struct str error)
{
    struct arena *arena = tx_ctx(tx)->arena;
    int64_t days = day_diff(what->window.from, what->window.to);

    for (int64_t i = 0; i <= days; i++) {
        enum err err = db_exec(tx, &q_breakdown_slice_put,
                               ARGS(a_int("account_id", what->window.account->id),
                                    a_str("day", day_add(arena, what->window.from, i)),
                                    a_str("kind", str_of(what->kind)),
                                    a_str("state", error.len ? S("failed") : S("ok")),
                                    a_int("n_rows", day_rows ? day_rows[i] : 0),
                                    a_int("at", now_ms(tx_ctx(tx))), a_opt("error", error)),
                               NULL);
        if (err)
            return err;
    }
    return OK;
}

enum err parts_apply(struct tx *tx, const struct part_apply *what, int64_t *written)
{
    enum err err;
    struct parts p = {.tx = tx, .what = what, .w = &what->window, .at = now_ms(tx_ctx(tx))};
    size_t days = (size_t)day_diff(p.w->from, p.w->to) + 1;

    p.day_rows = arena_alloc(tx_ctx(tx)->arena, days * sizeof *p.day_rows, _Alignof(int64_t));
    TRY(load_known(&p));
    for (size_t i = 0; i < what->rows->n; i++) {
        struct str day = what->rows->at[i].row.day;
        if (day_diff(p.w->from, day) < 0 || day_diff(day, p.w->to) < 0)
            TRY(tx_fail(tx, ERR_UPSTREAM,
                        "the platform answered for a day that was not asked for"));
        TRY(apply_row(&p, &what->rows->at[i]));
    }
    for (size_t i = 0; i < p.known.n; i++) {
        if (p.known.at[i].is_seen)
            continue;
        TRY(put_away(&p, &p.known.at[i]));
        p.written++;
    }
    TRY(note_days(tx, what, p.day_rows, (struct str){0}));
    if (p.written)
        TRY(version_bump(tx));
    *written += p.written;
out:
    return err;
}

enum err parts_note_failure(struct tx *tx, const struct part_apply *what, struct str error)
{
    return note_days(tx, what, NULL, error);
}
