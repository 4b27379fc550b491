/* leads_routes.c: leads with their journeys, and merges of persons taken back. */
#include "base/calendar.h"
#include "base/crypto.h"
#include "core/answer.h"
#include "core/input.h"
#include "leads/journey.sql.h"
#include "leads/leads_inside.h"
#include "leads/people.sql.h"

enum { PAGE = 50, PAGE_MAX = 500, FORM_MAX = 16 << 10 };

/* ---- the list ---- */

static const char *const utm_names[] = {"utm_source", "utm_medium", "utm_campaign", "utm_content",
                                        "utm_term"};

static void write_fields(struct json_out *j, struct rows *rows)
{
    static const char *const texts[] = {"name",          "phone_tail", "team_name", "reason",
                                        "campaign_name", "ad_name",    "site",      "sale_state"};
    static const char *const ids[] = {"team_id", "via_lead_id", "person_id", "duplicate_of"};

    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "source_kind"), json_str(j, col_str(rows, "source_kind"));
    json_key(j, "external_id"), json_str(j, col_str(rows, "external_id"));
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_key(j, "day"), json_str(j, col_str(rows, "day"));
    for (size_t i = 0; i < COUNT(utm_names); i++)
        json_opt_str(j, utm_names[i], rows, utm_names[i]);
    for (size_t i = 0; i < COUNT(texts); i++)
        json_opt_str(j, texts[i], rows, texts[i]);
    for (size_t i = 0; i < COUNT(ids); i++)
        json_opt_int(j, ids[i], rows, ids[i]);
}

enum err leads_list(struct req *rq, struct resp *rs)
{
    enum err err;
    static const char *const kinds[] = {"",    "landing", "lead_ad", "whatsapp",
                                        "crm", "import",  NULL};
    struct range range;
    struct day_page page;
    int64_t team = 0;
    struct str kind;

    query_range(rq, &range);
    query_id(rq, "team", &team);
    kind = str_of(query_choice(rq, "kind", kinds));
    query_day_page(rq, PAGE, PAGE_MAX, &page);
    TRY(ctx_fields(&rq->cx));
    struct arg args[] = {SCOPE_ARGS(user_scope(rq->user)),
                         a_str("from_day", range.from),
                         a_str("to_day", range.to),
                         a_id("team", team),
                         a_opt("kind", kind),
                         DAY_PAGE_ARGS(page)};
    TRY(answer_day_list(
        rq, rs, &(struct day_list){&q_journey_list, args, COUNT(args), write_fields, &page}));
out:
    return err;
}

/* ---- one lead ---- */

/* The lead's own fields; ERR_NOT_FOUND also when it is not the user's to see. */
static enum err write_lead(struct tx *tx, struct req *rq, struct json_out *j, int64_t id)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;

    TRY(db_query(tx, &q_journey_one, ARGS(a_int("id", id), SCOPE_ARGS(user_scope(rq->user))),
                 &rows));
    found = rows_next(rows);
    if (found)
        write_fields(j, rows);
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "no lead %lld", (long long)id));
out:
    rows_drop(&rows);
    return err;
}

static void write_touch(struct json_out *j, struct rows *rows)
{
    static const char *const texts[] = {"click_kind", "click_id", "referrer", "landing"};

    json_obj(j);
    json_key(j, "position"), json_str(j, col_str(rows, "position"));
    json_key(j, "at"), json_int(j, col_int(rows, "at"));
    for (size_t i = 0; i < COUNT(utm_names); i++)
        json_opt_str(j, utm_names[i], rows, utm_names[i]);
    for (size_t i = 0; i < COUNT(texts); i++)
        json_opt_str(j, texts[i], rows, texts[i]);
    json_end(j);
}

static void write_stage(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "stage"), json_str(j, col_str(rows, "stage"));
    json_key(j, "at"), json_int(j, col_int(rows, "at"));
    json_key(j, "source"), json_str(j, col_str(rows, "source"));
    json_end(j);
}

static void write_id(struct json_out *j, struct rows *rows)
{
    json_int(j, col_int(rows, "id"));
}

static void write_merge(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "kind"), json_str(j, col_str(rows, "kind"));
    json_key(j, "at"), json_int(j, col_int(rows, "at"));
    json_opt_int(j, "undone_at", rows, "undone_at");
    json_end(j);
}

struct part { /* a list within the lead */
    const char *key;
    const struct query *query;
    const struct arg *args;
    size_t nargs;
    write_row_fn *write;
};

static enum err write_part(struct tx *tx, struct json_out *j, const struct part *p)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, p->query, p->args, p->nargs, &rows));
    json_key(j, p->key), json_arr(j);
    while (rows_next(rows))
        p->write(j, rows);
    json_end(j);
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err write_journey(struct tx *tx, struct req *rq, struct json_out *j, int64_t id)
{
    enum err err;
    int64_t person = 0;

    TRY(db_get_int(tx, &q_journey_person, ARGS(a_int("id", id)), &person, NULL));
    const struct arg self[] = {a_int("id", id)};
    const struct arg visible[] = {a_int("id", id), SCOPE_ARGS(user_scope(rq->user))};
    const struct arg of_person[] = {a_int("person_id", person)};
    const struct part parts[] = {
        {"touches",     &q_journey_touches,     self,      COUNT(self),      write_touch},
        {"stages",      &q_journey_stages,      self,      COUNT(self),      write_stage},
        {"same_person", &q_journey_same_person, visible,   COUNT(visible),   write_id   },
        {"merges",      &q_people_merges,       of_person, COUNT(of_person), write_merge},
    };
    for (size_t i = 0; i < COUNT(parts); i++)
        TRY(write_part(tx, j, &parts[i]));
out:
    return err;
}

enum err lead_show(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct json_out *j = json_out_new(&rq->cx, 4096);
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    json_obj(j);
    TRY(write_lead(tx, rq, j, id));
    TRY(write_journey(tx, rq, j, id));
    json_end(j);
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

/* ---- the bytes that brought it ---- */

static enum err write_raw(struct req *rq, struct json_out *j, struct rows *rows)
{
    enum err err = OK;
    struct lead_bytes b = {col_str(rows, "source"), col_str(rows, "external_id"),
                           col_str(rows, "content_type"), col_str(rows, "body")};
    struct str body = b.body;

    if (!user_scope(rq->user).all)
        TRY(lead_own_bytes(&rq->cx, &b, &body));
    json_obj(j);
    json_key(j, "source"), json_str(j, b.source);
    json_key(j, "received_at"), json_int(j, col_int(rows, "received_at"));
    json_key(j, "content_type"), json_str(j, b.content_type);
    json_key(j, "signature"), json_str(j, col_str(rows, "signature"));
    json_key(j, "body"), json_str(j, body); /* what is not UTF-8 in it shows as U+FFFD */
    json_end(j);
out:
    return err;
}

static enum err find_raw(struct tx *tx, struct req *rq, int64_t id, struct json_out *j)
{
    enum err err;
    struct rows *rows = NULL;
    bool found;

    TRY(db_query(tx, &q_journey_raw, ARGS(a_int("id", id)), &rows));
    found = rows_next(rows);
    if (found)
        TRY(write_raw(rq, j, rows));
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "nothing is kept of lead %lld", (long long)id));
out:
    rows_drop(&rows);
    return err;
}

enum err lead_raw(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct json_out *unused = json_out_new(&rq->cx, 1024), *j = json_out_new(&rq->cx, 4096);
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    json_obj(unused);
    TRY(write_lead(tx, rq, unused, id));
    TRY(find_raw(tx, rq, id, j));
    TRY(resp_json(rs, j));
out:
    tx_end(&tx);
    return err;
}

/* ---- merges ---- */

struct merge_change {
    const struct app *app;
    int64_t by, at; /* at 0: it stands again */
};

static enum err merge_json(struct tx *tx, struct req *rq, int64_t id, struct str *out)
{
    (void)rq;
    return row_json(tx, &q_journey_merge, ARGS(a_int("id", id)), write_merge, out);
}

static enum err apply_merge(struct tx *tx, int64_t id, const void *what)
{
    enum err err;
    const struct merge_change *c = what;
    struct rows *rows = NULL;
    int64_t person = 0, other = 0;

    TRY(db_exec(tx, &q_people_merge_undo,
                ARGS(a_int("id", id), a_id("at", c->at), a_id("by", c->at ? c->by : 0)), NULL));
    TRY(db_query(tx, &q_people_merge, ARGS(a_int("id", id)), &rows));
    if (rows_next(rows)) {
        person = col_int(rows, "person_id");
        other = col_int(rows, "other_id");
    }
    TRY(rows_end(&rows));
    TRY(person_settle(tx, c->app, person));
    TRY(person_settle(tx, c->app, other));
out:
    rows_drop(&rows);
    return err;
}

static enum err change_merge(struct req *rq, struct resp *rs, bool is_undone)
{
    enum err err;
    struct merge_change what = {rq->app, rq->user->id, is_undone ? now_ms(&rq->cx) : 0};
    struct row_change change = {.entity = "person_merge",
                                .action = is_undone ? "person.unmerge" : "person.merge",
                                .json = merge_json,
                                .apply = apply_merge,
                                .what = &what,
                                .nudge = "attribution.run"};

    TRY(param_id(rq, 0, &change.id));
    TRY(answer_change(rq, rs, &change));
    scheduler_nudge(rq->app->scheduler, "metrics.build");
out:
    return err;
}

enum err merge_undo(struct req *rq, struct resp *rs)
{
    return change_merge(rq, rs, true);
}

enum err merge_redo(struct req *rq, struct resp *rs)
{
    return change_merge(rq, rs, false);
}

enum { OPEN = RT_PUBLIC | RT_RAW_BODY | RT_NO_ORIGIN };

const struct route leads_routes[] = {
    {POST,    "/webhook/lead",                   ROLE_PUBLIC,    RATE_HOOK,  lead_hook,      OPEN,      FORM_MAX},
    {OPTIONS, "/webhook/lead",                   ROLE_PUBLIC,    RATE_HOOK,  lead_preflight, OPEN,      0       },
    {POST,    "/webhook/event",                  ROLE_PUBLIC,    RATE_HOOK,  event_hook,     OPEN,      FORM_MAX},
    {GET,     "/t.js",                           ROLE_PUBLIC,    RATE_HOOK,  script_serve,   RT_PUBLIC, 0       },
    {GET,     "/api/v1/sites",                   ROLE_TEAM_LEAD, RATE_READ,  sites_list,     0,         0       },
    {POST,    "/api/v1/sites",                   ROLE_TEAM_LEAD, RATE_WRITE, site_create,    0,         0       },
    {PATCH,   "/api/v1/sites/{id}",              ROLE_TEAM_LEAD, RATE_WRITE, site_update,    0,         0       },
    {POST,    "/api/v1/sites/{id}/key",          ROLE_TEAM_LEAD, RATE_WRITE, site_key_renew, 0,         0       },
    {POST,    "/api/v1/sites/{id}/archive",      ROLE_TEAM_LEAD, RATE_WRITE, site_archive,   0,         0       },
    {GET,     "/api/v1/leads",                   ROLE_VIEWER,    RATE_READ,  leads_list,     RT_CACHE,  0       },
    {GET,     "/api/v1/leads/{id}",              ROLE_VIEWER,    RATE_READ,  lead_show,      0,         0       },
    {GET,     "/api/v1/leads/{id}/raw",          ROLE_VIEWER,    RATE_READ,  lead_raw,       RT_AUDIT,  0       },
    {POST,    "/api/v1/person-merges/{id}/undo", ROLE_ADMIN,     RATE_WRITE, merge_undo,     0,         0       },
    {POST,    "/api/v1/person-merges/{id}/redo", ROLE_ADMIN,     RATE_WRITE, merge_redo,     0,         0       },
};
const size_t leads_nroutes = COUNT(leads_routes);
