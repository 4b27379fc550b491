/* crm_meta.c: the CRM's own words: pipelines, statuses, users and fields of deals. */
#include "core/version.h"
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"

struct meta_read { /* all that was read, before any of it is stored */
    struct arena *arena;
    struct amo_account account;
    VEC(struct amo_pipeline) pipelines;
    VEC(struct amo_user) users;
    VEC(struct amo_lead_field) fields;
};

/* ---- reading: a page's memory goes, so what stays is copied ---- */

static struct amo_pipeline copy_pipeline(struct arena *a, const struct amo_pipeline *p)
{
    struct amo_pipeline copy = *p;
    VEC(struct amo_status) statuses = {0};

    copy.id = arena_str(a, p->id);
    copy.name = arena_str(a, p->name);
    for (size_t i = 0; i < p->nstatuses; i++)
        *vec_add(a, &statuses) =
            (struct amo_status){arena_str(a, p->statuses[i].id), arena_str(a, p->statuses[i].name),
                                p->statuses[i].sort};
    copy.statuses = statuses.at;
    copy.nstatuses = statuses.n;
    return copy;
}

static enum err take_pipelines(struct ctx *cx, const struct json_in *rows, void *self)
{
    struct meta_read *m = self;
    struct json_iter it = json_iter(rows);
    const struct json_in *row;
    enum err err = OK;

    while (!err && (row = json_next(&it, NULL)) != NULL) {
        struct amo_pipeline p;
        err = amo_pipeline_read(cx, row, &p);
        if (!err)
            *vec_add(m->arena, &m->pipelines) = copy_pipeline(m->arena, &p);
    }
    return err;
}

static enum err take_users(struct ctx *cx, const struct json_in *rows, void *self)
{
    struct meta_read *m = self;
    struct json_iter it = json_iter(rows);
    const struct json_in *row;
    enum err err = OK;

    while (!err && (row = json_next(&it, NULL)) != NULL) {
        struct amo_user u;
        err = amo_user_read(cx, row, &u);
        if (!err)
            *vec_add(m->arena, &m->users) =
                (struct amo_user){arena_str(m->arena, u.id), arena_str(m->arena, u.name)};
    }
    return err;
}

static enum err take_fields(struct ctx *cx, const struct json_in *rows, void *self)
{
    struct meta_read *m = self;
    struct json_iter it = json_iter(rows);
    const struct json_in *row;
    enum err err = OK;

    while (!err && (row = json_next(&it, NULL)) != NULL) {
        struct amo_lead_field f;
        err = amo_lead_field_read(cx, row, &f);
        if (!err)
            *vec_add(m->arena, &m->fields) =
                (struct amo_lead_field){arena_str(m->arena, f.id), arena_str(m->arena, f.name),
                                        arena_str(m->arena, f.code), arena_str(m->arena, f.kind)};
    }
    return err;
}

static enum err walk(struct crm_link *l, struct amo_call call, amo_page_fn *page,
                     struct meta_read *m)
{
    struct amo_walk walk = {.page = page, .self = m};

    return amo_each_page(l->cx, &l->api, &call, &walk, &l->last);
}

static enum err read_all(struct crm_link *l, struct meta_read *m)
{
    enum err err;
    struct amo_call account = amo_call_account();

    TRY(crm_ask(l, &account));
    TRY(amo_account_read(l->cx, l->last.root, &m->account));
    if (!str_eq(m->account.id, l->external_id))
        return fail(l->cx, ERR_UPSTREAM, "the token is of another account now: %.*s",
                    STR_FMT(m->account.id));
    TRY(walk(l, amo_call_pipelines(), take_pipelines, m));
    TRY(walk(l, amo_call_users(), take_users, m));
    TRY(walk(l, amo_call_lead_fields(), take_fields, m));
out:
    return err;
}

/* ---- storing ---- */

static enum err put_pipelines(struct tx *tx, int64_t account_id, const struct meta_read *m)
{
    enum err err = OK;
    int64_t at = now_ms(tx_ctx(tx));

    for (size_t i = 0; i < m->pipelines.n; i++) {
        const struct amo_pipeline *p = &m->pipelines.at[i];
        for (size_t k = 0; k < p->nstatuses; k++)
            TRY(db_exec(tx, &q_crm_status_put,
                        ARGS(a_int("crm_account_id", account_id), a_str("pipeline_id", p->id),
                             a_str("status_id", p->statuses[k].id), a_str("pipeline", p->name),
                             a_str("name", p->statuses[k].name),
                             a_int("sort", p->sort * 100000 + p->statuses[k].sort),
                             a_int("at", at)),
                        NULL));
    }
    if (m->pipelines.n)
        TRY(db_exec(tx, &q_crm_statuses_forget,
                    ARGS(a_int("crm_account_id", account_id), a_int("at", at)), NULL));
out:
    return err;
}

static enum err put_all(struct tx *tx, const struct crm_link *l, const struct meta_read *m)
{
    enum err err;
    struct arg account = a_int("crm_account_id", l->crm_account_id);
    struct arg at = a_int("at", now_ms(tx_ctx(tx)));
    int64_t same;
    bool has_new_currency;

    TRY(crm_account_store(tx, &m->account, &same, &has_new_currency));
    TRY(put_pipelines(tx, l->crm_account_id, m));
    for (size_t i = 0; i < m->users.n; i++)
        TRY(db_exec(tx, &q_crm_user_put,
                    ARGS(account, a_str("external_id", m->users.at[i].id),
                         a_str("name", m->users.at[i].name), at),
                    NULL));
    for (size_t i = 0; i < m->fields.n; i++)
        TRY(db_exec(tx, &q_crm_field_put,
                    ARGS(account, a_str("external_id", m->fields.at[i].id),
                         a_str("name", m->fields.at[i].name), a_opt("code", m->fields.at[i].code),
                         a_str("kind", m->fields.at[i].kind), at),
                    NULL));
    if (has_new_currency) {
        TRY(version_bump(tx));
        scheduler_nudge(l->app->scheduler, "sales.refold");
    }
out:
    return err;
}

enum err crm_meta_read(struct crm_link *l, void *none)
{
    enum err err;
    struct tx *tx = NULL;
    struct meta_read m = {.arena = l->cx->arena};

    (void)none;
    TRY(read_all(l, &m));
    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(put_all(tx, l, &m));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}
