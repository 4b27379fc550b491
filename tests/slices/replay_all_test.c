/* The whole inbox, every source of it: whatever order its events are told and worked off in,
 * however often, in one go or around a build of the sums, the facts and the sums are the same. */
#include "app/tables.h"
#include "lead_ads.h"
#include "replay_facts.h"
#include "replay_scene.h"

enum { ORDERS = 20, ORDERS_POSTGRES = 3 };
#define NOW_MS ((JAN20 + 20 * 86400) * 1000)

static void open_app(struct ctx *cx, struct temp_db *t, struct slice_app *s)
{
    fake_clock_set(test_clock(cx), NOW_MS);
    slice_app_open(cx, t, s);
    s->app->config.lead_duplicate_days = 30;
    sql_script(
        cx, s,
        "insert into landing_site (name, origin, created_at) values ('P', 'https://p.kz', 0);"
        "insert into stage_map (pipeline_id, status_id, stage, product_id, funnel_stage) values "
        "('7', '', 'lead', 1, 'deal'), ('7', '501', 'prepaid', 1, null);"
        "insert into ad_account (platform, external_id, name, currency, tz, status, "
        "first_seen_at) values ('meta', '11', 'One', 'USD', 'Asia/Almaty', 1, 0);"
        "insert into ad_account_binding (account_id, team_id, valid_from, created_at) values "
        "(1, 1, '2026-01-20', 0);"
        "insert into campaign (account_id, external_id, name, seen_at) values "
        "(1, '101', 'Spring', 0);"
        "insert into ad_set (account_id, campaign_id, external_id, name, seen_at) values "
        "(1, 1, '111', 'S', 0);"
        "insert into ad (account_id, campaign_id, ad_set_id, external_id, name, seen_at) "
        "values (1, 1, 1, '9001', 'Ad', 0);"
        "insert into ad_fact (account_id, day, ad_id, spend_micros, impressions, clicks, "
        "link_clicks, leads, purchases, purchase_micros, version, learned_at) values "
        "(1, '2026-01-20', 1, 1500000, 9, 1, 1, 1, 0, 0, 1, 0), "
        "(1, '2026-01-24', 1, 2500000, 9, 1, 1, 1, 0, 0, 1, 0);"
        "insert into rollup_dirty (day) values ('2026-01-20'), ('2026-01-24')");
    check_int(200,
              slice_status(cx, s, "PUT /api/v1/rules", s->admin,
                           "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"fb_a\","
                           "\"team_id\":1},{\"kind\":\"exact\",\"value\":\"fb_b\",\"team_id\":2},"
                           "{\"kind\":\"responsible\",\"value\":\"77\",\"team_id\":2}]}"));
    /* Keys of persons and of stages are hashed with it; tokens were signed with another. */
    memset(s->app->secret_key, 7, sizeof s->app->secret_key);
}

static void put_one(struct tx *tx, const struct told *e)
{
    struct ctx *cx = tx_ctx(tx);
    bool is_new;
    int64_t id;

    fake_clock_set(test_clock(cx), e->at_ms);
    check_ok(inbox_store(tx,
                         &(struct inbox_new){.source = str_of(e->source),
                                             .dedupe_key = e->key,
                                             .content_type = str_of(e->type),
                                             .body = e->body,
                                             .signature = "ok"},
                         &id, &is_new));
}

struct part { /* of a scene, in some order */
    const struct scene *scene;
    const size_t *order;
    size_t from, to;
};

/* Told in this order, so that they are worked off in it; one here and there is told twice. */
static void put(struct ctx *cx, struct slice_app *s, const struct part *p, uint64_t *seed)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    for (size_t i = p->from; i < p->to; i++) {
        put_one(tx, &p->scene->at[p->order[i]]);
        if (test_random_between(seed, 0, 4) == 0)
            put_one(tx, &p->scene->at[p->order[test_random_between(seed, 0, (int64_t)i)]]);
    }
    check_ok(tx_commit(tx));
    tx_end(&tx);
    fake_clock_set(test_clock(cx), NOW_MS);
    sql_script(cx, s, "update inbox_event set next_at = 0 where state = 'new'");
}

static void drain(struct ctx *cx, struct slice_app *s)
{
    struct job_run r;

    slice_job(cx, s, "inbox.drain", &r);
    check_int(0, sql_int(cx, s, "select count(*) from inbox_event where state = 'new'"));
}

static void build(struct ctx *cx, struct slice_app *s)
{
    struct job_run r;

    slice_job(cx, s, "attribution.run", &r);
    slice_job(cx, s, "metrics.build", &r);
}

/* Some of what is done is worked off once more, in an order of its own. */
static void repeat_some(struct ctx *cx, struct slice_app *s, uint64_t *seed)
{
    sql_script(cx, s,
               "update inbox_event set state = 'new', next_at = (id * %lld) %% 997 "
               "where (id * %lld) %% 5 = 0 and state = 'done'",
               (long long)test_random_between(seed, 1, 900),
               (long long)test_random_between(seed, 1, 4));
    drain(cx, s);
}

static void shuffle(uint64_t *seed, size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n - 1; i > 0; i--) {
        size_t k = (size_t)test_random_between(seed, 0, (int64_t)i);
        size_t keep = order[i];
        order[i] = order[k];
        order[k] = keep;
    }
}

/* As it came, all at once: what every other way must come to. */
static struct str tell_plainly(struct ctx *cx, struct slice_app *s, struct scene *sc)
{
    size_t order[SCENE_MOST];
    uint64_t seed = 1;

    for (size_t i = 0; i < sc->n; i++)
        order[i] = i;
    put(cx, s, &(struct part){sc, order, 0, sc->n}, &seed);
    drain(cx, s);
    build(cx, s);
    return all_facts(cx, s);
}

static struct str tell_shuffled(struct ctx *cx, struct slice_app *s, struct scene *sc,
                                uint64_t *seed)
{
    size_t order[SCENE_MOST];
    size_t middle = (size_t)test_random_between(seed, 1, (int64_t)sc->n - 1);

    shuffle(seed, order, sc->n);
    put(cx, s, &(struct part){sc, order, 0, middle}, seed);
    drain(cx, s);
    repeat_some(cx, s, seed);
    if (test_random_between(seed, 0, 1))
        build(cx, s);
    put(cx, s, &(struct part){sc, order, middle, sc->n}, seed);
    drain(cx, s);
    repeat_some(cx, s, seed);
    build(cx, s);
    return all_facts(cx, s);
}

/* The scene is about something: each list of facts has rows, and what it should show is there. */
static void check_scene(struct ctx *cx, struct slice_app *s, struct str facts)
{
    check_holds(S("|won|"), facts);
    check_holds(S("|deleted|"), facts);
    check_holds(S("|lost|"), facts);
    check_holds(S("|refund|"), facts);
    check_holds(S("|prepayment|"), facts);
    check_int(9, sql_int(cx, s, "select count(distinct source) from inbox_event"));
    check_int(
        9, sql_int(cx, s, "select count(distinct source) from inbox_event where state = 'done'"));
    check(sql_int(cx, s, "select count(*) from inbox_event where state = 'parked'") > 5);
    check(sql_int(cx, s, "select count(*) from lead where duplicate_of is not null") > 3);
    check(sql_int(cx, s, "select count(*) from person where root_id is not null") > 3);
    check(sql_int(cx, s, "select count(*) from credit where via_lead_id is not null") > 1);
    check(sql_int(cx, s, "select count(*) from stage_event where source = 'crm'") > 5);
    check(sql_int(cx, s, "select count(*) from rollup_day where spend_kzt > 0") > 0);
    /* Told in four parts: of each thing what was said last. */
    check_str(S("Zhan B|2233|101|5|fb_a|2026-01-21"),
              sql_rows(cx, s, "name, phone_tail, campaign_external_id, form_id, utm_source, day",
                       "from lead where external_id = '0/77'"));
    check_str(S("Anna K|3345"),
              sql_rows(cx, s, "name, phone_tail", "from lead where external_id = '1/102'"));
    check_str(S("505000000"),
              sql_rows(cx, s, "rate_micros", "from fx_rate where day = '2026-01-20'"));
}

DB_TEST(any_order_of_all_sources_with_repeats_gives_the_same_facts_and_sums)
{
    struct slice_app s;
    struct scene *sc = arena_new_of(cx->arena, struct scene);
    uint64_t seed = 20260120;
    int orders = t->engine == TEMP_SQLITE ? ORDERS : ORDERS_POSTGRES;
    open_app(cx, t, &s);
    write_scene(cx, sc);
    struct str wanted = tell_plainly(cx, &s, sc);
    check_scene(cx, &s, wanted);
    slice_app_close(&s);

    for (int i = 0; i < orders; i++) {
        struct temp_db own;
        struct slice_app other;
        temp_db_open(cx, &own, t->engine);
        open_app(cx, &own, &other);
        struct str when = arena_fmt(cx->arena, "order %d", i);
        check_same_facts(wanted, tell_shuffled(cx, &other, sc, &seed), str_z(cx->arena, when));
        slice_app_close(&other);
        temp_db_close(&own);
    }
}

DB_TEST(handing_in_all_of_it_again_changes_no_fact_and_no_sum)
{
    struct slice_app s;
    struct scene *sc = arena_new_of(cx->arena, struct scene);
    uint64_t seed = 11;
    open_app(cx, t, &s);
    write_scene(cx, sc);
    struct str wanted = tell_plainly(cx, &s, sc);
    struct str admin = core_app_token(cx, &s.core, sql_int(cx, &s, "select min(id) from app_user"));
    int64_t activity = sql_int(cx, &s, "select count(*) from sale_activity");

    for (int round = 0; round < 3; round++) {
        struct answer a =
            slice_ask(cx, &s, "POST /api/v1/inbox/replay", admin, "{\"state\":\"all\"}");
        check_int((int64_t)sc->n, answer_int(cx, &a, "count"));
        sql_script(cx, &s, "update inbox_event set next_at = (id * %lld) %% 997",
                   (long long)test_random_between(&seed, 1, 996));
        drain(cx, &s);
        build(cx, &s);
        check_same_facts(wanted, all_facts(cx, &s), "again");
    }
    check_int(3, sql_int(cx, &s, "select min(replays) from inbox_event"));
    check_int(activity, sql_int(cx, &s, "select count(*) from sale_activity"));
    slice_app_close(&s);
}

/* What people decided in between stands: they know more than the file does. */
DB_TEST(handing_in_again_does_not_undo_what_a_person_entered_since)
{
    struct slice_app s;
    struct scene *sc = arena_new_of(cx->arena, struct scene);
    open_app(cx, t, &s);
    write_scene(cx, sc);
    tell_plainly(cx, &s, sc);
    struct str admin = core_app_token(cx, &s.core, sql_int(cx, &s, "select min(id) from app_user"));
    int64_t merge = sql_int(cx, &s, "select min(id) from person_merge");
    check_int(
        201,
        slice_status(cx, &s, "POST /api/v1/rates", admin,
                     "{\"base\":\"USD\",\"quote\":\"KZT\",\"day\":\"2026-01-20\",\"rate\":499.5}"));
    struct str undo =
        arena_fmt(cx->arena, "POST /api/v1/person-merges/%lld/undo", (long long)merge);
    check_int(200, slice_status(cx, &s, str_z(cx->arena, undo), admin, NULL));
    build(cx, &s);
    struct str wanted = all_facts(cx, &s);

    slice_ask(cx, &s, "POST /api/v1/inbox/replay", admin, "{\"state\":\"all\"}");
    drain(cx, &s);
    build(cx, &s);

    check_same_facts(wanted, all_facts(cx, &s), "after people");
    check_int(499500000,
              sql_int(cx, &s, "select rate_micros from fx_rate where day = '2026-01-20'"));
    slice_app_close(&s);
}

/* ---- events that cannot be worked off ---- */

static struct str without_inbox(struct str facts)
{
    struct str all = facts, line;

    while (str_cut(&facts, '\n', &line) && !str_starts(line, S("== from inbox_event")))
        continue;
    return (struct str){all.ptr, (size_t)(line.ptr - all.ptr)};
}

/* In the middle of a page of events, of every source. */
DB_TEST(an_event_that_nobody_understands_parks_alone_and_disturbs_nothing)
{
    struct slice_app s, other;
    struct temp_db own;
    struct scene *sc = arena_new_of(cx->arena, struct scene);
    open_app(cx, t, &s);
    write_scene(cx, sc);
    struct str wanted = without_inbox(tell_plainly(cx, &s, sc));
    int64_t parked = sql_int(cx, &s, "select count(*) from inbox_event where state = 'parked'");
    slice_app_close(&s);

    temp_db_open(cx, &own, t->engine);
    open_app(cx, &own, &other);
    size_t n = sc->n;
    for (size_t i = 0; i < table_ninbox; i++)
        SAY(table_inbox[i].name, SCENE_JSON, (int64_t)i * 9000, S("{\"half\":"));
    SAY("nobody", SCENE_JSON, 100, S("{}"));
    uint64_t seed = 5;
    tell_shuffled(cx, &other, sc, &seed);

    check_same_facts(wanted, without_inbox(all_facts(cx, &other)), "with poison");
    check_int(parked + (int64_t)(sc->n - n),
              sql_int(cx, &other, "select count(*) from inbox_event where state = 'parked'"));
    check_int(parked + (int64_t)(sc->n - n),
              sql_int(cx, &other, "select count(*) from inbox_event where error is not null"));
    slice_app_close(&other);
    temp_db_close(&own);
}

/* ---- a repaired secret ---- */

static void platform_says(struct ctx *cx, struct slice_app *s, struct str body, int status)
{
    struct str headers =
        arena_fmt(cx->arena, "Content-Type: application/json\r\nX-Hub-Signature-256: %.*s\r\n",
                  STR_FMT(forms_sign(cx, body)));

    check_int(status, ask_for(cx, s->core.port, "POST", "/webhook/facebook/leadgen",
                              str_z(cx->arena, headers), body)
                          .status);
}

/* The platform's webhooks and what else is told about the same people. */
static void say_all_signed(struct ctx *cx, struct slice_app *s, int status)
{
    struct scene *sc = arena_new_of(cx->arena, struct scene);
    size_t order[SCENE_MOST];
    uint64_t seed = 3;

    sc->n = 0;
    say_forms(cx, sc);
    shuffle(&seed, order, sc->n);
    put(cx, s, &(struct part){sc, order, 0, sc->n}, &seed);
    platform_says(cx, s, FORM_HOOK(FORM_CHANGE("901", "9001", "1768889280")), status);
    platform_says(cx, s,
                  CHATS("Anna", "77012223344",
                        CHAT("wamid.A", "77012223344", FROM_AD("9001", "ctwa-click-a"))),
                  status);
    drain(cx, s);
    build(cx, s);
}

static struct str repaired_facts(struct ctx *cx, struct slice_app *s)
{
    struct str parts = S("");
    struct str *all = &parts;

    FACTS("lead l", "l.source_kind, l.external_id, l.created_at, l.learned_at, l.name, "
                    "l.phone_tail, l.ad_external_id, " LEAD_OF("l.duplicate_of") ", " PERSON_OF(
                        "l.person_id"));
    FACTS("stage_event e", "e.event_key, e.stage, " LEAD_OF("e.lead_id"));
    FACTS("credit c", LEAD_OF("c.subject_id") ", c.team_id, c.reason, " LEAD_OF("c.via_lead_id"));
    sum_facts(cx, s, all);
    return parts;
}

DB_TEST(webhooks_that_waited_for_the_right_secret_come_to_what_they_would_have_come_to_at_once)
{
    struct slice_app s, other;
    struct temp_db own;
    open_app(cx, t, &s);
    s.app->config.meta_app_secret = S("testsecret");
    say_all_signed(cx, &s, 200);
    struct str wanted = repaired_facts(cx, &s);
    check_holds(S("whatsapp|wamid.A|"), wanted);
    check_holds(S("lead_ad|901|"), wanted);
    slice_app_close(&s);

    temp_db_open(cx, &own, t->engine);
    open_app(cx, &own, &other);
    other.app->config.meta_app_secret = S("a mistyped one");
    say_all_signed(cx, &other, 403);
    check_int(2, sql_int(cx, &other,
                         "select count(*) from inbox_event where state = 'parked' and "
                         "signature = 'bad' and error is not null"));
    struct str admin =
        core_app_token(cx, &other.core, sql_int(cx, &other, "select min(id) from app_user"));
    other.app->config.meta_app_secret = S("testsecret");
    slice_ask(cx, &other, "POST /api/v1/inbox/replay", admin, "{\"state\":\"parked\"}");
    drain(cx, &other);
    build(cx, &other);

    check_same_facts(wanted, repaired_facts(cx, &other), "after the repair");
    slice_app_close(&other);
    temp_db_close(&own);
}
