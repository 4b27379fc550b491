/* Deals read from the CRM: back after hooks, in bulk, by their numbers; what is found is told. */
#include "core/inbox.h"
#include "crm_bench.h"
#include "deals.h"

static struct str sales_of(struct crm_bench *b)
{
    return sql_rows(b->cx, &b->s,
                    "s.deal_id, s.state, s.status_id, s.price_micros, s.currency, s.day, "
                    "s.utm_source, s.utm_campaign, s.responsible_id",
                    "from sale s order by s.deal_id");
}

static struct str syncs(struct crm_bench *b)
{
    return sql_rows(b->cx, &b->s, "kind, state, n_seen, error", "from crm_sync order by id");
}

/* The outcomes of the last read, each with its count. */
static struct str outcomes(struct crm_bench *b)
{
    return sql_rows(b->cx, &b->s, "outcome, count(*)",
                    "from crm_sync_result where sync_id = (select max(id) from crm_sync) "
                    "group by outcome order by outcome");
}

DB_TEST(deals_that_no_hook_told_are_read_back)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);

    crm_job(&b, "crm.read_back");

    int64_t n = sql_int(cx, &b.s, "select count(*) from inbox_event where source = 'amocrm.read'");
    check(n > 10);
    check_int(n, b.run.written);
    check_str(arena_fmt(cx->arena, "waiting|%lld", (long long)n), outcomes(&b));
    check(sql_int(cx, &b.s, "select read_until from crm_connection") == now_ms(cx));
    crm_drain(&b);
    check_int(n, sql_int(cx, &b.s, "select count(*) from sale"));
    check_str(arena_fmt(cx->arena, "missed|%lld", (long long)n), outcomes(&b));
    check_int(n, sql_int(cx, &b.s,
                         "select count(*) from crm_sync_result where detail like "
                         "'no webhook told of it: new here, %%'"));
    check_int(0, sql_int(cx, &b.s, "select count(*) from deal_event where source <> 'read'"));
    check_int(n, sql_int(cx, &b.s,
                         "select count(*) from inbox_event where parser = 'amocrm.read/1' and "
                         "outcome = 'missed' and subject <> ''"));
    crm_close(&b);
}

DB_TEST(what_was_read_before_is_the_same)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    crm_job(&b, "crm.read_wide");
    crm_drain(&b);
    struct str was = sales_of(&b);
    int64_t n = sql_int(cx, &b.s, "select count(*) from inbox_event");
    sql_script(cx, &b.s, "delete from rollup_dirty");

    crm_job(&b, "crm.read_wide");
    crm_drain(&b);

    check_int(n, sql_int(cx, &b.s, "select count(*) from inbox_event"));
    check_str(arena_fmt(cx->arena, "same|%lld", (long long)n), outcomes(&b));
    check_str(was, sales_of(&b));
    check_str(S(""), dirty(cx, &b.s));
    crm_close(&b);
}

DB_TEST(hooks_and_reads_say_the_same_of_every_deal)
{
    struct crm_bench b;
    struct sim_deliveries sum;
    crm_open(cx, t, &b);
    crm_paste(&b);
    crm_ask(&b, "POST /api/v1/crm/connections/1/hook", "{}");
    check_ok(sim_deliver_history(cx, b.sim, 20, &sum));
    check(sum.events > 10);
    crm_drain(&b);
    struct str hooked = sales_of(&b), money = sql_rows(cx, &b.s, "p.kind, p.amount_micros, p.day",
                                                       "from payment p order by p.sale_id, p.at");

    /* Of the last moments the hooks are still on their way. */
    check_int(202, crm_ask(&b, "POST /api/v1/crm/syncs",
                           "{\"from\":\"2026-01-01\",\"to\":\"2026-02-02\"}")
                       .status);
    crm_job(&b, "crm.bulk");
    crm_drain(&b);

    check(hooked.len > 100);
    check_str(hooked, sales_of(&b));
    check_str(money, sql_rows(cx, &b.s, "p.kind, p.amount_micros, p.day",
                              "from payment p order by p.sale_id, p.at"));
    check_int(0,
              sql_int(cx, &b.s, "select count(*) from crm_sync_result where outcome = 'missed'"));
    crm_close(&b);
}

DB_TEST(lost_hooks_are_made_good_by_reading_back)
{
    struct crm_bench b;
    struct sim_deliveries sum;
    crm_open(cx, t, &b);
    crm_paste(&b);
    crm_ask(&b, "POST /api/v1/crm/connections/1/hook", "{}");
    sim_set(b.sim, SIM_LOSE_HOOKS, 4);
    check_ok(sim_deliver_history(cx, b.sim, 20, &sum));
    crm_drain(&b);
    int64_t without = sql_int(cx, &b.s, "select count(*) from sale");

    crm_job(&b, "crm.read_wide");
    crm_drain(&b);

    check(sql_int(cx, &b.s, "select count(*) from crm_sync_result where outcome = 'missed'") > 0);
    check(sql_int(cx, &b.s, "select count(*) from sale") >= without);
    /* Every deal stands where the CRM says that it stands. */
    check_int(0,
              sql_int(cx, &b.s,
                      "select count(*) from sale s where s.state <> 'deleted' and s.status_id <> "
                      "(select e.status_id from deal_event e where e.deal_id = s.deal_id and "
                      "e.source = 'read' order by e.at desc, e.event_key limit 1)"));
    crm_close(&b);
}

DB_TEST(a_read_that_fails_halfway_keeps_what_is_on_disk_and_goes_on_from_there)
{
    struct crm_bench b;
    crm_open_with(cx, t, &b, 30);
    crm_paste(&b);
    crm_fault(&b, "/api/v4/contacts", "\"skip\":2,\"times\":99,\"kind\":\"amo_402\"");

    crm_job(&b, "crm.read_back");

    check_int(1, b.run.failed);
    check_holds(S("read_back|failed|"), syncs(&b));
    check_holds(S("the CRM account is not paid for"), crm_state(&b));
    int64_t until = sql_int(cx, &b.s, "select coalesce(read_until, 0) from crm_connection");
    check(until < now_ms(cx));
    crm_forget_faults(&b);
    crm_job(&b, "crm.read_back");
    check_int(0, b.run.failed);
    check_int(now_ms(cx), sql_int(cx, &b.s, "select read_until from crm_connection"));
    crm_drain(&b);
    crm_ask(&b, "POST /api/v1/crm/syncs", "{\"from\":\"2025-12-31\",\"to\":\"2026-02-03\"}");
    crm_job(&b, "crm.bulk");
    crm_drain(&b);
    check_int(0,
              sql_int(cx, &b.s,
                      "select count(*) from crm_sync_result r join crm_sync y on y.id = "
                      "r.sync_id where y.kind = 'bulk' and r.outcome <> 'same' and r.deal_id not "
                      "in (select deal_id from deal_event where action = 'delete')"));
    crm_close(&b);
}

DB_TEST(a_bulk_read_is_asked_for_by_days_and_told_deal_by_deal)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);

    struct answer a =
        crm_ask(&b, "POST /api/v1/crm/syncs", "{\"from\":\"2026-01-30\",\"to\":\"2026-01-31\"}");
    check_int(202, a.status);
    check_str(S("bulk|running|0|-"), syncs(&b));
    crm_job(&b, "crm.bulk");
    crm_drain(&b);

    struct answer list = crm_ask(&b, "GET /api/v1/crm/syncs", NULL);
    int64_t seen = answer_int(cx, &list, "items.0.seen");
    check(seen > 0);
    check_str(S("ok"), answer_text(cx, &list, "items.0.state"));
    check_int(seen, answer_int(cx, &list, "items.0.missed"));
    check_int(0, answer_int(cx, &list, "items.0.waiting"));
    check_int(0, sql_int(cx, &b.s,
                         "select count(*) from deal_event where at < 1769713200000 or at >= "
                         "1769886000000 and event_key not like '%%:closed'"));

    struct answer page = crm_ask(&b, "GET /api/v1/crm/syncs/1/results?limit=2", NULL);
    struct str next = answer_text(cx, &page, "next");
    check(next.len > 0);
    check(answer_int(cx, &page, "items.0.sale_id") > 0);
    struct answer more = crm_ask(
        &b,
        arena_fmt(cx->arena, "GET /api/v1/crm/syncs/1/results?limit=2&cursor=%.*s", STR_FMT(next))
            .ptr,
        NULL);
    check(!str_eq(answer_text(cx, &page, "items.0.deal_id"),
                  answer_text(cx, &more, "items.0.deal_id")));
    struct answer none = crm_ask(&b, "GET /api/v1/crm/syncs/1/results?outcome=failed", NULL);
    check_str(S("{\"items\":[],\"next\":null}"), none.body);

    slice_refuses(cx, &b.s, "POST /api/v1/crm/syncs",
                  "{\"from\":\"2026-02-01\",\"to\":\"2026-01-01\"}", "to", "before_from");
    crm_ask(&b, "DELETE /api/v1/crm/connections/1", NULL);
    check_int(409, crm_ask(&b, "POST /api/v1/crm/syncs",
                           "{\"from\":\"2026-01-30\",\"to\":\"2026-01-31\"}")
                       .status);
    crm_close(&b);
}

DB_TEST(a_bulk_read_that_was_cut_short_is_taken_up_again)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    sql_script(cx, &b.s,
               "insert into crm_sync (crm_account_id, kind, from_at, to_at, started_at, state, "
               "n_seen) values (1, 'bulk', 1769713200000, 1769799600000, 1, 'running', 7), "
               "(1, 'read_back', 5, 6, 1, 'running', 7)");

    crm_job(&b, "crm.bulk");
    crm_job(&b, "crm.read_back");

    check_int(0, sql_int(cx, &b.s, "select count(*) from crm_sync where state = 'running'"));
    check_str(S("read_back|failed|7|the program ended before it was done"),
              sql_rows(cx, &b.s, "kind, state, n_seen, error", "from crm_sync where id = 2"));
    check_int(sql_int(cx, &b.s, "select count(*) from crm_sync_result where sync_id = 1"),
              sql_int(cx, &b.s, "select n_seen from crm_sync where id = 1"));
    crm_close(&b);
}

DB_TEST(what_reading_back_found_is_kept_for_a_quarter)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    crm_job(&b, "crm.read_back");
    crm_drain(&b);
    fake_clock_advance(test_clock(cx), 89 * DAY_MS);
    crm_job(&b, "crm.watch");
    check_int(1, sql_int(cx, &b.s, "select count(*) from crm_sync"));
    check(sql_int(cx, &b.s, "select count(*) from crm_sync_result") > 0);

    fake_clock_advance(test_clock(cx), 2 * DAY_MS);
    crm_job(&b, "crm.watch");
    check_int(0, sql_int(cx, &b.s, "select count(*) from crm_sync"));
    check_int(0, sql_int(cx, &b.s, "select count(*) from crm_sync_result"));
    crm_close(&b);
}

/* ---- hooks that do not say when ---- */

static struct str body(struct crm_bench *b, const char *text, const char *deal)
{
    return arena_fmt(b->cx->arena,
                     "leads[status][0][id]=%s&leads[status][0][status_id]=%s&"
                     "leads[status][0][pipeline_id]=1&account[id]=%.*s",
                     deal, text, STR_FMT(sim_world(b->sim)->crm_account));
}

DB_TEST(a_deal_of_a_hook_without_price_and_time_is_read_by_its_number)
{
    struct crm_bench b;
    crm_open(cx, t, &b);
    crm_paste(&b);
    crm_job(&b, "crm.read_wide");
    crm_drain(&b);
    struct str deal = sql_rows(cx, &b.s, "deal_id", "from sale where state = 'won' limit 1");
    struct str real = sql_rows(cx, &b.s, "state, price_micros, status_id",
                               "from sale s where "
                               "state = 'won' limit 1");
    sql_script(cx, &b.s,
               "delete from credit; delete from sale; delete from deal_event; "
               "delete from inbox_event");
    fake_clock_advance(test_clock(cx), MINUTE_MS);

    slice_hook(cx, &b.s, body(&b, "142", deal.ptr));
    slice_hook(cx, &b.s, body(&b, "142", "99999999"));
    check_str(S("0"),
              sql_rows(cx, &b.s, "price_micros", "from sale where price_micros = 0 limit 1"));
    check_int(2, sql_int(cx, &b.s,
                         "select count(*) from crm_sync_result where outcome = 'waiting'"
                         " and detail is null"));
    sql_script(cx, &b.s, "update crm_connection set read_until = %lld", (long long)now_ms(cx));
    crm_job(&b, "crm.read_back");
    crm_drain(&b);

    struct str rest = arena_fmt(cx->arena, "from sale s where deal_id = '%.*s'", STR_FMT(deal));
    check_str(real, sql_rows(cx, &b.s, "state, price_micros, status_id", rest.ptr));
    check_str(S("the CRM has no such deal any more"),
              sql_rows(cx, &b.s, "detail", "from crm_sync_result where deal_id = '99999999'"));
    check_int(0, sql_int(cx, &b.s, "select count(*) from crm_sync where state = 'running'"));
    crm_close(&b);
}

/* ---- whose hooks are believed ---- */

static enum err hook(struct crm_bench *b, struct str bytes, struct str *why)
{
    struct ctx own = *b->cx;
    struct tx *tx = NULL;
    struct inbox_event e = {.source = S("amocrm"), .body = bytes, .received_at = now_ms(&own)};
    enum err err = tx_begin(&own, b->s.app->db, TX_WRITE, &tx);

    if (!err)
        err = b->s.app->inbox_sources[0].accept(tx, b->s.app, &e, &(struct inbox_result){0});
    if (!err)
        err = tx_commit(tx);
    tx_end(&tx);
    *why = arena_str(b->cx->arena, str_of(own.why));
    return err;
}

DB_TEST(once_a_crm_is_connected_hooks_of_others_are_not_believed)
{
    struct crm_bench b;
    struct str why;
    crm_open(cx, t, &b);
    struct str stranger = S("leads[add][0][id]=7&account[id]=5&account[subdomain]=evil");
    struct str nobody = S("leads[add][0][id]=8");
    struct str by_name = S("leads[add][0][id]=9&account[subdomain]=agency");

    check_ok(hook(&b, stranger, &why));
    crm_paste(&b);
    check_err(hook(&b, stranger, &why), ERR_INPUT);
    check_str(S("the hook is of CRM account 5 (evil), which is not connected here"), why);
    check_err(hook(&b, nobody, &why), ERR_INPUT);
    check_ok(hook(&b, by_name, &why));
    check_int(1, sql_int(cx, &b.s,
                         "select count(*) from sale s join crm_account a on a.id = "
                         "s.crm_account_id where a.subdomain = 'agency' and s.deal_id = '9'"));
    crm_ask(&b, "DELETE /api/v1/crm/connections/2", NULL);
    sql_script(cx, &b.s, "update crm_connection set state = 'off'");
    check_ok(hook(&b, stranger, &why));
    crm_close(&b);
}

DB_TEST(prices_are_in_the_currency_that_the_crm_says)
{
    struct crm_bench b;
    struct job_run r;
    struct str why;
    crm_open(cx, t, &b);
    struct str won = arena_fmt(
        cx->arena,
        "leads[status][0][id]=7&leads[status][0][status_id]=142&leads[status][0][price]=100&"
        "leads[status][0][last_modified]=1769900000&account[id]=%.*s",
        STR_FMT(sim_world(b.sim)->crm_account));
    check_ok(hook(&b, won, &why));
    sql_script(cx, &b.s,
               "update crm_account set currency = 'USD'; "
               "update sale set currency = 'USD'; update payment set currency = 'USD'");

    crm_paste(&b); /* the account counts in tenge */
    slice_job(cx, &b.s, "sales.refold", &r);

    check_int(1, r.written);
    check_str(S("KZT|KZT"), sql_rows(cx, &b.s, "s.currency, p.currency",
                                     "from sale s join payment p on p.sale_id = s.id"));
    check_str(S("2026-02-01"), dirty(cx, &b.s));
    slice_job(cx, &b.s, "sales.refold", &r);
    check_int(1, r.seen);
    check_int(0, r.written);
    check_str(S(""), dirty(cx, &b.s));
    crm_close(&b);
}
