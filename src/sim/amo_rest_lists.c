/* amo_rest_lists.c: the account, its pipelines, users, fields, contacts and hooks. */
#include "sim/amo_rest.h"

/* ---- the account ---- */

enum err rest_account(struct rest_call *c)
{
    struct json_out *j = json_out_new(&c->rq->cx, 512);

    json_obj(j);
    json_key(j, "id"), json_raw(j, c->w->crm_account);
    rest_text(j, "name", S("Агентство"));
    rest_text(j, "subdomain", rest_subdomain(c));
    rest_int(j, "created_at", 1600000000);
    rest_int(j, "created_by", 0);
    rest_int(j, "current_user_id", 8000000);
    rest_text(j, "country", S("KZ"));
    rest_text(j, "currency", S("KZT"));
    rest_text(j, "currency_symbol", S("₸"));
    rest_self(c, j, S("/api/v4/account"));
    json_end(j);
    return rest_send(c, j);
}

/* ---- pipelines ---- */

struct status {
    struct str id, name;
    int64_t sort, type;
};

static void write_status(struct rest_call *c, struct json_out *j, const struct world_pipeline *p,
                         const struct status *s)
{
    json_obj(j);
    json_key(j, "id"), json_raw(j, s->id);
    rest_text(j, "name", s->name);
    rest_int(j, "sort", s->sort);
    json_key(j, "is_editable"), json_bool(j, s->sort > 10 && s->sort < 10000);
    json_key(j, "pipeline_id"), json_raw(j, p->id);
    rest_text(j, "color", S("#99ccff"));
    rest_int(j, "type", s->type);
    json_key(j, "account_id"), json_raw(j, c->w->crm_account);
    json_end(j);
}

static void write_pipeline(struct rest_call *c, struct json_out *j, uint32_t index)
{
    const struct world_pipeline *p = &c->w->pipelines[index];
    int64_t new_status = 0;

    str_to_int(p->new_status, &new_status);
    const struct status statuses[] = {
        {arena_fmt(c->arena, "%lld", (long long)new_status - 1), S("Неразобранное"),                                     10, 1},
        {p->new_status,                 S("Новая заявка"),                       20,                                     0                                                           },
        {p->work_status,                 S("В работе"),                       30,0},
        {S("142"),                 S("Успешно реализовано"),                       10000,                                           0                                                                                },
        {S("143"),                 S("Закрыто и не реализовано"),                       11000,0},
    };
    json_obj(j);
    json_key(j, "id"), json_raw(j, p->id);
    rest_text(j, "name", p->name);
    rest_int(j, "sort", index + 1);
    json_key(j, "is_main"), json_bool(j, index == 0);
    json_key(j, "is_unsorted_on"), json_bool(j, true);
    json_key(j, "is_archive"), json_bool(j, false);
    json_key(j, "account_id"), json_raw(j, c->w->crm_account);
    json_key(j, "_embedded");
    json_obj(j);
    json_key(j, "statuses");
    json_arr(j);
    for (size_t i = 0; i < COUNT(statuses); i++)
        write_status(c, j, p, &statuses[i]);
    json_end(j);
    json_end(j);
    json_end(j);
}

/* Lists without pages: "_total_items" in place of "_page". */
static struct json_out *list_begin(struct rest_call *c, int64_t total, const char *rows)
{
    struct json_out *j = json_out_new(&c->rq->cx, 4096);

    json_obj(j);
    rest_int(j, "_total_items", total);
    json_key(j, "_embedded");
    json_obj(j);
    json_key(j, rows);
    json_arr(j);
    return j;
}

enum err rest_pipelines(struct rest_call *c)
{
    struct json_out *j = list_begin(c, c->w->npipelines, "pipelines");

    for (uint32_t i = 0; i < c->w->npipelines; i++)
        write_pipeline(c, j, i);
    rest_page_end(j);
    return rest_send(c, j);
}

/* ---- users ---- */

enum err rest_users(struct rest_call *c)
{
    static const struct str names[] = {S("Мадина"), S("Тимур"), S("Жанна")};
    struct rest_query q;
    int64_t n = (WORLD_TEAMS + 1) * (int64_t)COUNT(names);

    if (!rest_query_read(c, &q))
        return OK;
    int64_t first = (q.page - 1) * q.limit, last = first + q.limit < n ? first + q.limit : n;
    if (first >= n)
        return rest_empty(c);
    struct rest_page page = {.rows = "users", .path = S("/api/v4/users"), .has_next = last < n};
    struct json_out *j = json_out_new(&c->rq->cx, 4096);
    rest_page_begin(c, j, &q, &page);
    for (int64_t i = first; i < last; i++) {
        int team = (int)(i / (int64_t)COUNT(names)), k = (int)(i % (int64_t)COUNT(names));
        struct str of = team == WORLD_NOBODY ? S("Агентство") : c->w->teams[team].name;
        int64_t id = 8000000 + team * 10 + k; /* world_deal's responsible */
        json_obj(j);
        rest_int(j, "id", id);
        rest_text(j, "name", arena_fmt(c->arena, "%.*s (%.*s)", STR_FMT(names[k]), STR_FMT(of)));
        rest_text(j, "email", arena_fmt(c->arena, "u%lld@agency.example", (long long)id));
        rest_text(j, "lang", S("ru"));
        json_end(j);
    }
    rest_page_end(j);
    return rest_send(c, j);
}

/* ---- custom fields ---- */

enum err rest_fields(struct rest_call *c)
{
    static const struct {
        int64_t id;
        const char *name, *code, *type;
    } fields[] = {
        {66339, "Источник",      NULL,           "select"       },
        {66341, "utm_source",            "UTM_SOURCE",   "tracking_data"},
        {66343, "utm_medium",            "UTM_MEDIUM",   "tracking_data"},
        {66345, "utm_campaign",          "UTM_CAMPAIGN", "tracking_data"},
        {66347, "utm_content",           "UTM_CONTENT",  "tracking_data"},
        {66349, "utm_term",              "UTM_TERM",     "tracking_data"},
        {66391, "Дата заявки", NULL,           "date"         },
        {66401, "Предоплата",  NULL,           "monetary"     },
    };
    struct json_out *j;
    struct rest_query q;
    const int64_t n = COUNT(fields);

    if (!rest_query_read(c, &q))
        return OK;
    int64_t first = (q.page - 1) * q.limit, last = first + q.limit < n ? first + q.limit : n;
    if (first >= n)
        return rest_empty(c);
    struct rest_page page = {
        .rows = "custom_fields", .path = S("/api/v4/leads/custom_fields"), .has_next = last < n};
    j = json_out_new(&c->rq->cx, 4096);
    rest_page_begin(c, j, &q, &page);
    for (int64_t i = first; i < last; i++) {
        json_obj(j);
        rest_int(j, "id", fields[i].id);
        rest_text(j, "name", str_of(fields[i].name));
        rest_text(j, "type", str_of(fields[i].type));
        json_key(j, "code");
        if (fields[i].code)
            json_str(j, str_of(fields[i].code));
        else
            json_null(j);
        rest_int(j, "sort", 500 + i);
        rest_text(j, "entity_type", S("leads"));
        json_end(j);
    }
    rest_page_end(j);
    return rest_send(c, j);
}

/* ---- contacts ---- */

static void write_value(struct json_out *j, const char *const words[3], struct str value)
{
    json_obj(j);
    rest_int(j, "field_id", str_eq(str_of(words[1]), S("PHONE")) ? 33517 : 33519);
    rest_text(j, "field_name", str_of(words[0]));
    rest_text(j, "field_code", str_of(words[1]));
    rest_text(j, "field_type", S("multitext"));
    json_key(j, "values");
    json_arr(j);
    json_obj(j);
    rest_text(j, "value", value);
    rest_int(j, "enum_id", 12003);
    rest_text(j, "enum_code", str_of(words[2]));
    json_end(j);
    json_end(j);
    json_end(j);
}

static void write_contact(struct rest_call *c, struct json_out *j, const struct world_contact *of)
{
    json_obj(j);
    rest_int(j, "id", of->id);
    rest_text(j, "name", of->name);
    rest_int(j, "responsible_user_id", 8000000);
    json_key(j, "is_deleted"), json_bool(j, false);
    json_key(j, "custom_fields_values");
    if (of->phone.len || of->email.len) {
        json_arr(j);
        if (of->phone.len)
            write_value(j, (const char *const[]){"Телефон", "PHONE", "MOB"}, of->phone);
        if (of->email.len)
            write_value(j, (const char *const[]){"Email", "EMAIL", "PRIV"}, of->email);
        json_end(j);
    } else {
        json_null(j);
    }
    json_key(j, "account_id"), json_raw(j, c->w->crm_account);
    rest_self(c, j, arena_fmt(c->arena, "/api/v4/contacts/%lld", (long long)of->id));
    json_end(j);
}

/* Only those that are named: the people of all deals would be a list without end. */
enum err rest_contacts(struct rest_call *c)
{
    struct rest_query q;
    struct world_contact of;
    struct rest_page page = {.rows = "contacts", .path = S("/api/v4/contacts")};
    int64_t known[REST_MAX_IDS], n = 0;

    if (!rest_query_read(c, &q))
        return OK;
    for (size_t i = 0; i < q.nids; i++)
        if (world_contact(c->w, c->arena, q.ids[i], &of))
            known[n++] = q.ids[i];
    int64_t first = (q.page - 1) * q.limit, last = first + q.limit < n ? first + q.limit : n;
    if (first >= n)
        return rest_empty(c);
    page.has_next = last < n;
    struct json_out *j = json_out_new(&c->rq->cx, 4096);
    rest_page_begin(c, j, &q, &page);
    for (int64_t i = first; i < last; i++)
        if (world_contact(c->w, c->arena, known[i], &of))
            write_contact(c, j, &of);
    rest_page_end(j);
    return rest_send(c, j);
}

/* ---- hooks ---- */

enum { MOST_HOOKS = 100 };

static void write_hook(struct rest_call *c, struct json_out *j, const struct rest_hook *hook)
{
    bool is_off;
    struct str told = amo_hook_url(c->sim->amo, c->arena, &is_off);

    json_obj(j);
    rest_int(j, "id", hook->id);
    rest_text(j, "destination", hook->destination);
    rest_int(j, "created_at", hook->created_ms / 1000);
    rest_int(j, "updated_at", hook->created_ms / 1000);
    json_key(j, "account_id"), json_raw(j, c->w->crm_account);
    rest_int(j, "created_by", 8000000);
    rest_int(j, "sort", 1);
    json_key(j, "disabled"), json_bool(j, is_off && str_eq(told, hook->destination));
    json_key(j, "settings"), json_raw(j, hook->settings);
    json_end(j);
}

/* A hook that was set by hand (sim_hook) is in the list too. */
enum err rest_hooks_list(struct rest_call *c)
{
    static const struct str all = S("[\"add_lead\",\"update_lead\",\"delete_lead\",\"status_lead\","
                                    "\"restore_lead\",\"responsible_lead\"]");
    struct rest_hook hooks[MOST_HOOKS + 1];
    size_t n = rest_hooks(c, hooks, MOST_HOOKS);
    bool is_off, is_listed = false;
    struct str told = amo_hook_url(c->sim->amo, c->arena, &is_off);

    for (size_t i = 0; i < n; i++)
        is_listed = is_listed || str_eq(hooks[i].destination, told);
    if (told.len && !is_listed)
        hooks[n++] = (struct rest_hook){839600, c->now_ms, told, all};
    if (!n)
        return rest_empty(c);
    struct json_out *j = list_begin(c, (int64_t)n, "webhooks");
    for (size_t i = 0; i < n; i++)
        write_hook(c, j, &hooks[i]);
    rest_page_end(j);
    return rest_send(c, j);
}

static bool refuse_value(struct rest_call *c, const char *path)
{
    resp_status(c->rs, 400);
    c->err = resp_body(
        c->rs, "application/problem+json",
        arena_fmt(c->arena,
                  "{\"validation-errors\":[{\"request_id\":\"0\",\"errors\":[{\"code\":"
                  "\"InvalidValue\",\"path\":\"%s\",\"detail\":\"This value is not valid.\"}]}],"
                  "\"title\":\"Bad Request\",\"type\":\"https://httpstatus.es/400\",\"status\":400,"
                  "\"detail\":\"Request validation failed\"}",
                  path));
    return false;
}

static bool read_hook(struct rest_call *c, struct rest_hook *out, bool has_settings)
{
    const struct json_in *root = NULL, *settings;

    *out = (struct rest_hook){.settings = S("")};
    if (json_parse(&c->rq->cx, c->rq->body, &root))
        ctx_forgive(&c->rq->cx); /* the answer to bad JSON is the vendor's, not ours */
    json_as_str(json_get(root, "destination"), &out->destination);
    settings = json_get(root, "settings");
    if (!str_starts(out->destination, S("http")))
        return refuse_value(c, "destination");
    if (!has_settings)
        return true;
    if (json_type(settings) != JSON_ARR || !json_len(settings))
        return refuse_value(c, "settings");
    struct json_out *j = json_out_new(&c->rq->cx, 256);
    json_copy(j, c->arena, settings);
    return !json_finish(j, &out->settings);
}

/* There is one sender, and it serves one hook: the first that is registered, another once that one
 * was switched off. */
static void tell(struct rest_call *c, struct str destination)
{
    bool is_off;
    struct str told = amo_hook_url(c->sim->amo, c->arena, &is_off);

    if (told.len && (!is_off || str_eq(told, destination)))
        return;
    if (sim_hook(&c->rq->cx, c->sim, destination))
        ctx_forgive(&c->rq->cx);
}

enum err rest_hooks_add(struct rest_call *c)
{
    struct rest_hook hook;

    if (!read_hook(c, &hook, true))
        return OK;
    hook = rest_hook_put(c, hook.destination, hook.settings);
    tell(c, hook.destination);
    struct json_out *j = json_out_new(&c->rq->cx, 512);
    write_hook(c, j, &hook);
    resp_status(c->rs, 201);
    return rest_send(c, j);
}

enum err rest_hooks_delete(struct rest_call *c)
{
    struct rest_hook hook, left[MOST_HOOKS];
    bool is_off;

    if (!read_hook(c, &hook, false))
        return OK;
    bool is_told = str_eq(amo_hook_url(c->sim->amo, c->arena, &is_off), hook.destination);
    bool is_there = rest_hook_drop(c, hook.destination) || is_told;
    size_t n = rest_hooks(c, left, MOST_HOOKS);
    if (is_told)
        amo_hook_drop(c->sim->amo);
    if (is_told && n)
        tell(c, left[n - 1].destination);
    if (is_there)
        return rest_empty(c);
    rest_refuse(c, &(struct rest_refusal){404, "Not Found", "Webhook not found", NULL});
    return OK;
}
