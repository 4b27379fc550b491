/* The inbox as the only truth: whatever order its events are worked up in, and however often, the
 * facts are the same. Hooks and reads of the CRM, forms, stages, Lead Ads and chats, all about the
 * same people. */
#include "core/inbox.h"
#include "deals.h"

#include <string.h>

enum { MOST = 200, ROUNDS = 6, DEALS = 8 };
#define JAN20_MS (JAN20 * 1000)
#define HOUR_S 3600
#define FORM "application/x-www-form-urlencoded; site=1"

struct told { /* one event, as it came */
    const char *source, *type;
    struct str body;
    int64_t at_ms;
};
struct scene {
    struct told at[MOST];
    size_t n;
};

static void say(struct scene *sc, const char *source, int64_t after_s, struct str body)
{
    bool is_json = body.len && body.ptr[0] == '{';

    check(sc->n < MOST);
    sc->at[sc->n++] =
        (struct told){source, is_json ? "application/json" : FORM, body, (JAN20 + after_s) * 1000};
}

/* A deal's life: made, moved, paid, and for some of them lost, taken away, or given back. */
static void say_deal(struct ctx *cx, struct scene *sc, int deal)
{
    static const char *const sources[] = {"fb_a", "fb_b", NULL, "strange"};
    const char *source = sources[deal % 4];
    int64_t t = deal * HOUR_S;
    struct event life[] = {
        {"add",     deal, JAN20 + t,       "100",                    "7",  "5000", source, "Deal",       JAN20 + t},
        {"status",  deal, JAN20 + t + 60,  "142",                    "7",  "5000", source, "Deal",       JAN20 + t},
        {"update",  deal, JAN20 + t + 120, "142",                    "7",  "6500", source, "Deal again", JAN20 + t},
        {"status",  deal, JAN20 + t + 180, deal % 2 ? "143" : "142", "7",  "6500", NULL,   NULL,         0        },
        {"delete",  deal, JAN20 + t + 240, NULL,                     NULL, NULL,   NULL,   NULL,         0        },
        {"restore", deal, JAN20 + t + 300, "142",                    "7",  "7000", source, NULL,         0        },
    };
    size_t n = deal % 3 == 0 ? 6 : deal % 3 == 1 ? 5 : 4;

    for (size_t i = 0; i < n; i++)
        say(sc, "amocrm", t + (int64_t)i * 60 + 5, body_of(cx, 1, &life[i], 1));
    say(sc, "amocrm", t + 3000, body_of(cx, 1, life, n)); /* told once more, all in one */
}

static void say_read(struct ctx *cx, struct scene *sc, int deal, const char *phone)
{
    long long made = JAN20 + deal * HOUR_S;

    say(sc, "amocrm.read", deal * HOUR_S + 4000,
        arena_fmt(
            cx->arena,
            "{\"sync\":null,\"account\":{\"id\":1,\"subdomain\":\"shop\"},\"lead\":{\"id\":%d,"
            "\"name\":\"Deal read\",\"price\":8000,\"status_id\":142,\"pipeline_id\":7,"
            "\"responsible_user_id\":77,\"created_at\":%lld,\"updated_at\":%lld,"
            "\"closed_at\":%lld,\"custom_fields_values\":null},\"contacts\":[{\"id\":%d,"
            "\"name\":\"Anna\",\"custom_fields_values\":[{\"field_id\":1,\"field_name\":"
            "\"Phone\",\"field_code\":\"PHONE\",\"values\":[{\"value\":\"%s\"}]}]}]}",
            deal, made, made + 400, made + 400, deal + 500, phone));
}

static void say_people(struct ctx *cx, struct scene *sc)
{
    say(sc, "lead", -7200, S("lead_id=A&name=Anna&phone=87012223344&utm_source=fb_a&gclid=G1"));
    say(sc, "lead", -3600, S("lead_id=B&name=Boris&phone=87770001122&utm_source=fb_b"));
    say(sc, "lead", 600, S("lead_id=A2&name=Anna&phone=8 701 222 33 44&email=anna@x.kz"));
    say(sc, "lead", 86400, S("lead_id=C&name=Clara&email=ANNA@x.kz&utm_source=strange"));
    say(sc, "lead", 86400 * 3, S("lead_id=B&name=Boris B&phone=87770001122&utm_source=fb_b"));
    say(sc, "event", 700, S("stage=webinar&phone=87012223344"));
    say(sc, "event", 800, S("stage=webinar&phone=87770001122"));
    say(sc, "event", 90000, S("stage=form&lead_id=C"));
    say(sc, "leadgen", 500,
        arena_fmt(cx->arena,
                  "{\"object\":\"page\",\"entry\":[{\"id\":\"77\",\"time\":%lld,\"changes\":[{"
                  "\"field\":\"leadgen\",\"value\":{\"leadgen_id\":\"9876543210\",\"page_id\":"
                  "\"77\",\"form_id\":\"5\",\"ad_id\":\"9001\",\"created_time\":%lld}}]}]}",
                  JAN20 + 490LL, JAN20 + 480LL));
    say(sc, "leadgen.read", 560,
        S("{\"id\":\"9876543210\",\"created_time\":\"2026-01-20T06:08:00+0000\",\"ad_id\":\"9001\","
          "\"campaign_id\":\"101\",\"form_id\":\"5\",\"field_data\":[{\"name\":\"full_name\","
          "\"values\":[\"Boris\"]},{\"name\":\"phone_number\",\"values\":[\"+77770001122\"]}]}"));
    say(sc, "whatsapp", 1200,
        arena_fmt(
            cx->arena,
            "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\",\"changes\":[{"
            "\"field\":\"messages\",\"value\":{\"messaging_product\":\"whatsapp\",\"metadata\":"
            "{\"phone_number_id\":\"5\"},\"contacts\":[{\"profile\":{\"name\":\"Anna\"},"
            "\"wa_id\":\"77012223344\"}],\"messages\":[{\"from\":\"77012223344\",\"id\":"
            "\"wamid.A\",\"timestamp\":\"%lld\",\"type\":\"text\",\"text\":{\"body\":\"hi\"},"
            "\"referral\":{\"source_url\":\"https://fb.me/x\",\"source_type\":\"ad\","
            "\"source_id\":\"9001\",\"ctwa_clid\":\"click\"}}]}}]}]}",
            JAN20 + 1200LL));
}

static void write_scene(struct ctx *cx, struct scene *sc)
{
    sc->n = 0;
    for (int deal = 1; deal <= DEALS; deal++)
        say_deal(cx, sc, deal);
    say_read(cx, sc, 2, "+7 701 222 33 44");
    say_read(cx, sc, 3, "+7 777 000 11 22");
    say_read(cx, sc, DEALS + 1, "+7 705 000 00 01"); /* no hook ever told of it */
    say_people(cx, sc);
}

/* ---- facts without the numbers of rows ---- */

#define LEAD_OF(id) "(select x.source_kind || ' ' || x.external_id from lead x where x.id = " id ")"

static struct str facts(struct ctx *cx, struct slice_app *s)
{
    struct str parts[] = {
        sql_rows(
            cx, s,
            "s.deal_id, s.state, s.price_micros, s.day, s.created_at, s.modified_at, s.won_at, "
            "s.utm_source, s.name, s.product_id, s.responsible_id, " LEAD_OF("s.lead_id"),
            "from sale s order by 1"),
        sql_rows(cx, s, "s.deal_id, p.kind, p.amount_micros, p.at, p.day",
                 "from payment p join sale s on s.id = p.sale_id order by 1"),
        sql_rows(cx, s,
                 "l.source_kind, l.external_id, l.created_at, l.day, l.utm_source, l.name, "
                 "l.phone_tail, l.ad_external_id, " LEAD_OF(
                     "l.duplicate_of") ", "
                                       "(select min(o.source_kind || o.external_id) from lead o "
                                       "join person q on q.id = "
                                       "o.person_id where coalesce(q.root_id, q.id) = "
                                       "coalesce(p.root_id, p.id))",
                 "from lead l left join person p on p.id = l.person_id order by 1"),
        sql_rows(
            cx, s,
            "c.subject_kind, coalesce(s.deal_id, " LEAD_OF("l.id") "), c.team_id, c.user_id, "
                                                                   "c.reason, " LEAD_OF(
                                                                       "c.via_lead_id"),
            "from credit c left join sale s on c.subject_kind = 'sale' and s.id = c.subject_id "
            "left join lead l on c.subject_kind = 'lead' and l.id = c.subject_id order by 1"),
        sql_rows(cx, s, "e.source, e.stage, e.at, e.day, " LEAD_OF("e.lead_id"),
                 "from stage_event e order by 1"),
        sql_rows(cx, s, LEAD_OF("t.lead_id") ", t.position, t.at, t.utm_source, t.click_id",
                 "from touch t order by 1"),
    };
    struct str all = S("");

    for (size_t i = 0; i < COUNT(parts); i++)
        all = arena_fmt(cx->arena, "%.*s== %zu\n%.*s\n", STR_FMT(all), i, STR_FMT(parts[i]));
    return all;
}

/* Names the first line that differs: the whole is long. */
static void check_same(struct str wanted, struct str got)
{
    struct str a, b, section = S("");

    while (str_cut(&wanted, '\n', &a)) {
        if (str_starts(a, S("== ")))
            section = a;
        if (!str_cut(&got, '\n', &b) || !str_eq(a, b))
            test_fail(TEST_AT("facts"), "%.*s: wanted\n%.*s\ngot\n%.*s", STR_FMT(section),
                      STR_FMT(a), STR_FMT(b));
    }
    check_str(S(""), got);
}

/* ---- telling it ---- */

static void open_app(struct ctx *cx, struct temp_db *t, struct slice_app *s)
{
    slice_app_open(cx, t, s);
    s->app->config.lead_duplicate_days = 30;
    sql_script(cx, s,
               "insert into landing_site (name, origin, created_at) values ('P', 'https://p.kz', "
               "0);"
               "insert into stage_map (pipeline_id, status_id, stage, product_id) values ('7', '', "
               "'lead', 1)");
    check_int(200, slice_status(
                       cx, s, "PUT /api/v1/rules", s->admin,
                       "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"fb_a\","
                       "\"team_id\":1},{\"kind\":\"exact\",\"value\":\"fb_b\",\"team_id\":2}]}"));
    fake_clock_set(test_clock(cx), JAN20_MS + 10 * 86400000LL);
}

static void tell_one(struct ctx *cx, struct slice_app *s, const struct told *e, int copy)
{
    core_app_sql(cx, &s->core,
                 "insert into inbox_event (source, dedupe_key, received_at, content_type, body, "
                 "next_at, signature) values ($1, $2, $3, $4, $5, 0, 'ok') returning id",
                 ARGS(a_str("a", str_of(e->source)),
                      a_str("b", arena_fmt(cx->arena, "%p %d", (const void *)e, copy)),
                      a_int("c", e->at_ms + copy * 1000), a_str("d", str_of(e->type)),
                      a_blob("e", e->body)));
}

static void work(struct ctx *cx, struct slice_app *s)
{
    struct job_run r;

    slice_job(cx, s, "inbox.drain", &r);
    check_str(S(""),
              sql_rows(cx, s, "id, source, error", "from inbox_event where state <> 'done'"));
}

static void forget_all(struct ctx *cx, struct slice_app *s)
{
    sql_script(cx, s,
               "delete from credit; delete from sale_activity; delete from payment; "
               "delete from sale; delete from deal_event; delete from stage_event; "
               "delete from touch; delete from identity_key; delete from person_merge; "
               "delete from lead_ad_fetch; delete from lead; update person set root_id = null; "
               "delete from person; "
               "delete from inbox_event");
}

static void shuffle(uint64_t *seed, size_t *order, size_t n)
{
    for (size_t i = n - 1; i > 0; i--) {
        size_t k = (size_t)test_random_between(seed, 0, (int64_t)i);
        size_t keep = order[i];
        order[i] = order[k];
        order[k] = keep;
    }
}

/* Each event and its second delivery, which came a second later, in this order. */
static struct str told_so(struct ctx *cx, struct slice_app *s, const struct scene *sc,
                          const size_t *order)
{
    for (size_t i = 0; i < 2 * sc->n; i++)
        tell_one(cx, s, &sc->at[order[i] / 2], (int)(order[i] % 2));
    work(cx, s);
    return facts(cx, s);
}

DB_TEST(any_order_gives_the_same_facts_and_a_second_delivery_adds_none)
{
    struct slice_app s;
    struct scene *sc = arena_new_of(cx->arena, struct scene);
    size_t order[2 * MOST];
    uint64_t seed = 20260120;
    open_app(cx, t, &s);
    write_scene(cx, sc);
    for (size_t i = 0; i < 2 * sc->n; i++)
        order[i] = i;
    struct str wanted = told_so(cx, &s, sc, order);
    check(wanted.len > 2000);
    check_int(DEALS + 1, sql_int(cx, &s, "select count(*) from sale"));

    for (int round = 0; round < ROUNDS; round++) {
        forget_all(cx, &s);
        shuffle(&seed, order, 2 * sc->n);
        check_same(wanted, told_so(cx, &s, sc, order));
    }
    slice_app_close(&s);
}

static struct str sums(struct ctx *cx, struct slice_app *s)
{
    struct job_run r;

    slice_job(cx, s, "metrics.build", &r);
    return sql_rows(cx, s, "day, team_id, product_id, revenue_kzt, leads, sales, n_sources",
                    "from rollup_team_day order by day, team_id, product_id, user_id");
}

DB_TEST(handing_the_whole_inbox_in_again_changes_no_fact_and_no_sum)
{
    struct slice_app s;
    struct scene *sc = arena_new_of(cx->arena, struct scene);
    uint64_t seed = 7;
    open_app(cx, t, &s);
    write_scene(cx, sc);
    for (size_t i = 0; i < sc->n; i++)
        tell_one(cx, &s, &sc->at[i], 0);
    work(cx, &s);
    struct str wanted = facts(cx, &s), summed = sums(cx, &s);
    /* Tokens last for minutes, and the clock was set to another time. */
    struct str admin = core_app_token(cx, &s.core, sql_int(cx, &s, "select min(id) from app_user"));

    for (int round = 0; round < ROUNDS; round++) {
        struct answer a =
            slice_ask(cx, &s, "POST /api/v1/inbox/replay", admin, "{\"state\":\"all\"}");
        check_int((int64_t)sc->n, answer_int(cx, &a, "count"));
        for (size_t i = 1; i <= sc->n; i++)
            sql_script(cx, &s, "update inbox_event set next_at = %lld where id = %zu",
                       (long long)test_random_between(&seed, 0, 1000), i);
        work(cx, &s);
        check_same(wanted, facts(cx, &s));
        check_str(summed, sums(cx, &s));
    }
    check_int(ROUNDS, sql_int(cx, &s, "select min(replays) from inbox_event"));
    slice_app_close(&s);
}
