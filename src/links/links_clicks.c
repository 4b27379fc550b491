/* links_clicks.c: clicks into rows. Who was here before today is known by a hash whose key is
 * forgotten after two days, so that nobody can be followed for longer. */
#include "links/clicks.sql.h"
#include "links/links_inside.h"

enum { SALT_BYTES = 32, VISITOR_BYTES = 16, SALT_DAYS = 2 };

struct salted { /* the day in hand and its salt */
    struct str day, salt;
};

static enum err find_salt(struct tx *tx, const struct app *app, struct salted *s)
{
    enum err err;
    struct rows *rows = NULL;
    unsigned char fresh[SALT_BYTES];

    app->random->fill(app->random->self, fresh, sizeof fresh);
    TRY(db_exec(
        tx, &q_clicks_salt_put,
        ARGS(a_str("day", s->day), a_blob("salt", (struct str){(const char *)fresh, sizeof fresh})),
        NULL));
    TRY(db_query(tx, &q_clicks_salt, ARGS(a_str("day", s->day)), &rows));
    while (rows_next(rows))
        s->salt = col_str(rows, "salt");
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* Somebody's browser that looked ahead has not been here yet as a person. */
static enum err note_visitor(struct tx *tx, const struct salted *s, const struct click *c,
                             bool *is_first)
{
    enum err err;
    unsigned char hash[CRYPTO_HASH];
    struct str who = arena_fmt(tx_ctx(tx)->arena, "%s|%.*s|%.*s", click_class_name(c->class),
                               STR_FMT(c->prefix), STR_FMT(c->agent));
    int64_t changed = 0;

    hash_blake2b(s->salt, who, hash);
    TRY(db_exec(tx, &q_clicks_visitor_put,
                ARGS(a_int("link_id", c->link_id), a_str("day", s->day),
                     a_blob("visitor", (struct str){(const char *)hash, VISITOR_BYTES})),
                &changed));
    *is_first = changed > 0;
out:
    return err;
}

static enum err store_one(struct tx *tx, const struct salted *s, const struct click *c)
{
    enum err err;
    struct str class = str_of(click_class_name(c->class));
    bool is_first = false;

    TRY(note_visitor(tx, s, c, &is_first));
    TRY(db_exec(tx, &q_clicks_put,
                ARGS(a_int("link_id", c->link_id), a_int("at", c->at), a_str("day", s->day),
                     a_str("class", class), a_int("is_first", is_first),
                     a_str("ip_prefix", c->prefix), a_str("agent", c->agent),
                     a_opt("referrer_host", c->host)),
                NULL));
    TRY(db_exec(tx, &q_clicks_day_put,
                ARGS(a_int("link_id", c->link_id), a_str("day", s->day), a_str("class", class),
                     a_int("is_first", is_first)),
                NULL));
out:
    return err;
}

enum err clicks_store(struct ctx *cx, struct app *app, const struct click_list *list)
{
    enum err err;
    struct tx *tx = NULL;
    struct salted s = {0};

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < list->n; i++) {
        struct str day = day_at(cx->arena, app->zone, list->at[i].at);
        if (!str_eq(day, s.day)) {
            s.day = day;
            TRY(find_salt(tx, app, &s));
        }
        TRY(store_one(tx, &s, &list->at[i]));
    }
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err sweep(struct job_run *r)
{
    enum err err;
    struct tx *tx = NULL;
    struct arena *a = r->cx.arena;
    struct str day = day_add(a, day_at(a, r->app->zone, now_ms(&r->cx)), -SALT_DAYS);

    TRY(tx_begin(&r->cx, r->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_clicks_salts_sweep, ARGS(a_str("day", day)), &r->written));
    TRY(db_exec(tx, &q_clicks_visitors_sweep, ARGS(a_str("day", day)), &r->seen));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

const struct job links_jobs[] = {
    {"links.sweep", "25 3 * * *", sweep, 300, CATCHUP_ONCE},
};
const size_t links_njobs = COUNT(links_jobs);
