/* Deals as the CRM's API shows them, beside hooks: what becomes of them, in any order. */
#include "core/inbox.h"
#include "deals.h"

#include <string.h>

enum { ORDERS = 8, MOST = 10, HISTORIES = 6 };

struct shown { /* one deal as it was read */
    int64_t deal, at_s, closed_s, created_s;
    const char *status, *price, *source, *prepaid, *phone;
    bool is_deleted;
};
struct said { /* one event of the inbox */
    const char *source;
    struct str body;
    int64_t received_at;
};

static struct str opt(struct ctx *cx, const char *key, const char *value)
{
    return value ? arena_fmt(cx->arena, ",\"%s\":%s", key, value) : S("");
}

static struct str field(struct ctx *cx, int id, const char *name, const char *value)
{
    return value ? arena_fmt(cx->arena,
                             "{\"field_id\":%d,\"field_name\":\"%s\",\"field_code\":null,"
                             "\"field_type\":\"text\",\"values\":[{\"value\":\"%s\"}]},",
                             id, name, value)
                 : S("");
}

static struct str shown_body(struct ctx *cx, int account, const struct shown *d)
{
    struct str closed =
        d->closed_s ? arena_fmt(cx->arena, "%lld", (long long)d->closed_s) : S("null");
    struct str contacts =
        d->phone ? arena_fmt(cx->arena,
                             "{\"id\":3,\"name\":\"Aigul\",\"custom_fields_values\":[{\"field_id\":"
                             "1,\"field_name\":\"Phone\",\"field_code\":\"PHONE\",\"values\":"
                             "[{\"value\":\"%s\"}]}]}",
                             d->phone)
                 : S("");

    return arena_fmt(
        cx->arena,
        "{\"sync\":0,\"account\":{\"id\":\"%d\",\"subdomain\":\"agency\"},\"lead\":{\"id\":%lld,"
        "\"name\":\"Deal\",\"pipeline_id\":5,\"status_id\":%s%.*s,\"created_at\":%lld,"
        "\"updated_at\":%lld,\"closed_at\":%.*s,\"is_deleted\":%s,\"custom_fields_values\":"
        "[%.*s%.*s{\"field_id\":9,\"field_name\":\"x\",\"field_code\":null,\"field_type\":"
        "\"text\",\"values\":[{\"value\":\"y\"}]}]},\"contacts\":[%.*s]}",
        account, (long long)d->deal, d->status, STR_FMT(opt(cx, "price", d->price)),
        (long long)(d->created_s ? d->created_s : JAN20), (long long)d->at_s, STR_FMT(closed),
        d->is_deleted ? "true" : "false", STR_FMT(field(cx, 71, "Source", d->source)),
        STR_FMT(field(cx, 72, "Paid", d->prepaid)), STR_FMT(contacts));
}

static enum err try_take(struct ctx *cx, struct slice_app *s, const struct said *e,
                         struct inbox_result *out)
{
    struct tx *tx = NULL;
    struct inbox_event event = {.source = str_of(e->source),
                                .body = e->body,
                                .content_type = S(""),
                                .received_at = e->received_at};
    enum err err = tx_begin(cx, s->app->db, TX_WRITE, &tx);

    for (size_t i = 0; i < s->app->ninbox_sources && !err; i++)
        if (strcmp(s->app->inbox_sources[i].name, e->source) == 0)
            err = s->app->inbox_sources[i].accept(tx, s->app, &event, out);
    if (!err)
        err = tx_commit(tx);
    tx_end(&tx);
    return err;
}

static struct inbox_result take(struct ctx *cx, struct slice_app *s, const struct said *e)
{
    struct inbox_result r = {0};

    check_ok(try_take(cx, s, e, &r));
    return r;
}

static struct inbox_result show(struct ctx *cx, struct slice_app *s, const struct shown *d)
{
    return take(cx, s, &(struct said){"amocrm.read", shown_body(cx, 1, d), (d->at_s + 60) * 1000});
}

/* ---- one deal ---- */

DB_TEST(a_deal_that_is_read_tells_who_its_person_is)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    struct inbox_result r = show(cx, &s,
                                 &(struct shown){.deal = 7,
                                                 .at_s = JAN20,
                                                 .status = "142",
                                                 .price = "1000",
                                                 .phone = "8 (701) 123-45-67"});
    check_str(S("amocrm.read/1"), str_of(r.parser));
    check_str(S("missed"), r.outcome);
    check_str(S("7"), r.subject);
    check_str(S("7|won|1000|2026-01-20|1768888800000"), sale(cx, &s));
    check_str(S("Aigul|4567"), sql_rows(cx, &s, "name, phone_tail", "from lead"));
    check_int(1, sql_int(cx, &s, "select count(*) from identity_key where kind = 'phone'"));
    check_str(S("read|read|1"), sql_rows(cx, &s, "action, source, count(*)",
                                         "from deal_event group by action, source"));
    show(cx, &s,
         &(struct shown){.deal = 8, .at_s = JAN20, .status = "10", .phone = "+77011234567"});
    check_int(1, sql_int(cx, &s, "select count(distinct person_id) from lead"));
    slice_app_close(&s);
}

DB_TEST(a_deal_closed_before_it_was_touched_is_of_the_day_of_its_closing)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    show(cx, &s,
         &(struct shown){.deal = 7,
                         .at_s = JAN20 + 10 * 86400,
                         .closed_s = JAN20,
                         .status = "142",
                         .price = "1000"});

    check_str(S("7|won|1000|2026-01-20|1768888800000"), sale(cx, &s));
    check_str(S("full|1000|2026-01-20"), payments(cx, &s));
    slice_app_close(&s);
}

DB_TEST(a_deal_in_the_bin_gives_its_money_back)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    show(cx, &s, &(struct shown){.deal = 7, .at_s = JAN20, .status = "142", .price = "1000"});

    show(cx, &s,
         &(struct shown){.deal = 7,
                         .at_s = JAN20 + 86400,
                         .status = "142",
                         .price = "1000",
                         .is_deleted = true});
    check_str(S("full|1000|2026-01-20\nrefund|-1000|2026-01-21"), payments(cx, &s));
    check_str(S("7|deleted|1000|2026-01-20|-"), sale(cx, &s));
    show(cx, &s,
         &(struct shown){.deal = 7, .at_s = JAN20 + 2 * 86400, .status = "142", .price = "1000"});
    check_str(S("7|won|1000|2026-01-22|1769061600000"), sale(cx, &s));
    slice_app_close(&s);
}

DB_TEST(what_is_no_deal_is_parked_with_a_reason)
{
    static const char *const bodies[] = {
        "not json",
        "{}",
        "{\"account\":{\"id\":\"1\"},\"lead\":null,\"contacts\":[]}",
        "{\"account\":{\"id\":\"1\"},\"lead\":{\"id\":\"x\"},\"contacts\":[]}",
    };
    struct slice_app s;
    slice_app_open(cx, t, &s);

    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct inbox_result r = {0};
        check_err(try_take(cx, &s, &(struct said){"amocrm.read", str_of(bodies[i]), 1}, &r),
                  ERR_INPUT);
        check(cx->why[0]);
        ctx_forgive(cx);
    }
    check_int(0, sql_int(cx, &s, "select count(*) from crm_account"));
    slice_app_close(&s);
}

/* ---- fields that an admin named ---- */

static struct str named_hook(struct ctx *cx, const char *value)
{
    return arena_fmt(cx->arena,
                     "leads[update][0][id]=7&leads[update][0][last_modified]=%lld&"
                     "leads[update][0][status_id]=10&leads[update][0][pipeline_id]=5&"
                     "leads[update][0][custom_fields][0][id]=71&"
                     "leads[update][0][custom_fields][0][name]=Source&"
                     "leads[update][0][custom_fields][0][values][0][value]=%s&account[id]=1",
                     (long long)JAN20, value);
}

DB_TEST(a_field_that_an_admin_named_holds_the_tag_of_hooks_and_reads)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    take(cx, &s, &(struct said){"amocrm", named_hook(cx, "fb_early"), JAN20 * 1000LL});
    check_str(S("-"), sql_rows(cx, &s, "utm_source", "from sale"));
    sql_script(cx, &s,
               "insert into crm_field (crm_account_id, external_id, name, kind, seen_at) values "
               "(1, '71', 'Source', 'text', 1), (1, '72', 'Paid', 'numeric', 1)");

    struct answer a = slice_ask(cx, &s, "PUT /api/v1/crm/fields", s.admin,
                                "{\"items\":[{\"external_id\":\"71\",\"utm_code\":\"UTM_SOURCE\"},"
                                "{\"external_id\":\"72\",\"utm_code\":\"PREPAID\"}]}");
    check_int(200, a.status);
    check_holds(S("\"external_id\":\"71\",\"name\":\"Source\",\"code\":null,\"kind\":\"text\","
                  "\"utm_code\":\"UTM_SOURCE\""),
                a.body);
    take(cx, &s, &(struct said){"amocrm", named_hook(cx, "fb_late"), JAN20 * 1000LL});
    check_str(S("fb_late"), sql_rows(cx, &s, "utm_source", "from sale"));
    show(cx, &s,
         &(struct shown){.deal = 8,
                         .at_s = JAN20,
                         .status = "10",
                         .price = "500",
                         .source = "fb_read",
                         .prepaid = "200"});
    check_str(S("fb_read|open"),
              sql_rows(cx, &s, "utm_source, state", "from sale where deal_id = '8'"));
    check_str(S("prepayment|500|2026-01-20"), payments(cx, &s));

    slice_refuses(cx, &s, "PUT /api/v1/crm/fields",
                  "{\"items\":[{\"external_id\":\"71\",\"utm_code\":\"UTM_COLOUR\"}]}", "utm_code",
                  "unknown");
    slice_refuses(cx, &s, "PUT /api/v1/crm/fields", "{\"items\":7}", "items", "not_a_list");
    check_int(404, slice_status(cx, &s, "PUT /api/v1/crm/fields", s.admin,
                                "{\"items\":[{\"external_id\":\"5\",\"utm_code\":null}]}"));
    slice_app_close(&s);
}

DB_TEST(a_replay_reads_old_hooks_with_the_fields_of_today)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    check_int(200, ask_for(cx, s.core.port, "POST", "/webhook/amocrm/traffic/hook-key-of-the-tests",
                           "", named_hook(cx, "fb_early"))
                       .status);
    slice_job(cx, &s, "inbox.drain", &r);
    sql_script(cx, &s,
               "insert into crm_field (crm_account_id, external_id, name, kind, utm_code, seen_at) "
               "values (1, '71', 'Source', 'text', 'UTM_SOURCE', 1); "
               "update inbox_event set state = 'new'");

    slice_job(cx, &s, "inbox.drain", &r);

    check_str(S("fb_early"), sql_rows(cx, &s, "utm_source", "from sale"));
    check_int(1, sql_int(cx, &s, "select count(*) from deal_event"));
    check_str(S("sale"), sql_rows(cx, &s, "outcome", "from inbox_event"));
    slice_app_close(&s);
}

/* ---- any order ---- */

static struct said random_said(struct ctx *cx, uint64_t *seed, int account)
{
    static const char *const statuses[] = {"10", "77", "142", "143"};
    static const char *const prices[] = {"100", "200", "300", NULL};
    static const char *const actions[] = {"status", "update", "delete", "restore"};
    const char *status = statuses[test_random_between(seed, 0, 3)];
    const char *price = prices[test_random_between(seed, 0, 3)];
    int64_t at_s = JAN20 + test_random_between(seed, 0, 9) * 40000;
    int64_t heard = (at_s + test_random_between(seed, 1, 90000)) * 1000;

    if (test_random_between(seed, 0, 2) == 0)
        return (struct said){
            "amocrm.read",
            shown_body(cx, account,
                       &(struct shown){.deal = test_random_between(seed, 1, 2),
                                       .at_s = at_s,
                                       .closed_s = *status == '1' ? at_s - 50000 : 0,
                                       .status = status,
                                       .price = price,
                                       .is_deleted = test_random_between(seed, 0, 5) == 0}),
            heard};
    struct event e = {.action = actions[test_random_between(seed, 0, 3)],
                      .deal = (int)test_random_between(seed, 1, 2),
                      .at_s = test_random_between(seed, 0, 3) ? at_s : 0,
                      .status = status,
                      .pipeline = "5",
                      .price = price};
    return (struct said){"amocrm", body_of(cx, account, &e, 1), heard};
}

static struct str account_text(struct ctx *cx, struct slice_app *s, int account)
{
    struct str where = arena_fmt(cx->arena,
                                 "join crm_account a on a.id = s.crm_account_id where "
                                 "a.external_id = '%d'",
                                 account);
    struct str sales = arena_fmt(cx->arena, "from sale s %.*s order by s.deal_id", STR_FMT(where));
    struct str paid = arena_fmt(cx->arena,
                                "from payment p join sale s on s.id = p.sale_id %.*s order by "
                                "s.deal_id, p.at, p.kind, p.amount_micros",
                                STR_FMT(where));

    return arena_fmt(
        cx->arena, "%.*s / %.*s",
        STR_FMT(sql_rows(cx, s, "s.deal_id, s.state, s.status_id, s.price_micros, s.day, s.won_at",
                         str_z(cx->arena, sales))),
        STR_FMT(
            sql_rows(cx, s, "s.deal_id, p.kind, p.amount_micros, p.at", str_z(cx->arena, paid))));
}

DB_TEST(hooks_and_reads_give_the_same_sales_in_any_order_with_any_duplicates)
{
    struct slice_app s;
    uint64_t seed = 42;
    slice_app_open(cx, t, &s);
    sql_script(cx, &s,
               "insert into stage_map (pipeline_id, status_id, stage) values ('5', '77', "
               "'prepaid')");

    for (int history = 0; history < HISTORIES; history++) {
        uint64_t of_history = seed + (uint64_t)history;
        struct str want = S("");
        for (int order = 0; order < ORDERS; order++) {
            uint64_t again = of_history;
            struct said events[MOST];
            int account = 100 * (history + 1) + order;
            for (int i = 0; i < MOST; i++)
                events[i] = random_said(cx, &again, account);
            for (int i = MOST; order && i > 1; i--) {
                int k = (int)test_random_between(&seed, 0, i - 1);
                struct said keep = events[i - 1];
                events[i - 1] = events[k];
                events[k] = keep;
            }
            for (int i = 0; i < MOST; i++) {
                take(cx, &s, &events[i]);
                if (test_random_between(&seed, 0, 3) == 0)
                    take(cx, &s, &events[test_random_between(&seed, 0, i)]);
            }
            struct str got = account_text(cx, &s, account);
            want = order ? want : got;
            check_str(want, got);
        }
    }
    slice_app_close(&s);
}
