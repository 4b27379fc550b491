/* Any bytes as an answer of Meta, under statuses good and bad: it has a class, and its rows are
 * read or refused. */
#include "fuzz.h"

#include "base/calendar.h"
#include "vendors/meta.h"

static void read_row(struct ctx *cx, const struct json_in *row)
{
    struct meta_insight insight;
    struct meta_entity entity;
    struct meta_account account;
    struct date day;

    if (meta_insight_read(cx, row, &insight) == OK) {
        must(insight.spend_micros >= 0 && insight.impressions >= 0 && insight.leads >= 0);
        must(day_parse(insight.day, &day));
    }
    ctx_forgive(cx);
    if (meta_entity_read(cx, row, S("JPY"), &entity) == OK)
        must(str_is_id(entity.id));
    ctx_forgive(cx);
    if (meta_account_read(cx, row, &account) == OK)
        must(str_is_id(account.id));
    ctx_forgive(cx);
}

/* The bytes of the rows are as many as the rows, unless the list's name is spelt with escapes. */
static void check_raw(struct str text, const struct json_in *data)
{
    struct str rows = meta_raw_rows(text), row;
    size_t n = 0;

    if (!rows.len)
        return;
    while (meta_raw_next(&rows, &row))
        n++;
    must(n == json_len(data));
}

static void read_reply(struct ctx *cx, int status, struct str text)
{
    struct pair usage = {"x-business-use-case-usage", text};
    struct reply reply = {.status = status, .body = text, .headers = &usage, .nheaders = 1};
    struct meta_reply meta;
    struct meta_page page;

    meta_reply_read(cx, &reply, &meta);
    must(cx->err == OK);
    must((meta.class == META_OK) == (meta.root != NULL));
    must(str_is_utf8(meta.message) && meta.message.len <= 200);
    must(meta.usage.account_percent >= 0 && meta.usage.regain_ms >= 0);
    if (meta.root && meta_page_read(cx, meta.root, &page) == OK) {
        check_raw(text, page.data);
        struct json_iter it = json_iter(page.data);
        for (const struct json_in *row; (row = json_next(&it, NULL));)
            read_row(cx, row);
    }
    ctx_forgive(cx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 503};
    struct ctx cx = fuzz_begin();

    for (size_t i = 0; i < COUNT(statuses); i++)
        read_reply(&cx, statuses[i], fuzz_text(data, size));
    return fuzz_end(&cx);
}
