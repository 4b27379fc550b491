/* The CRM's door: webhooks are stored before they are answered, and worked off once, whatever the
 * order, the duplicates and the failures. */
#include "core/inbox.h"
#include "core/webhook_key.h"
#include "db_fault.h"
#include "deals.h"
#include "fake_vendor.h"

#include <string.h>

#define DOOR "/webhook/amocrm/traffic/hook-key-of-the-tests"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

/* ---- the door ---- */

static struct answer post(struct ctx *cx, struct slice_app *s, const char *target, struct str body)
{
    return ask_for(cx, s->core.port, "POST", target, FORM, body);
}

DB_TEST(a_webhook_is_on_disk_when_its_answer_arrives)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct str body = vendor_reply(cx->arena, "amocrm/status_won.txt");

    struct answer a = post(cx, &s, DOOR, body);

    check_int(200, a.status);
    check_str(S("{\"ok\":true}"), a.body);
    check_str(S("amocrm|new|application/x-www-form-urlencoded"),
              sql_rows(cx, &s, "source, state, content_type", "from inbox_event"));
    check_int((int64_t)body.len, sql_int(cx, &s, "select length(body) from inbox_event"));
    check_int(0, sql_int(cx, &s, "select count(*) from sale"));
    slice_app_close(&s);
}

DB_TEST(a_webhook_becomes_a_sale_a_lead_a_payment_and_two_credits)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    slice_ask(cx, &s, "POST /api/v1/teams", s.admin, "{\"name\":\"Tigr\",\"tags\":[\"x\"]}");
    slice_ask(cx, &s, "PUT /api/v1/rules", s.admin,
              "{\"note\":\"n\",\"rules\":[{\"kind\":\"prefix\",\"value\":\"fb_kenesary\","
              "\"team_id\":2}]}");
    post(cx, &s, DOOR, vendor_reply(cx->arena, "amocrm/status_won.txt"));

    slice_job(cx, &s, "inbox.drain", &r);
    struct answer list =
        slice_ask(cx, &s, "GET /api/v1/sales?from=2026-02-01&to=2026-02-28", s.admin, NULL);

    check_int(1, r.written);
    check_str(S("done"), sql_rows(cx, &s, "state", "from inbox_event"));
    check_str(S("10701093|won|22500|2026-02-03|1770100000000"), sale(cx, &s));
    check_str(S("full|22500|2026-02-03"), payments(cx, &s));
    check_str(S("crm|17769199/10701093|2026-02-02|fb_kenesary"),
              sql_rows(cx, &s, "source_kind, external_id, day, utm_source", "from lead"));
    check_str(S("lead|2|prefix\nsale|2|prefix"), sql_rows(cx, &s, "subject_kind, team_id, reason",
                                                          "from credit order by subject_kind"));
    check_golden(cx, "sales", &list);
    slice_app_close(&s);
}

DB_TEST(the_webhooks_key_may_stand_in_the_query)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    check_int(200,
              post(cx, &s, "/webhook/amocrm/traffic?key=hook-key-of-the-tests", S("a=1")).status);
    check_int(401, post(cx, &s, "/webhook/amocrm/traffic?key=wrong", S("a=2")).status);
    check_int(401, post(cx, &s, "/webhook/amocrm/traffic", S("a=3")).status);
    check_int(1, sql_int(cx, &s, "select count(*) from inbox_event"));
    slice_app_close(&s);
}

DB_TEST(keys_made_by_the_program_open_the_door_and_wrong_ones_do_not)
{
    struct slice_app s;
    struct tx *tx = NULL;
    struct str key;
    slice_app_open(cx, t, &s);
    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    check_ok(webhook_key_create(tx, s.app, S("amocrm"), &key));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    webhook_keys_forget(s.app->hooks);

    struct str door = arena_fmt(cx->arena, "/webhook/amocrm/traffic/%.*s", STR_FMT(key));
    struct str near = arena_fmt(cx->arena, "/webhook/amocrm/traffic/%.*sx", STR_FMT(key));

    check_int(200, post(cx, &s, str_z(cx->arena, door), S("a=1")).status);
    check_int(401, post(cx, &s, str_z(cx->arena, near), S("a=2")).status);
    check_int(401, post(cx, &s, "/webhook/amocrm/traffic/hook-key", S("a=3")).status);
    check_int(1, sql_int(cx, &s, "select count(*) from inbox_event"));
    slice_app_close(&s);
}

DB_TEST(what_is_no_webhook_is_refused_at_the_door)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    size_t size = (1 << 20) + 1;
    char *big = arena_alloc(cx->arena, size, 1);
    memset(big, 'a', size);

    struct answer get = ask_for(cx, s.core.port, "GET", DOOR, "", S(""));
    check_int(405, get.status);
    check_str(S("POST"), answer_header(&get, "Allow"));
    check_int(400, post(cx, &s, DOOR, S("")).status);
    check_int(413, post(cx, &s, DOOR, (struct str){big, size}).status);
    check_int(0, sql_int(cx, &s, "select count(*) from inbox_event"));
    check_int(200, post(cx, &s, DOOR, (struct str){big, size - 1}).status);
    slice_app_close(&s);
}

DB_TEST(a_repeated_delivery_is_one_event_and_one_sale)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    struct str body = vendor_reply(cx->arena, "amocrm/status_won.txt");

    for (int i = 0; i < 3; i++)
        check_int(200, post(cx, &s, DOOR, body).status);
    slice_job(cx, &s, "inbox.drain", &r);
    check_int(1, sql_int(cx, &s, "select count(*) from inbox_event"));

    /* The same observation in another wrapping changes nothing and wakes nobody. */
    dirty(cx, &s);
    int64_t version = sql_int(cx, &s, "select version from data_version");
    post(cx, &s, DOOR, arena_fmt(cx->arena, "extra=1&%.*s", STR_FMT(body)));
    fake_clock_advance(test_clock(cx), 60000);
    slice_job(cx, &s, "inbox.drain", &r);
    check_int(1, r.written);
    check_str(S("10701093|won|22500|2026-02-03|1770100000000"), sale(cx, &s));
    check_str(S("full|22500|2026-02-03"), payments(cx, &s));
    check_str(S(""), dirty(cx, &s));
    check_int(version, sql_int(cx, &s, "select version from data_version"));
    slice_app_close(&s);
}

DB_TEST(both_encodings_of_a_webhook_give_the_same_sale)
{
    static const char *const replies[] = {"amocrm/status_won.txt", "amocrm/status_won.json",
                                          "amocrm/status_won_by_index.json",
                                          "amocrm/status_won_raw_brackets.txt"};
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct str first = S("");

    for (size_t i = 0; i < COUNT(replies); i++) {
        slice_hook(cx, &s, vendor_reply(cx->arena, replies[i]));
        struct str now = sql_rows(cx, &s,
                                  "deal_id, name, state, price_micros, created_at, won_at, "
                                  "utm_source, utm_campaign, responsible_id",
                                  "from sale");
        check_str(i ? first : now, now);
        first = now;
    }
    slice_app_close(&s);
}

static void take_reply(const char *name, struct str bytes, void *self)
{
    struct slice_app *s = self;
    struct ctx cx = {.arena = arena_new(16 << 20), .clock = s->app->clock};
    bool is_json = str_ends(str_of(name), S(".json"));

    if (bytes.len)
        check_int(200, ask_for(&cx, s->core.port, "POST", DOOR,
                               is_json ? "Content-Type: application/json\r\n" : FORM, bytes)
                           .status);
    arena_free(&cx.arena);
}

DB_TEST(every_kept_webhook_is_stored_and_either_understood_or_parked)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);

    vendor_reply_each(cx->arena, "amocrm", take_reply, &s);
    slice_job(cx, &s, "inbox.drain", &r);

    check_int(0, sql_int(cx, &s, "select count(*) from inbox_event where state = 'new'"));
    check_int(r.failed, sql_int(cx, &s, "select count(*) from inbox_event where state = 'parked'"));
    check_int(0, sql_int(cx, &s,
                         "select count(*) from inbox_event where state = 'parked' and error is "
                         "null"));
    check_int(0, sql_int(cx, &s,
                         "select count(*) from inbox_event where state = 'parked' and "
                         "content_type not like '%%json%%'"));
    check(sql_int(cx, &s, "select count(*) from sale") > 10);
    slice_app_close(&s);
}

DB_TEST(a_zero_byte_in_json_is_replaced_and_costs_no_deal)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    slice_hook(cx, &s,
               S("{\"leads\":{\"add\":[{\"id\":1,\"name\":\"ab\\u0000cd\",\"price\":5},"
                 "{\"id\":2,\"name\":\"\\u0000\"}]},\"account\":{\"id\":1}}"));

    check_str(S("1|ab\xEF\xBF\xBD"
                "cd\n2|\xEF\xBF\xBD"),
              sql_rows(cx, &s, "deal_id, name", "from sale order by deal_id"));
    slice_app_close(&s);
}

/* ---- any order ---- */

enum { DEALS = 3, EVENTS = 8, ORDERS = 40 };

static struct event random_event(uint64_t *seed, int deal, int64_t at_s)
{
    static const char *const actions[] = {"add",    "update", "update",  "status",     "status",
                                          "status", "delete", "restore", "responsible"};
    static const char *const statuses[] = {NULL, "10", "77", "142", "142", "143"};
    static const char *const prices[] = {NULL, NULL, "0", "1000", "2500", "5000"};
    static const char *const sources[] = {NULL, NULL, "fb_arystan", "kenesaryfb", "facebook"};

    return (struct event){
        .action = actions[test_random_between(seed, 0, COUNT(actions) - 1)],
        .deal = deal,
        .at_s = at_s,
        .status = statuses[test_random_between(seed, 0, COUNT(statuses) - 1)],
        .pipeline = "5",
        .price = prices[test_random_between(seed, 0, COUNT(prices) - 1)],
        .source = sources[test_random_between(seed, 0, COUNT(sources) - 1)],
        .created_s = test_random_between(seed, 0, 1) ? at_s - 50000 : 0,
    };
}

static struct str what_account_has(struct ctx *cx, struct slice_app *s, int account)
{
    struct str where = arena_fmt(cx->arena,
                                 "join crm_account a on a.id = s.crm_account_id and "
                                 "a.external_id = '%d'",
                                 account);
    const char *from[] = {
        str_z(cx->arena, arena_fmt(cx->arena,
                                   "from sale s %.*s join lead l on l.id = s.lead_id "
                                   "order by s.deal_id",
                                   STR_FMT(where))),
        str_z(cx->arena, arena_fmt(cx->arena,
                                   "from payment p join sale s on s.id = p.sale_id %.*s "
                                   "order by s.deal_id, p.at, p.kind, p.amount_micros",
                                   STR_FMT(where))),
        str_z(cx->arena, arena_fmt(cx->arena,
                                   "from credit c join sale s on (c.subject_kind = 'sale' and "
                                   "c.subject_id = s.id) or (c.subject_kind = 'lead' and "
                                   "c.subject_id = s.lead_id) %.*s "
                                   "order by s.deal_id, c.subject_kind",
                                   STR_FMT(where))),
    };
    struct str sales =
        sql_rows(cx, s,
                 "s.deal_id, s.state, s.product_id, s.pipeline_id, s.status_id, s.price_micros, "
                 "s.created_at, s.modified_at, s.won_at, s.day, s.utm_source, l.day, "
                 "l.created_at, l.utm_source",
                 from[0]);
    struct str money = sql_rows(cx, s, "s.deal_id, p.kind, p.amount_micros, p.at, p.day", from[1]);
    struct str credits =
        sql_rows(cx, s, "s.deal_id, c.subject_kind, c.team_id, c.reason, c.numerator", from[2]);

    return arena_fmt(cx->arena, "%.*s\n%.*s\n%.*s", STR_FMT(sales), STR_FMT(money),
                     STR_FMT(credits));
}

static void shuffle(uint64_t *seed, struct event *events, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)test_random_between(seed, 0, (int64_t)i - 1);
        struct event keep = events[i - 1];
        events[i - 1] = events[k];
        events[k] = keep;
    }
}

/* Tells all events, one to three in a POST, some of them twice. */
static void deliver(struct ctx *cx, struct slice_app *s, uint64_t *seed, int account,
                    const struct event *events, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t some = (size_t)test_random_between(seed, 1, 3);
        some = some < n - i ? some : n - i;
        slice_hook(cx, s, body_of(cx, account, &events[i], some));
        if (test_random_between(seed, 0, 3) == 0)
            slice_hook(cx, s, body_of(cx, account, &events[i], 1));
        fake_clock_advance(test_clock(cx), test_random_between(seed, 0, 5000));
        i += some;
    }
}

DB_TEST(deals_end_the_same_in_any_order_with_any_duplicates)
{
    struct slice_app s;
    uint64_t seed = 20260203;
    slice_app_open(cx, t, &s);
    slice_ask(cx, &s, "PUT /api/v1/rules", s.admin,
              "{\"note\":\"n\",\"rules\":[{\"kind\":\"prefix\",\"value\":\"fb_arystan\","
              "\"team_id\":1},{\"kind\":\"suffix\",\"value\":\"kenesaryfb\",\"team_id\":2}]}");
    sql_script(cx, &s,
               "insert into stage_map (pipeline_id, status_id, stage) values ('5', '77', "
               "'prepaid')");

    for (int history = 0; history < 4; history++) {
        struct event events[DEALS * EVENTS];
        struct str want = S("");
        int account = 1000 * (history + 1);
        for (int i = 0; i < DEALS * EVENTS; i++)
            events[i] = random_event(&seed, i % DEALS + 1,
                                     JAN20 + test_random_between(&seed, 0, 12) * 40000);
        for (int order = 0; order < ORDERS / 4; order++) {
            deliver(cx, &s, &seed, account + order, events, COUNT(events));
            struct str got = what_account_has(cx, &s, account + order);
            want = order ? want : got;
            check_str(want, got);
            shuffle(&seed, events, COUNT(events));
        }
    }
    check_int(0, sql_int(cx, &s,
                         "select count(*) from (select s.id from sale s left join payment p on "
                         "p.sale_id = s.id where s.state <> 'open' group by s.id, s.state, "
                         "s.price_micros having coalesce(sum(p.amount_micros), 0) <> case when "
                         "s.state = 'won' then s.price_micros else 0 end) x"));
    slice_app_close(&s);
}

/* ---- a database that fails ---- */

struct half {
    struct slice_app *s;
    struct str body, before;
};

static struct str everything(struct ctx *cx, struct slice_app *s)
{
    return arena_fmt(cx->arena, "%.*s/%.*s/%lld/%lld/%lld/%lld/%lld", STR_FMT(sale(cx, s)),
                     STR_FMT(payments(cx, s)),
                     (long long)sql_int(cx, s, "select count(*) from lead"),
                     (long long)sql_int(cx, s, "select count(*) from credit"),
                     (long long)sql_int(cx, s, "select count(*) from deal_event"),
                     (long long)sql_int(cx, s, "select count(*) from rollup_dirty"),
                     (long long)sql_int(cx, s, "select count(*) from sale_activity"));
}

static void nothing_changed(struct ctx *cx, void *self)
{
    struct half *h = self;

    check_str(h->before, everything(cx, h->s));
}

static enum err take_hook(struct ctx *cx, void *self)
{
    enum err err;
    struct half *h = self;
    struct tx *tx = NULL;
    struct inbox_event e = {.source = S("amocrm"), .body = h->body, .received_at = now_ms(cx)};
    struct inbox_result r = {0};

    TRY(tx_begin(cx, h->s->app->db, TX_WRITE, &tx));
    TRY(h->s->app->inbox_sources[0].accept(tx, h->s->app, &e, &r));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

DB_TEST(a_webhook_is_worked_off_whole_or_not_at_all)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    const struct event first = {.action = "status",
                                .deal = 1,
                                .at_s = JAN20,
                                .status = "142",
                                .pipeline = "5",
                                .price = "100",
                                .source = "fb_x"};
    const struct event second = {.action = "status",
                                 .deal = 1,
                                 .at_s = JAN20 + 86400,
                                 .status = "143",
                                 .pipeline = "5",
                                 .price = "100",
                                 .source = "fb_x"};
    struct half h = {.s = &s, .body = body_of(cx, 1, &first, 1)};
    struct fault_case c = {.step = take_hook, .unchanged = nothing_changed, .self = &h};

    h.before = everything(cx, &s);
    check(db_fault_each(cx, &c) >= 20);
    h.body = body_of(cx, 1, &second, 1);
    h.before = everything(cx, &s);
    check(db_fault_each(cx, &c) >= 20);

    check_str(S("1|lost|100|2026-01-20|-"), sale(cx, &s));
    check_str(S("full|100|2026-01-20\nrefund|-100|2026-01-21"), payments(cx, &s));
    slice_app_close(&s);
}

DB_TEST(an_event_that_failed_once_is_tried_again_and_counts_once)
{
    struct slice_app s;
    struct job_run r;
    slice_app_open(cx, t, &s);
    post(cx, &s, DOOR, vendor_reply(cx->arena, "amocrm/status_won.txt"));

    db_fault_at(8);
    if (job_run_now(cx, s.app, "inbox.drain", NULL, NULL, NULL, &r))
        ctx_forgive(cx);
    check(db_fault_has_struck());
    db_fault_at(0);
    fake_clock_advance(test_clock(cx), 3600 * 1000);
    slice_job(cx, &s, "inbox.drain", &r);

    check_str(S("done"), sql_rows(cx, &s, "state", "from inbox_event"));
    check_int(1, sql_int(cx, &s, "select count(*) from sale"));
    check_str(S("full|22500|2026-02-03"), payments(cx, &s));
    slice_app_close(&s);
}
