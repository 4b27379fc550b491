/* Any bytes as an answer of amoCRM's REST API, under statuses good and bad: it has a class, its
 * rows are read or refused, and what was read once is read the same after it was kept as text. */
#include "fuzz.h"

#include "vendors/amocrm_rest.h"

static const struct amo_field fields[] = {
    {S("1"), S("UTM_SOURCE")},
    {S("4"), S("PREPAID")   }
};
static const struct amo_field_map map = {fields, COUNT(fields)};

static bool maybe_eq(struct maybe_int a, struct maybe_int b)
{
    return a.known == b.known && (!a.known || a.v == b.v);
}

static void read_lead(struct ctx *cx, const struct json_in *row)
{
    struct amo_deal one, two;
    const struct json_in *again = NULL;
    struct str text;

    if (amo_rest_lead_read(cx, row, &map, &one) != OK) {
        must(cx->why[0]);
        ctx_forgive(cx);
        return;
    }
    must(str_is_id(one.id));
    must(!one.price_micros.known || one.price_micros.v >= 0);
    must(!one.updated_at.known || one.updated_at.v > 0);
    must(amo_row_text(cx, row, &text) == OK && json_parse(cx, text, &again) == OK);
    must(amo_rest_lead_read(cx, again, &map, &two) == OK);
    must(str_eq(one.id, two.id) && str_eq(one.tracking.source, two.tracking.source));
    must(maybe_eq(one.price_micros, two.price_micros));
    must(maybe_eq(one.prepaid_micros, two.prepaid_micros));
    must(one.ncontact_ids == two.ncontact_ids && one.ntags == two.ntags);
}

static void read_row(struct ctx *cx, const struct json_in *row)
{
    struct amo_contact contact;
    struct amo_pipeline pipeline;
    struct amo_webhook hook;
    struct amo_account account;
    struct amo_lead_field field;
    struct amo_user user;

    read_lead(cx, row);
    if (amo_rest_contact_read(cx, row, &contact) == OK)
        for (size_t i = 0; i < contact.nphones; i++)
            must(contact.phones[i].len > 0);
    ctx_forgive(cx);
    must(amo_pipeline_read(cx, row, &pipeline) != OK || str_is_id(pipeline.id));
    ctx_forgive(cx);
    must(amo_webhook_read(cx, row, &hook) != OK || str_is_id(hook.id));
    ctx_forgive(cx);
    must(amo_account_read(cx, row, &account) != OK || str_is_id(account.id));
    ctx_forgive(cx);
    must(amo_lead_field_read(cx, row, &field) != OK || str_is_id(field.id));
    ctx_forgive(cx);
    must(amo_user_read(cx, row, &user) != OK || str_is_id(user.id));
    ctx_forgive(cx);
}

static void read_reply(struct ctx *cx, int status, struct str text)
{
    struct reply reply = {.status = status, .body = text};
    struct amo_reply amo;
    struct json_iter lists, rows;

    amo_reply_read(cx, &reply, &amo);
    must(cx->err == OK);
    must((amo.class == AMO_OK) == (amo.root != NULL));
    must(str_is_utf8(amo.message) && amo.message.len <= 200);
    must(amo.wait_ms > 0 || (amo.class != AMO_BLOCKED && amo.class != AMO_SLOW_DOWN));
    read_row(cx, amo.root);
    lists = json_iter(json_get(amo.root, "_embedded"));
    for (const struct json_in *list; (list = json_next(&lists, NULL));) {
        rows = json_iter(list);
        for (const struct json_in *row; (row = json_next(&rows, NULL));)
            read_row(cx, row);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 403};
    struct ctx cx = fuzz_begin();
    struct str text = fuzz_text(data, size), host = {0};

    for (size_t i = 0; i < COUNT(statuses); i++)
        read_reply(&cx, statuses[i], text);
    if (amo_host_parse(cx.arena, text, &host))
        must(amo_host_subdomain(host).len > 0 && host.len < 100);
    amo_token_api_domain(&cx, text);
    must(cx.err == OK);
    return fuzz_end(&cx);
}
