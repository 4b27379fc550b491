/* lead_ads_pages.c: pages, their tokens, and what the platform says about them. */
#include "ads/ads.h"
#include "base/log.h"
#include "core/secrets.h"
#include "core/version.h"
#include "lead_ads/lead_ads.sql.h"
#include "lead_ads/lead_ads_inside.h"

enum { PAGE_LIMIT = 100, LIST_CAP = 64 << 20, BREATH_MS = 6000, LONGEST_NAME = 300 };

struct meta lead_meta(const struct app *app, struct str token)
{
    return (struct meta){
        .fetcher = app->fetcher,
        .upstream = &app->meta,
        .auth = {.version = app->config.meta_api_version,
                 .token = token,
                 .app_secret = app->config.meta_app_secret}
    };
}

struct str lead_reason(struct arena *a, const struct meta_reply *last)
{
    long long code = last->code, subcode = last->subcode;

    switch (last->class) {
    case META_OK:
        return S("");
    case META_RECONNECT:
        return arena_fmt(a, "the page's token no longer works (%lld/%lld): connect again", code,
                         subcode);
    case META_PERMISSION:
        return arena_fmt(a,
                         "the page's leads may not be read (%lld/%lld): grant leads_retrieval, and "
                         "name the app in the page's Lead Access Manager",
                         code, subcode);
    case META_VERSION_DEAD:
        return S("this API version has ended: raise TRAFFICD_META_API_VERSION");
    case META_WAIT_ACCOUNT:
    case META_WAIT_APP:
        return arena_fmt(a, "the platform asks to wait %lld minutes",
                         (long long)((last->wait_ms + 59999) / 60000));
    case META_SPLIT:
    case META_RETRY:
        return arena_fmt(a, "the platform did not answer properly (HTTP %d)", last->status);
    case META_BUG:
        return arena_fmt(a, "the platform refused the question (%lld/%lld)", code, subcode);
    }
    return S("");
}

enum err lead_breathe(struct ctx *cx, const struct app *app, const struct meta_reply *last,
                      int64_t *wait_ms)
{
    int64_t pause = meta_usage_pause_ms(&last->usage);

    *wait_ms = 0;
    if (pause > 0 && pause <= BREATH_MS)
        return fetch_wait(cx, app->fetcher, pause);
    *wait_ms = pause;
    return OK;
}

/* ---- rows ---- */

static struct lead_page page_of_row(struct rows *rows)
{
    return (struct lead_page){.id = col_int(rows, "id"),
                              .connection_id = col_int(rows, "connection_id"),
                              .secret_id = col_int(rows, "secret_id"),
                              .checked_at = col_int(rows, "checked_at"),
                              .external_id = col_str(rows, "external_id"),
                              .name = col_str(rows, "name")};
}

enum err pages_load(struct tx *tx, struct lead_pages *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_lead_ads_pages_open, NO_ARGS, &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, out) = page_of_row(rows);
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

enum err page_load(struct tx *tx, int64_t id, struct lead_page *out)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;

    TRY(db_query(tx, &q_lead_ads_page_open, ARGS(a_int("id", id)), &rows));
    found = rows_next(rows);
    if (found)
        *out = page_of_row(rows);
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no page %lld", (long long)id));
out:
    rows_drop(&rows);
    return err;
}

enum err page_open(struct ctx *cx, struct app *app, const struct lead_page *p, struct meta *out)
{
    enum err err = OK;
    struct tx *tx = NULL;
    struct str token = {0};

    if (p->secret_id) {
        TRY(tx_begin(cx, app->db, TX_READ, &tx));
        TRY(secret_open(tx, app, p->secret_id, &token));
    }
    *out = lead_meta(app, token);
out:
    tx_end(&tx);
    return err;
}

enum err page_note(struct ctx *cx, struct app *app, int64_t id, const struct page_note *note)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t changed = 0;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_lead_ads_page_state,
                ARGS(a_int("id", id), a_str("state", str_of(note->state)),
                     a_opt("reason", note->reason), a_id("checked_at", note->checked_at)),
                &changed));
    if (changed)
        TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static enum err close_one(struct tx *tx, const struct lead_page *p, struct str reason)
{
    enum err err;

    TRY(db_exec(tx, &q_lead_ads_page_close, ARGS(a_int("id", p->id), a_str("reason", reason)),
                NULL));
    if (p->secret_id)
        TRY(secret_erase(tx, p->secret_id));
out:
    return err;
}

static bool is_listed(const struct lead_pages *seen, int64_t id)
{
    for (size_t i = 0; i < seen->n; i++)
        if (seen->at[i].id == id)
            return true;
    return false;
}

/* Closes those of the rows that were not seen. */
static enum err close_rows(struct tx *tx, struct rows **rows, const struct lead_pages *seen,
                           struct str reason)
{
    enum err err;
    struct lead_pages gone = {0};

    while (rows_next(*rows)) {
        struct lead_page p = {.id = col_int(*rows, "id"), .secret_id = col_int(*rows, "secret_id")};
        if (!is_listed(seen, p.id))
            *vec_add(tx_ctx(tx)->arena, &gone) = p;
    }
    TRY(rows_end(rows));
    for (size_t i = 0; i < gone.n; i++)
        TRY(close_one(tx, &gone.at[i], reason));
out:
    rows_drop(rows);
    return err;
}

static enum err close_all_but(struct tx *tx, int64_t connection_id, const struct lead_pages *seen,
                              struct str reason)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_lead_ads_pages_of, ARGS(a_int("connection_id", connection_id)), &rows));
    TRY(close_rows(tx, &rows, seen, reason));
out:
    return err;
}

/* Tokens of pages are erased when their connection was ended. */
static enum err close_ended(struct ctx *cx, struct app *app)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(db_query(tx, &q_lead_ads_pages_shut, NO_ARGS, &rows));
    TRY(close_rows(tx, &rows, &(struct lead_pages){0}, S("its connection was ended")));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err pages_close(struct tx *tx, int64_t connection_id, struct str reason)
{
    return close_all_but(tx, connection_id, &(struct lead_pages){0}, reason);
}

/* ---- asking a connection for its pages ---- */

struct fb_pages {
    struct arena *arena;
    VEC(struct meta_fb_page) list;
};

static enum err take_pages(struct ctx *cx, const struct json_in *data, void *self)
{
    struct fb_pages *f = self;
    struct json_iter it = json_iter(data);
    struct meta_fb_page page;
    enum err err = OK;

    for (const struct json_in *row; (row = json_next(&it, NULL));) {
        TRY(meta_fb_page_read(cx, row, &page));
        *vec_add(f->arena, &f->list) =
            (struct meta_fb_page){.id = arena_str(f->arena, page.id),
                                  .name = arena_str(f->arena, page.name),
                                  .token = arena_str(f->arena, page.token)};
    }
out:
    return err;
}

static enum err find_page(struct tx *tx, struct str external_id, struct lead_page *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = (struct lead_page){0};
    TRY(db_query(tx, &q_lead_ads_page_find, ARGS(a_str("external_id", external_id)), &rows));
    while (rows_next(rows))
        *out =
            (struct lead_page){.id = col_int(rows, "id"), .secret_id = col_int(rows, "secret_id")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* A page that this person may not open and another connection does stays with that one. */
static enum err put_page(struct tx *tx, struct app *app, int64_t connection_id,
                         const struct meta_fb_page *page, struct lead_pages *seen)
{
    enum err err;
    struct lead_page there;
    int64_t id;

    TRY(find_page(tx, page->id, &there));
    if (!page->token.len && there.secret_id)
        return OK;
    if (page->token.len && there.secret_id)
        TRY(secret_replace(tx, app, there.secret_id, page->token));
    else if (page->token.len)
        TRY(secret_put(tx, app, S("meta.page"), page->token, &there.secret_id));
    TRY(db_get_int(tx, &q_lead_ads_page_put,
                   ARGS(a_str("external_id", page->id),
                        a_str("name", page->name.len ? page->name : page->id),
                        a_id("connection_id", connection_id), a_id("secret_id", there.secret_id)),
                   &id, NULL));
    if (!page->token.len)
        TRY(db_exec(tx, &q_lead_ads_page_state,
                    ARGS(a_int("id", id), a_str("state", S("failed")),
                         a_str("reason", S("the connection's owner may not have this page's token: "
                                           "grant pages_manage_metadata and pages_show_list")),
                         a_null("checked_at")),
                    NULL));
    *vec_add(tx_ctx(tx)->arena, seen) = (struct lead_page){
        .id = id, .secret_id = there.secret_id, .external_id = page->id, .name = page->name};
out:
    return err;
}

static enum err store_pages(struct ctx *cx, struct app *app, int64_t connection_id,
                            const struct fb_pages *found, struct lead_pages *seen)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    for (size_t i = 0; i < found->list.n; i++)
        TRY(put_page(tx, app, connection_id, &found->list.at[i], seen));
    TRY(close_all_but(tx, connection_id, seen, S("the connection no longer opens this page")));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

/* Whether webhooks of each page come to our app; what cannot be found out stays as it is known. */
static enum err check_subscriptions(struct ctx *cx, struct app *app, const struct fb_pages *found,
                                    const struct lead_pages *seen)
{
    enum err err = OK;
    struct meta_reply last;
    struct tx *tx = NULL;
    bool is_on;

    for (size_t i = 0; i < seen->n && app->config.meta_app_id.len && !ctx_expired(cx); i++) {
        struct ctx one = *cx;
        struct meta m = lead_meta(app, S(""));
        struct meta_subscription_ask ask = {seen->at[i].external_id, app->config.meta_app_id};
        for (size_t k = 0; k < found->list.n; k++)
            if (str_eq(found->list.at[k].id, ask.page))
                m.auth.token = found->list.at[k].token;
        if (!m.auth.token.len || meta_page_is_subscribed(&one, &m, &ask, &is_on, &last))
            continue;
        TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
        TRY(db_exec(tx, &q_lead_ads_page_subscribed,
                    ARGS(a_int("id", seen->at[i].id), a_int("is_subscribed", is_on)), NULL));
        TRY(tx_commit(tx));
        tx_end(&tx);
    }
out:
    tx_end(&tx);
    return err;
}

static enum err refresh_one(struct ctx *cx, struct app *app, int64_t connection_id,
                            struct str token, struct pages_found *out)
{
    enum err err;
    struct fb_pages found = {.arena = cx->arena};
    struct lead_pages seen = {0};
    struct arena *page = arena_new(LIST_CAP);
    struct ctx walk_cx = *cx;
    struct meta meta = lead_meta(app, token);
    struct meta_call call = meta_call_pages(PAGE_LIMIT);
    struct meta_walk walk = {.page = take_pages, .self = &found};
    struct meta_reply last;

    walk_cx.arena = page;
    err = meta_each_page(&walk_cx, &meta, &call, &walk, &last);
    if (err) {
        LOG(cx, LOG_WARN, "lead_ads.pages_not_read", l_int("connection", connection_id),
            l_str("why", lead_reason(cx->arena, &last)));
        out->failed++;
        err = OK;
        goto out;
    }
    TRY(store_pages(cx, app, connection_id, &found, &seen));
    TRY(check_subscriptions(cx, app, &found, &seen));
    for (size_t i = 0; i < seen.n; i++)
        out->n += seen.at[i].secret_id != 0;
out:
    arena_free(&page);
    return err;
}

static enum err read_token(struct ctx *cx, struct app *app, int64_t id, struct str *token)
{
    enum err err;
    struct tx *tx = NULL;

    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(connection_token(tx, app, id, token));
out:
    tx_end(&tx);
    return err;
}

enum err pages_refresh(struct ctx *cx, struct app *app, struct pages_found *out)
{
    enum err err;
    struct tx *tx = NULL;
    struct connection_list ids = {0};
    struct str token;

    *out = (struct pages_found){0};
    TRY(close_ended(cx, app));
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(connection_ids(tx, &ids));
    tx_end(&tx);
    for (size_t i = 0; i < ids.n; i++) {
        TRY(read_token(cx, app, ids.at[i], &token));
        if (token.len)
            TRY(refresh_one(cx, app, ids.at[i], token, out));
    }
out:
    tx_end(&tx);
    return err;
}
