/* audit.c: the chain. Each row's hash is keyed and covers the hash before it, so that a row that
 * was changed, taken out or moved shows, and nobody without the key can mend the chain. */
#include "core/audit.h"
#include "base/log.h"
#include "core/audit.sql.h"

#include <string.h>

enum { LONGEST_ACTOR = 254, SCRATCH = 8 << 20 };

struct link { /* what a hash covers */
    struct str before_hash;
    int64_t at, user_id, entity_id;
    struct str actor, action, entity, before, after, request_id;
};

/* Every text goes in with its length, so that no two rows read the same. */
static void link_hash(struct arena *a, const unsigned char key[CRYPTO_KEY], const struct link *l,
                      unsigned char out[CRYPTO_HASH])
{
    struct str text =
        arena_fmt(a, "%lld|%lld|%lld|%zu:%.*s|%zu:%.*s|%zu:%.*s|%zu:%.*s|%zu:%.*s|%zu:%.*s",
                  (long long)l->at, (long long)l->user_id, (long long)l->entity_id, l->actor.len,
                  STR_FMT(l->actor), l->action.len, STR_FMT(l->action), l->entity.len,
                  STR_FMT(l->entity), l->before.len, STR_FMT(l->before), l->after.len,
                  STR_FMT(l->after), l->request_id.len, STR_FMT(l->request_id));
    char *message = arena_alloc(a, l->before_hash.len + text.len, 1);

    if (l->before_hash.len)
        memcpy(message, l->before_hash.ptr, l->before_hash.len);
    memcpy(message + l->before_hash.len, text.ptr, text.len);
    hash_blake2b((struct str){(const char *)key, CRYPTO_KEY},
                 (struct str){message, l->before_hash.len + text.len}, out);
}

static enum err last_hash(struct tx *tx, struct str *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = S("");
    TRY(db_query(tx, &q_audit_last_hash, NO_ARGS, &rows));
    while (rows_next(rows))
        *out = col_str(rows, "hash");
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static struct str actor_of(const struct audit_entry *e)
{
    struct str actor = e->actor.len ? e->actor : e->user ? e->user->email : S("system");

    if (actor.len > LONGEST_ACTOR)
        actor.len = LONGEST_ACTOR;
    return actor;
}

enum err audit_write(struct tx *tx, const struct app *app, const struct audit_entry *e)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    unsigned char hash[CRYPTO_HASH];
    struct link l = {.at = now_ms(tx_ctx(tx)),
                     .user_id = e->user ? e->user->id : 0,
                     .entity_id = e->entity_id,
                     .actor = actor_of(e),
                     .action = str_of(e->action),
                     .entity = str_of(e->entity),
                     .before = e->before,
                     .after = e->after,
                     .request_id = e->request_id};

    TRY(last_hash(tx, &l.before_hash));
    link_hash(a, app->audit_key, &l, hash);
    TRY(db_exec(tx, &q_audit_insert,
                ARGS(a_int("at", l.at), a_id("user_id", l.user_id), a_str("actor", l.actor),
                     a_str("action", l.action), a_str("entity", l.entity),
                     a_id("entity_id", l.entity_id), a_opt("before", l.before),
                     a_opt("after", l.after), a_str("request_id", l.request_id),
                     a_blob("hash", (struct str){(const char *)hash, sizeof hash})),
                NULL));
out:
    return err;
}

struct walk {
    const struct app *app;
    int64_t last_id, rows;
    unsigned char hash[CRYPTO_HASH]; /* of the row before */
    size_t hash_len;                 /* 0 before the first row */
};

static enum err check_row(struct tx *tx, struct walk *w, struct rows *r)
{
    struct link l = {
        .before_hash = {(const char *)w->hash, w->hash_len},
        .at = col_int(r, "at"),
        .user_id = col_int(r, "user_id"),
        .entity_id = col_int(r, "entity_id"),
        .actor = col_str(r, "actor"),
        .action = col_str(r, "action"),
        .entity = col_str(r, "entity"),
        .before = col_str(r, "before"),
        .after = col_str(r, "after"),
        .request_id = col_str(r, "request_id")
    };
    struct str stored = col_str(r, "hash");
    unsigned char hash[CRYPTO_HASH];

    w->last_id = col_int(r, "id");
    link_hash(tx_ctx(tx)->arena, w->app->audit_key, &l, hash);
    if (!crypto_same(stored, (struct str){(const char *)hash, sizeof hash}))
        return tx_fail(tx, ERR_CONFLICT,
                       "audit row %lld does not fit the chain: it, or the row before it, was "
                       "changed, moved or taken out",
                       (long long)w->last_id);
    memcpy(w->hash, hash, sizeof hash);
    w->hash_len = sizeof hash;
    w->rows++;
    return OK;
}

static enum err check_page(struct tx *tx, struct walk *w, bool *more)
{
    enum err err;
    struct rows *rows = NULL;

    *more = false;
    TRY(db_query(tx, &q_audit_page, ARGS(a_int("after_id", w->last_id)), &rows));
    while (rows_next(rows)) {
        *more = true;
        TRY(check_row(tx, w, rows));
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err audit_verify(struct tx *tx, const struct app *app, int64_t *rows)
{
    enum err err = OK;
    struct ctx *cx = tx_ctx(tx);
    struct arena *callers = cx->arena;
    struct walk w = {.app = app, .last_id = INT64_MIN};

    /* The log may be far larger than one request's memory: each page is forgotten after it. */
    cx->arena = arena_new(SCRATCH);
    for (bool more = true; more;) {
        TRY(check_page(tx, &w, &more));
        arena_reset(cx->arena);
    }
out:
    *rows = w.rows;
    arena_free(&cx->arena);
    cx->arena = callers;
    return err;
}

static enum err verify_job(struct job_run *r)
{
    enum err err;
    struct tx *tx = NULL;
    struct str head;

    TRY(tx_begin(&r->cx, r->app->db, TX_READ, &tx));
    TRY(audit_verify(tx, r->app, &r->seen));
    TRY(last_hash(tx, &head));
    LOG(&r->cx, LOG_INFO, "audit.head", l_int("rows", r->seen),
        l_str("hash", hex_text(r->cx.arena, head)));
out:
    tx_end(&tx);
    return err;
}

const struct job audit_jobs[] = {
    {"audit.verify", "41 3 * * *", verify_job, 600, CATCHUP_ONCE},
};
const size_t audit_njobs = COUNT(audit_jobs);
