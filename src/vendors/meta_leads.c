/* meta_leads.c: pages, their subscription, leads. */
#include "vendors/meta_leads.h"

#include "vendors/meta_inside.h"

#include <string.h>

/* ---- pages ---- */

struct meta_call meta_call_pages(int limit)
{
    struct meta_call c = {.path = S("/me/accounts"), .limit = limit};

    meta_call_param(&c, "fields", S("id,name,access_token"));
    return c;
}

enum err meta_fb_page_read(struct ctx *cx, const struct json_in *row, struct meta_fb_page *out)
{
    enum err err;

    *out = (struct meta_fb_page){0};
    TRY(meta_take_id(cx, row, "id", &out->id));
    TRY(meta_take_text(cx, row, "name", &out->name));
    TRY(meta_take_text(cx, row, "access_token", &out->token));
out:
    return err;
}

struct meta meta_for_page(const struct meta *m, struct str page_token)
{
    struct meta page = *m;

    page.auth.token = page_token;
    return page;
}

/* {"success":true}; anything else is told as what it is. */
static enum err must_succeed(struct ctx *cx, const struct meta *m, const struct meta_call *call,
                             struct meta_reply *last)
{
    enum err err;
    bool yes = false;

    TRY(meta_get(cx, m, call, last));
    if (!json_as_bool(json_get(last->root, "success"), &yes) || !yes)
        err = fail(cx, ERR_UPSTREAM, "meta: the subscription was not confirmed");
out:
    return err;
}

enum err meta_page_subscribe(struct ctx *cx, const struct meta *m, struct str page,
                             struct meta_reply *last)
{
    struct meta_call call = {.path = meta_edge(cx->arena, page, "subscribed_apps"),
                             .method = "POST"};

    meta_call_param(&call, "subscribed_fields", S("leadgen"));
    return must_succeed(cx, m, &call, last);
}

enum err meta_page_unsubscribe(struct ctx *cx, const struct meta *m, struct str page,
                               struct meta_reply *last)
{
    struct meta_call call = {.path = meta_edge(cx->arena, page, "subscribed_apps"),
                             .method = "DELETE"};

    return must_succeed(cx, m, &call, last);
}

static bool has_leadgen(const struct json_in *row)
{
    struct json_iter it = json_iter(json_get(row, "subscribed_fields"));
    struct str field;

    for (const struct json_in *v; (v = json_next(&it, NULL));)
        if (json_as_str(v, &field) && str_eq(field, S("leadgen")))
            return true;
    return false;
}

enum err meta_page_is_subscribed(struct ctx *cx, const struct meta *m,
                                 const struct meta_subscription_ask *ask, bool *out,
                                 struct meta_reply *last)
{
    enum err err;
    struct meta_call call = {.path = meta_edge(cx->arena, ask->page, "subscribed_apps")};
    struct meta_page page;
    struct str id;

    *out = false;
    meta_call_param(&call, "fields", S("id,subscribed_fields"));
    TRY(meta_get(cx, m, &call, last));
    TRY(meta_page_read(cx, last->root, &page));
    struct json_iter it = json_iter(page.data);
    for (const struct json_in *row; (row = json_next(&it, NULL));) {
        TRY(meta_take_text(cx, row, "id", &id));
        if (str_eq(id, ask->app_id) && has_leadgen(row))
            *out = true;
    }
out:
    return err;
}

enum err meta_app_subscribe(struct ctx *cx, const struct meta *m, const struct meta_app_hook *hook,
                            struct meta_reply *last)
{
    struct meta app = meta_as_app(cx, m, hook->app_id);
    struct meta_call call = {.path = meta_edge(cx->arena, hook->app_id, "subscriptions"),
                             .method = "POST"};

    meta_call_param(&call, "object", S("page"));
    meta_call_param(&call, "fields", S("leadgen"));
    meta_call_param(&call, "callback_url", hook->callback_url);
    meta_call_param(&call, "verify_token", hook->verify_token);
    return must_succeed(cx, &app, &call, last);
}

/* ---- leads ---- */

static void ask_lead_fields(struct meta_call *c)
{
    meta_call_param(c, "fields",
                    S("id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,"
                      "campaign_name,form_id,field_data,is_organic,platform"));
}

struct meta_call meta_call_lead(struct arena *a, struct str leadgen_id)
{
    struct meta_call c = {.path = meta_edge(a, leadgen_id, "")};

    ask_lead_fields(&c);
    return c;
}

struct meta_call meta_call_page_forms(struct arena *a, struct str page, int limit)
{
    struct meta_call c = {.path = meta_edge(a, page, "leadgen_forms"), .limit = limit};

    meta_call_param(&c, "fields", S("id,name,status"));
    return c;
}

struct meta_call meta_call_form_leads(struct arena *a, struct str form, int64_t since, int limit)
{
    struct meta_call c = {.path = meta_edge(a, form, "leads"), .limit = limit};

    ask_lead_fields(&c);
    meta_call_param(&c, "filtering",
                    arena_fmt(a,
                              "[{\"field\":\"time_created\",\"operator\":\"GREATER_THAN\","
                              "\"value\":%lld}]",
                              (long long)(since / 1000)));
    return c;
}

enum err meta_form_read(struct ctx *cx, const struct json_in *row, struct meta_form *out)
{
    enum err err;

    *out = (struct meta_form){0};
    TRY(meta_take_id(cx, row, "id", &out->id));
    TRY(meta_take_text(cx, row, "name", &out->name));
    TRY(meta_take_text(cx, row, "status", &out->status));
out:
    return err;
}

/* ---- one lead ---- */

static enum err take_values(struct ctx *cx, const struct json_in *list, struct str *out)
{
    struct json_iter it = json_iter(list);
    struct str text;

    *out = S("");
    for (const struct json_in *v; (v = json_next(&it, NULL));) {
        if (json_type(v) == JSON_NULL)
            continue;
        if (!json_as_text(v, cx->arena, &text))
            return fail(cx, ERR_UPSTREAM, "meta: an answer of a lead is not text");
        *out = arena_fmt(cx->arena, "%.*s%s%.*s", STR_FMT(*out), out->len ? ", " : "",
                         STR_FMT(str_trim(text)));
    }
    return OK;
}

static enum err take_answers(struct ctx *cx, const struct json_in *row, struct meta_lead *out)
{
    enum err err = OK;
    VEC(struct meta_answer) answers = {0};
    struct json_iter it = json_iter(json_get(row, "field_data"));
    struct meta_answer one;

    for (const struct json_in *item; (item = json_next(&it, NULL));) {
        TRY(meta_take_text(cx, item, "name", &one.name));
        TRY(take_values(cx, json_get(item, "values"), &one.value));
        *vec_add(cx->arena, &answers) = one;
    }
    out->answers = answers.at;
    out->nanswers = answers.n;
out:
    return err;
}

/* The vendor's own questions have fixed names; forms made by hand ask in the form's language. */
static const char *const name_names[] = {"full_name", "name",     "имя",    "ваше_имя",
                                         "фио",       "аты-жөні", "атыңыз", NULL};
static const char *const phone_names[] = {"phone_number",    "phone",   "work_phone_number",
                                          "whatsapp_number", "телефон", "номер_телефона",
                                          "телефон_нөмірі",  NULL};
static const char *const email_names[] = {"email", "work_email", "почта", "электронная_почта",
                                          NULL};

static struct str answer_of(struct arena *a, const struct meta_lead *l, const char *const *names)
{
    for (; *names; names++)
        for (size_t i = 0; i < l->nanswers; i++)
            if (l->answers[i].value.len && str_eq(str_fold(a, l->answers[i].name), str_of(*names)))
                return l->answers[i].value;
    return S("");
}

/* Questions written by hand hold the word somewhere: "Ваш телефон (WhatsApp)". */
static struct str answer_about(struct arena *a, const struct meta_lead *l, const char *const *words)
{
    for (; *words; words++)
        for (size_t i = 0; i < l->nanswers; i++) {
            struct str name = str_fold(a, l->answers[i].name);
            if (l->answers[i].value.len && memmem(name.ptr, name.len, *words, strlen(*words)))
                return l->answers[i].value;
        }
    return S("");
}

static void find_contact(struct arena *a, struct meta_lead *l)
{
    static const char *const phone_words[] = {"phone", "whatsapp", "телефон", NULL};
    static const char *const email_words[] = {"e-mail", "email", "почт", "пошта", NULL};
    static const char *const first_names[] = {"first_name", NULL};
    static const char *const last_names[] = {"last_name", NULL};
    struct str first = answer_of(a, l, first_names), last = answer_of(a, l, last_names);

    l->full_name = answer_of(a, l, name_names);
    if (!l->full_name.len)
        l->full_name = arena_fmt(a, "%.*s%s%.*s", STR_FMT(first), first.len && last.len ? " " : "",
                                 STR_FMT(last));
    l->phone = answer_of(a, l, phone_names);
    if (!l->phone.len)
        l->phone = answer_about(a, l, phone_words);
    l->email = answer_of(a, l, email_names);
    if (!l->email.len)
        l->email = answer_about(a, l, email_words);
}

enum err meta_lead_read(struct ctx *cx, const struct json_in *row, struct meta_lead *out)
{
    enum err err;

    *out = (struct meta_lead){0};
    TRY(meta_take_id(cx, row, "id", &out->id));
    TRY(meta_take_text(cx, row, "form_id", &out->form_id));
    TRY(meta_take_text(cx, row, "platform", &out->platform));
    TRY(meta_take_text(cx, row, "ad_id", &out->ad_id));
    TRY(meta_take_text(cx, row, "ad_name", &out->ad_name));
    TRY(meta_take_text(cx, row, "adset_id", &out->adset_id));
    TRY(meta_take_text(cx, row, "adset_name", &out->adset_name));
    TRY(meta_take_text(cx, row, "campaign_id", &out->campaign_id));
    TRY(meta_take_text(cx, row, "campaign_name", &out->campaign_name));
    TRY(meta_take_time(cx, row, "created_time", &out->created_at));
    if (!json_as_bool(json_get(row, "is_organic"), &out->is_organic))
        out->is_organic = false;
    TRY(take_answers(cx, row, out));
    find_contact(cx->arena, out);
out:
    return err;
}
