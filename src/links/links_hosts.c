/* links_hosts.c: the hosts that links may lead to: a list of the admin's, and one of the settings.
 */
#include "core/answer.h"
#include "core/input.h"
#include "core/version.h"
#include "links/links.sql.h"
#include "links/links_inside.h"

enum { MOST_HOSTS = 200 };

static struct str tidy(struct arena *a, struct str host)
{
    return str_fold(a, str_trim(host));
}

static void add_listed(struct arena *a, struct str list, struct link_hosts *out)
{
    struct str one;

    while (str_cut(&list, ',', &one)) {
        one = tidy(a, one);
        if (link_host_is_name(one))
            *vec_add(a, out) = one;
    }
}

enum err link_hosts_load(struct tx *tx, const struct app *app, struct link_hosts *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct arena *a = tx_ctx(tx)->arena;

    TRY(db_query(tx, &q_links_hosts, NO_ARGS, &rows));
    while (rows_next(rows))
        *vec_add(a, out) = col_str(rows, "host");
    TRY(rows_end(&rows));
    add_listed(a, app->config.link_hosts, out);
out:
    rows_drop(&rows);
    return err;
}

bool link_hosts_hold(const struct link_hosts *h, struct str host)
{
    for (size_t i = 0; i < h->n; i++)
        if (str_eq(h->at[i], host))
            return true;
    return false;
}

/* ---- routes ---- */

static void write_hosts(struct json_out *j, const char *key, const struct link_hosts *hosts)
{
    json_key(j, key), json_arr(j);
    for (size_t i = 0; i < hosts->n; i++)
        json_str(j, hosts->at[i]);
    json_end(j);
}

static enum err hosts_json(struct tx *tx, struct req *rq, struct str *out)
{
    enum err err;
    struct app none = {0};
    struct link_hosts table = {0}, settings = {0};
    struct json_out *j = json_out_new(tx_ctx(tx), 1024);

    TRY(link_hosts_load(tx, &none, &table));
    add_listed(tx_ctx(tx)->arena, rq->app->config.link_hosts, &settings);
    json_obj(j);
    write_hosts(j, "items", &table);
    write_hosts(j, "from_settings", &settings);
    json_end(j);
    TRY(json_finish(j, out));
out:
    return err;
}

enum err link_hosts_show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json;

    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(hosts_json(tx, rq, &json));
    TRY(answer_json(rs, 200, json));
out:
    tx_end(&tx);
    return err;
}

static void read_hosts(struct ctx *cx, const struct json_in *body, struct link_hosts *out)
{
    const struct json_in *list = json_get(body, "items"), *v;
    struct json_iter it = json_iter(list);
    struct str host;

    if (json_type(list) != JSON_ARR)
        fail_field(cx, "items", json_type(list) == JSON_NONE ? "missing" : "not_a_list");
    while (json_type(list) == JSON_ARR && (v = json_next(&it, NULL)) != NULL) {
        if (!json_as_str(v, &host) || !link_host_is_name(tidy(cx->arena, host)))
            fail_field(cx, "items", "not_a_host");
        else if (out->n == MOST_HOSTS)
            fail_field(cx, "items", "too_many");
        else
            *vec_add(cx->arena, out) = tidy(cx->arena, host);
    }
}

static enum err put_hosts(struct tx *tx, struct req *rq, const struct link_hosts *hosts)
{
    enum err err;

    TRY(db_exec(tx, &q_links_hosts_clear, NO_ARGS, NULL));
    for (size_t i = 0; i < hosts->n; i++)
        TRY(db_exec(tx, &q_links_host_put,
                    ARGS(a_str("host", hosts->at[i]), a_id("added_by", rq->user->id),
                         a_int("added_at", now_ms(&rq->cx))),
                    NULL));
out:
    return err;
}

enum err link_hosts_replace(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const allowed[] = {"items", NULL};
    const struct json_in *body;
    struct link_hosts hosts = {0};
    struct tx *tx = NULL;
    struct str before, after;

    TRY(req_json(rq, allowed, &body));
    read_hosts(&rq->cx, body, &hosts);
    TRY(ctx_fields(&rq->cx));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(hosts_json(tx, rq, &before));
    TRY(put_hosts(tx, rq, &hosts));
    TRY(hosts_json(tx, rq, &after));
    TRY(audit_change(tx, rq, "link_hosts.replace", "link_host", 0, before, after));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
    links_reload(rq->app->links, &rq->cx);
    TRY(answer_json(rs, 200, after));
out:
    tx_end(&tx);
    return err;
}
