/* ads_facts.c: what an ad cost on a day, and what the network said before. */
#include "ads/ads_inside.h"
#include "ads/facts.sql.h"
#include "base/calendar.h"
#include "core/dirty.h"
#include "core/version.h"

struct fact {
    struct str day;
    int64_t ad_id;
    int64_t spend_micros, impressions, clicks, link_clicks;
    struct maybe_int reach;
    int64_t leads, purchases, purchase_micros, version, raw_id;
    bool is_seen; /* the network still has it */
};
struct known_facts {
    VEC(struct fact) list;
    struct map by_key;   /* "day/ad id" to index in list */
    struct map versions; /* "day/ad id" to the last version that was put away */
};

struct apply { /* one call of facts_apply */
    struct tx *tx;
    const struct fact_apply *what;
    const struct fact_window *w;
    int64_t residual_ad; /* 0 = there is none yet */
    struct known_facts known;
    int64_t *day_rows; /* rows per day of the window, for ad_sync_slice */
    struct map dirty;
    int64_t at, written;
};

static struct str key_of(struct arena *a, struct str day, int64_t ad_id)
{
    char *key = arena_alloc(a, 18, 1);

    /* Ten bytes of day and eight of id: built once per row, so without printf. */
    for (size_t i = 0; i < 10; i++)
        key[i] = day.ptr[i];
    for (size_t i = 0; i < 8; i++)
        key[10 + i] = (char)(unsigned char)((uint64_t)ad_id >> (8 * i));
    return (struct str){key, 18};
}

struct str residual_id(struct arena *a, const struct account *account)
{
    return arena_fmt(a, RESIDUAL_PREFIX "%.*s", STR_FMT(account->external_id));
}

/* Whether a stored fact is of the part that this call is about. */
static bool is_concerned(const struct apply *ap, int64_t ad_id)
{
    bool is_residual = ap->residual_ad && ad_id == ap->residual_ad;

    return ap->what->part == FACTS_GIVEN || is_residual == (ap->what->part == FACTS_OF_RESIDUAL);
}

static enum err load_known(struct apply *ap)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *arena = tx_ctx(ap->tx)->arena;
    struct arg window[] = {a_int("account_id", ap->w->account->id), a_str("from_day", ap->w->from),
                           a_str("to_day", ap->w->to)};

    TRY(db_query(ap->tx, &q_facts_of_days, window, COUNT(window), &rows));
    while (rows_next(rows)) {
        struct fact f = {
            .day = col_str(rows, "day"),
            .ad_id = col_int(rows, "ad_id"),
            .spend_micros = col_int(rows, "spend_micros"),
            .impressions = col_int(rows, "impressions"),
            .clicks = col_int(rows, "clicks"),
            .link_clicks = col_int(rows, "link_clicks"),
            .reach = {!col_is_null(rows, "reach"), col_int(rows, "reach")},
            .leads = col_int(rows, "leads"),
            .purchases = col_int(rows, "purchases"),
            .purchase_micros = col_int(rows, "purchase_micros"),
            .version = col_int(rows, "version")
        };
        if (!is_concerned(ap, f.ad_id))
            continue;
        map_put(arena, &ap->known.by_key, key_of(arena, f.day, f.ad_id), (int64_t)ap->known.list.n);
        *vec_add(arena, &ap->known.list) = f;
    }
    TRY(rows_end(&rows));
    TRY(db_query(ap->tx, &q_facts_versions_of_days, window, COUNT(window), &rows));
    while (rows_next(rows))
        map_put(arena, &ap->known.versions,
                key_of(arena, col_str(rows, "day"), col_int(rows, "ad_id")),
                col_int(rows, "version"));
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static bool is_same(const struct fact *a, const struct fact *b)
{
    return a->spend_micros == b->spend_micros && a->impressions == b->impressions &&
           a->clicks == b->clicks && a->link_clicks == b->link_clicks &&
           a->reach.known == b->reach.known && (!a->reach.known || a->reach.v == b->reach.v) &&
           a->leads == b->leads && a->purchases == b->purchases &&
           a->purchase_micros == b->purchase_micros;
}

static enum err insert_fact(struct apply *ap, const struct fact *f)
{
    return db_exec(ap->tx, &q_facts_insert,
                   ARGS(a_int("account_id", ap->w->account->id), a_str("day", f->day),
                        a_int("ad_id", f->ad_id), a_int("spend_micros", f->spend_micros),
                        a_int("impressions", f->impressions), a_int("clicks", f->clicks),
                        a_int("link_clicks", f->link_clicks),
                        f->reach.known ? a_int("reach", f->reach.v) : a_null("reach"),
                        a_int("leads", f->leads), a_int("purchases", f->purchases),
                        a_int("purchase_micros", f->purchase_micros), a_int("version", f->version),
                        a_id("raw_id", f->raw_id), a_int("at", ap->at)),
                   NULL);
}

/* The row as it was becomes a version and makes room. */
static enum err put_away(struct apply *ap, const struct fact *f)
{
    enum err err;
    struct arg account = a_int("account_id", ap->w->account->id);

    TRY(db_exec(ap->tx, &q_facts_keep_version,
                ARGS(account, a_str("day", f->day), a_int("ad_id", f->ad_id), a_int("at", ap->at)),
                NULL));
    TRY(db_exec(ap->tx, &q_facts_delete,
                ARGS(account, a_str("day", f->day), a_int("ad_id", f->ad_id)), NULL));
out:
    return err;
}

static void mark(struct apply *ap, struct str day)
{
    map_put(tx_ctx(ap->tx)->arena, &ap->dirty, day, 1);
    ap->written++;
}

static struct fact fact_of(const struct net_row *row)
{
    return (struct fact){.day = row->day,
                         .spend_micros = row->spend_micros,
                         .impressions = row->impressions,
                         .clicks = row->clicks,
                         .link_clicks = row->link_clicks,
                         .reach = row->reach,
                         .leads = row->leads,
                         .purchases = row->purchases,
                         .purchase_micros = row->purchase_micros,
                         .version = 1};
}

static enum err apply_row(struct apply *ap, const struct fact_row *given)
{
    enum err err;
    struct arena *arena = tx_ctx(ap->tx)->arena;
    struct fact f = fact_of(&given->row), *old;
    const char *kind = ap->what->part == FACTS_OF_RESIDUAL ? "totals"
                       : ap->what->part == FACTS_GIVEN     ? "file"
                                                           : "insights";
    struct str key;
    int64_t i;

    TRY(entity_of_row(ap->tx, ap->what->maps, &given->row, &f.ad_id));
    key = key_of(arena, f.day, f.ad_id);
    if (map_get(&ap->known.by_key, key, &i)) {
        old = &ap->known.list.at[i];
        if (old->is_seen) /* the same ad and day twice in one answer: the first one
                             stands */
            return OK;
        old->is_seen = true;
        ap->day_rows[day_diff(ap->w->from, f.day)]++;
        if (is_same(old, &f))
            return OK;
        f.version = old->version + 1;
        TRY(put_away(ap, old));
    } else {
        if (map_get(&ap->known.versions, key, &i))
            f.version = i + 1;
        f.is_seen = true;
        map_put(arena, &ap->known.by_key, key, (int64_t)ap->known.list.n);
        *vec_add(arena, &ap->known.list) = f;
        ap->day_rows[day_diff(ap->w->from, f.day)]++;
    }
    TRY(raw_keep(ap->tx, &(struct raw_of){ap->w->account->id, kind}, given->page, &f.raw_id));
    TRY(insert_fact(ap, &f));
    mark(ap, f.day);
out:
    return err;
}

static enum err note_day(struct apply *ap, struct str day, int64_t n_rows)
{
    return db_exec(ap->tx, &q_facts_slice_put,
                   ARGS(a_int("account_id", ap->w->account->id), a_str("day", day),
                        a_str("state", S("ok")), a_int("n_rows", n_rows), a_int("at", ap->at),
                        a_null("error")),
                   NULL);
}

static enum err finish_days(struct apply *ap)
{
    struct arena *arena = tx_ctx(ap->tx)->arena;
    int64_t days = day_diff(ap->w->from, ap->w->to);

    for (int64_t i = 0; i <= days; i++) {
        struct str day = day_add(arena, ap->w->from, i);
        int64_t is_dirty;
        enum err err = OK;
        if (ap->what->part == FACTS_OF_ADS)
            err = note_day(ap, day, ap->day_rows[i]);
        else if (ap->what->part == FACTS_GIVEN) /* a file's row; the day has others beside it */
            err = note_day(ap, day, (int64_t)ap->known.list.n);
        if (!err && map_get(&ap->dirty, day, &is_dirty))
            err = dirty_day(ap->tx, day);
        if (err)
            return err;
    }
    return OK;
}

static bool is_in_window(const struct fact_window *w, struct str day)
{
    struct date date;

    return day_parse(day, &date) && day_diff(w->from, day) >= 0 && day_diff(day, w->to) >= 0;
}

/* What the network no longer has, or a file no longer names within its part. */
static enum err put_away_vanished(struct apply *ap)
{
    if (ap->what->part == FACTS_GIVEN)
        return OK;
    for (size_t i = 0; i < ap->known.list.n; i++) {
        enum err err;
        if (ap->known.list.at[i].is_seen)
            continue;
        err = put_away(ap, &ap->known.list.at[i]);
        if (err)
            return err;
        mark(ap, ap->known.list.at[i].day);
    }
    return OK;
}

enum err facts_apply(struct tx *tx, const struct fact_apply *what, int64_t *written)
{
    enum err err;
    struct arena *arena = tx_ctx(tx)->arena;
    struct apply ap = {.tx = tx, .what = what, .w = &what->window, .at = now_ms(tx_ctx(tx))};
    size_t days = (size_t)day_diff(ap.w->from, ap.w->to) + 1;

    if (!map_get(&what->maps->ads, residual_id(arena, ap.w->account), &ap.residual_ad))
        ap.residual_ad = 0;
    ap.day_rows = arena_alloc(arena, days * sizeof *ap.day_rows, _Alignof(int64_t));
    TRY(load_known(&ap));
    for (size_t i = 0; i < what->rows->n; i++) {
        if (!is_in_window(ap.w, what->rows->at[i].row.day))
            TRY(tx_fail(tx, ERR_UPSTREAM,
                        "the platform answered for a day that was not asked for"));
        TRY(apply_row(&ap, &what->rows->at[i]));
    }
    TRY(put_away_vanished(&ap));
    TRY(finish_days(&ap));
    if (ap.written)
        TRY(version_bump(tx));
    *written += ap.written;
out:
    return err;
}

enum err facts_note_failure(struct tx *tx, const struct fact_window *w, struct str error)
{
    struct arena *arena = tx_ctx(tx)->arena;
    int64_t days = day_diff(w->from, w->to);

    for (int64_t i = 0; i <= days; i++) {
        enum err err = db_exec(tx, &q_facts_slice_put,
                               ARGS(a_int("account_id", w->account->id),
                                    a_str("day", day_add(arena, w->from, i)),
                                    a_str("state", S("failed")), a_int("n_rows", 0),
                                    a_int("at", now_ms(tx_ctx(tx))), a_str("error", error)),
                               NULL);
        if (err)
            return err;
    }
    return OK;
}
