/* sites_routes.c: landing pages that may send leads: their origin, their limits and their keys. */
#include "core/answer.h"
#include "core/input.h"
#include "core/version.h"
#include "core/webhook_key.h"
#include "leads/leads_inside.h"
#include "leads/sites.sql.h"

enum { LONGEST_NAME = 120, LONGEST_ORIGIN = 200, MOST_PER_MINUTE = 6000, USUAL_PER_MINUTE = 60 };
#define MONTH_MS (30 * 24 * 3600 * 1000LL)

enum err site_find(struct ctx *cx, struct app *app, int64_t id, struct site *out)
{
    enum err err;
    struct tx *tx = NULL;
    struct rows *rows = NULL;

    *out = (struct site){0};
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(db_query(tx, &q_sites_find, ARGS(a_int("id", id)), &rows));
    if (rows_next(rows))
        *out = (struct site){col_int(rows, "id"), col_int(rows, "per_minute"),
                             col_str(rows, "origin")};
    TRY(rows_end(&rows));
    if (!out->id)
        err = fail(cx, ERR_AUTH, "the site takes no leads");
out:
    rows_drop(&rows);
    tx_end(&tx);
    return err;
}

/* ---- reading ---- */

static void write_site(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "name"), json_str(j, col_str(rows, "name"));
    json_key(j, "origin"), json_str(j, col_str(rows, "origin"));
    json_opt_int(j, "team_id", rows, "team_id");
    json_key(j, "per_minute"), json_int(j, col_int(rows, "per_minute"));
    json_opt_str(j, "key_hint", rows, "key_hint");
    json_key(j, "leads_30d"), json_int(j, col_int(rows, "leads_30d"));
    json_opt_int(j, "last_lead_at", rows, "last_lead_at");
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_opt_int(j, "archived_at", rows, "archived_at");
    json_end(j);
}

enum err sites_list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_sites_list,
                       ARGS(SCOPE_ARGS(user_scope(rq->user)), a_null("id"),
                            a_int("since", now_ms(&rq->cx) - MONTH_MS)),
                       write_site);
}

static enum err site_json(struct tx *tx, struct req *rq, int64_t id, struct str *out)
{
    return row_json(tx, &q_sites_list,
                    ARGS(SCOPE_ARGS(user_scope(rq->user)), a_int("id", id),
                         a_int("since", now_ms(&rq->cx) - MONTH_MS)),
                    write_site, out);
}

/* ---- what may be said of a site ---- */

struct site_new {
    struct str name, origin;
    int64_t team_id, per_minute;
    bool has_team;
};

/* "https://example.kz:8443" as a browser writes it: no path, no capital letters. */
static bool is_origin(struct str s)
{
    struct str https = S("https://"), http = S("http://");
    size_t from = str_starts(s, https) ? https.len : str_starts(s, http) ? http.len : 0;

    for (size_t i = from; from && i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
              (c == ':' && i > from)))
            return false;
    }
    return from && s.len > from;
}

/* Who sees one team only makes sites for that team only. */
static void read_team(struct req *rq, const struct json_in *body, struct site_new *s)
{
    struct scope scope = user_scope(rq->user);

    s->has_team = input_has(body, "team_id");
    input_id(&rq->cx, body, "team_id", &s->team_id);
    if (scope.all)
        return;
    if (s->has_team && s->team_id != scope.team_id)
        fail_field(&rq->cx, "team_id", "unknown_team");
    s->team_id = scope.team_id;
}

static void read_rate(struct ctx *cx, const struct json_in *body, struct site_new *s)
{
    const struct json_in *v = json_get(body, "per_minute");

    if (json_type(v) == JSON_NONE)
        return;
    if (json_type(v) != JSON_NUM || !json_as_int(v, &s->per_minute) || s->per_minute < 1 ||
        s->per_minute > MOST_PER_MINUTE)
        fail_field(cx, "per_minute", "out_of_range");
}

static enum err read_site(struct req *rq, bool is_new, struct site_new *s)
{
    enum err err;
    static const char *const allowed[] = {"name", "origin", "team_id", "per_minute", NULL};
    const struct json_in *body;
    struct ctx *cx = &rq->cx;

    *s = (struct site_new){0};
    TRY(req_json(rq, allowed, &body));
    if (is_new || input_has(body, "name"))
        input_text(cx, body, "name", 1, LONGEST_NAME, &s->name);
    if ((is_new || input_has(body, "origin")) &&
        input_text(cx, body, "origin", 1, LONGEST_ORIGIN, &s->origin)) {
        s->origin = str_fold(cx->arena, s->origin);
        while (s->origin.len && s->origin.ptr[s->origin.len - 1] == '/')
            s->origin.len--;
        if (!is_origin(s->origin))
            fail_field(cx, "origin", "not_an_origin");
    }
    read_team(rq, body, s);
    read_rate(cx, body, s);
    TRY(ctx_fields(cx));
out:
    return err;
}

static enum err check_site(struct tx *tx, const struct site_new *s, int64_t own_id)
{
    enum err err = OK;
    int64_t n = 0;

    if (s->team_id)
        TRY(db_get_int(tx, &q_sites_team_is_there, ARGS(a_int("id", s->team_id)), &n, NULL));
    if (s->team_id && !n) {
        fail_field(tx_ctx(tx), "team_id", "unknown_team");
        return tx_fail(tx, ERR_FIELDS, "there is no such team");
    }
    TRY(db_get_int(tx, &q_sites_with_origin,
                   ARGS(a_str("origin", s->origin), a_int("own_id", own_id)), &n, NULL));
    if (n)
        err = tx_fail(tx, ERR_CONFLICT, "another site has this origin");
out:
    return err;
}

/* ---- keys ---- */

struct site_keys {
    struct str form, event; /* shown once: for pages, and for other systems */
};

static enum err make_key(struct tx *tx, struct req *rq, const char *purpose, int64_t site_id,
                         struct str *out)
{
    enum err err;
    struct arena *a = rq->cx.arena;
    struct str secret;

    TRY(webhook_key_create(tx, rq->app, arena_fmt(a, "%s:%lld", purpose, (long long)site_id),
                           &secret));
    *out = arena_fmt(a, "%lld.%.*s", (long long)site_id, STR_FMT(secret));
out:
    return err;
}

static enum err make_keys(struct tx *tx, struct req *rq, int64_t site_id, struct site_keys *out)
{
    enum err err;

    TRY(make_key(tx, rq, "landing", site_id, &out->form));
    TRY(make_key(tx, rq, "event", site_id, &out->event));
out:
    return err;
}

/* With the site, what is to be pasted into its pages. */
static enum err answer_keys(struct req *rq, struct resp *rs, struct str site,
                            const struct site_keys *keys)
{
    struct json_out *j = json_out_new(&rq->cx, 1024);
    struct str url = rq->app->config.public_url;

    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    json_obj(j);
    json_key(j, "site"), json_raw(j, site);
    json_key(j, "key"), json_str(j, keys->form);
    json_key(j, "event_key"), json_str(j, keys->event);
    json_key(j, "snippet");
    json_str(j,
             arena_fmt(rq->cx.arena, "<script async src=\"%.*s/t.js\" data-key=\"%.*s\"></script>",
                       STR_FMT(url), STR_FMT(keys->form)));
    json_end(j);
    webhook_keys_forget(rq->app->hooks);
    resp_status(rs, 201);
    return resp_json(rs, j);
}

/* ---- changing ---- */

enum err site_create(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct site_new s;
    struct site_keys keys;
    struct str json;
    int64_t id;

    TRY(read_site(rq, true, &s));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(check_site(tx, &s, 0));
    TRY(db_get_int(tx, &q_sites_insert,
                   ARGS(a_str("name", s.name), a_str("origin", s.origin),
                        a_id("team_id", s.team_id),
                        a_int("per_minute", s.per_minute ? s.per_minute : USUAL_PER_MINUTE),
                        a_int("at", now_ms(&rq->cx))),
                   &id, NULL));
    TRY(make_keys(tx, rq, id, &keys));
    TRY(site_json(tx, rq, id, &json));
    TRY(audit_change(tx, rq, "site.create", "landing_site", id, S(""), json));
    TRY(tx_commit(tx));
    TRY(answer_keys(rq, rs, json, &keys));
out:
    tx_end(&tx);
    return err;
}

static enum err apply_update(struct tx *tx, int64_t id, const void *what)
{
    enum err err;
    const struct site_new *s = what;

    TRY(check_site(tx, s, id));
    TRY(db_exec(tx, &q_sites_update,
                ARGS(a_int("id", id), a_opt("name", s->name), a_opt("origin", s->origin),
                     a_int("has_team", s->has_team), a_id("team_id", s->team_id),
                     a_id("per_minute", s->per_minute)),
                NULL));
out:
    return err;
}

enum err site_update(struct req *rq, struct resp *rs)
{
    enum err err;
    struct site_new s;
    struct row_change change = {.entity = "landing_site",
                                .action = "site.update",
                                .json = site_json,
                                .apply = apply_update,
                                .what = &s};

    TRY(param_id(rq, 0, &change.id));
    TRY(read_site(rq, false, &s));
    TRY(answer_change(rq, rs, &change));
out:
    return err;
}

enum err site_key_renew(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct site_keys keys;
    struct str before, after;
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(site_json(tx, rq, id, &before));
    TRY(make_keys(tx, rq, id, &keys));
    TRY(site_json(tx, rq, id, &after));
    TRY(audit_change(tx, rq, "site.key", "landing_site", id, before, after));
    TRY(tx_commit(tx));
    TRY(answer_keys(rq, rs, after, &keys));
out:
    tx_end(&tx);
    return err;
}

static enum err apply_archive(struct tx *tx, int64_t id, const void *what)
{
    (void)what;
    return db_exec(tx, &q_sites_archive, ARGS(a_int("id", id), a_int("at", now_ms(tx_ctx(tx)))),
                   NULL);
}

enum err site_archive(struct req *rq, struct resp *rs)
{
    enum err err;
    struct row_change change = {.entity = "landing_site",
                                .action = "site.archive",
                                .json = site_json,
                                .apply = apply_archive};

    TRY(param_id(rq, 0, &change.id));
    TRY(answer_change(rq, rs, &change));
out:
    return err;
}
