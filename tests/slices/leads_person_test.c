/* Who is who: the same people and the same duplicates in whatever order they are heard of. */
#include "base/calendar.h"
#include "leads/leads_inside.h"
#include "slice_app.h"

#include <stdio.h>
#include <string.h>

#define HOUR (3600 * 1000LL)
#define DAY (24 * HOUR)
#define T0 1768888800000LL /* 2026-01-20, 11:00 in Almaty */

/* ---- which of a person's leads count ---- */

struct made {
    const char *kind;
    int64_t at_h; /* hours after T0 */
    int repeats;  /* index of the lead that it must repeat; -1: it counts */
};

static void check_duplicates(struct ctx *cx, const struct made *made, size_t n, int64_t days)
{
    uint64_t seed = 7;
    struct person_lead *at = arena_alloc(cx->arena, sizeof *at * n, _Alignof(struct person_lead));

    for (int round = 0; round < 20; round++) {
        struct person_leads leads = {at, n, n};
        for (size_t i = 0; i < n; i++)
            at[i] = (struct person_lead){.id = (int64_t)i + 1,
                                         .source_kind = str_of(made[i].kind),
                                         .external_id = arena_fmt(cx->arena, "%zu", i),
                                         .created_at = T0 + made[i].at_h * HOUR};
        for (size_t i = n - 1; i > 0; i--) {
            size_t k = (size_t)test_random_between(&seed, 0, (int64_t)i);
            struct person_lead keep = at[i];
            at[i] = at[k];
            at[k] = keep;
        }
        person_find_duplicates(&leads, days);
        for (size_t i = 0; i < n; i++)
            check_int(made[at[i].id - 1].repeats + 1, at[i].duplicate_of);
    }
}

TEST(a_deal_repeats_the_newest_other_lead_of_the_month_before)
{
    static const struct made leads[] = {
        {"landing", 0,       -1},
        {"lead_ad", 48,      -1},
        {"crm",     49,      1 },
        {"crm",     24 * 40, -1}, /* forty days after the first, thirty-eight after the second */
        {"crm",     24 * 32, 1 },
        {"crm",     -23,     0 }, /* typed in before the form came */
        {"crm",     -25,     -1},
    };

    check_duplicates(cx, leads, COUNT(leads), 30);
}

TEST(a_form_sent_again_within_a_day_is_one_lead)
{
    static const struct made leads[] = {
        {"landing",  0,  -1},
        {"landing",  1,  0 },
        {"whatsapp", 24, 0 },
        {"landing",  25, -1}, /* a day after the one that counts, not after the last */
        {"import",   26, 3 },
        {"crm",      25, 3 },
        {"crm",      2,  0 }, /* of what repeats itself it is the one that counts */
    };

    check_duplicates(cx, leads, COUNT(leads), 30);
}

TEST(deals_alone_are_not_each_others_repeats)
{
    static const struct made leads[] = {
        {"crm", 0, -1},
        {"crm", 1, -1},
    };

    check_duplicates(cx, leads, COUNT(leads), 30);
}

TEST(leads_of_one_moment_are_told_apart_by_kind_and_id)
{
    static const struct made leads[] = {
        {"landing",  0, -1},
        {"landing",  0, 0 },
        {"whatsapp", 0, 0 },
        {"crm",      0, 0 },
    };

    check_duplicates(cx, leads, COUNT(leads), 0);
}

TEST(a_stage_is_about_the_newest_lead_that_was_there)
{
    struct person_lead at[] = {
        {.id = 1, .source_kind = S("landing"), .external_id = S("a"), .created_at = 100          },
        {.id = 2, .source_kind = S("landing"), .external_id = S("b"), .created_at = 200 + 2 * DAY},
        {.id = 3, .source_kind = S("landing"), .external_id = S("c"), .created_at = 300 + 2 * DAY},
    };
    struct person_leads leads = {at, 3, 3};

    person_find_duplicates(&leads, 30);
    check_int(1, person_lead_at(&leads, 50));
    check_int(1, person_lead_at(&leads, 2 * DAY));
    check_int(2, person_lead_at(&leads, 200 + 2 * DAY));
    check_int(2, person_lead_at(&leads, 9 * DAY)); /* the third repeats the second */
    leads.n = 0;
    check_int(0, person_lead_at(&leads, 9 * DAY));
}

/* ---- with a database ---- */

struct told { /* what is told of one lead; told again it may say more */
    const char *kind, *id;
    int64_t at_h;
    const char *phone, *email, *click;
};

static int64_t tell(struct ctx *cx, struct slice_app *s, const struct told *l)
{
    struct tx *tx = NULL;
    int64_t id = 0;
    struct str phone = str_of(l->phone), email = str_of(l->email);
    struct str day = day_at(cx->arena, s->app->zone, T0 + l->at_h * HOUR);
    struct lead_new lead = {.source_kind = str_of(l->kind),
                            .external_id = str_of(l->id),
                            .created_at = T0 + l->at_h * HOUR,
                            .day = day,
                            .learned_at = T0};

    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(lead_put(tx, &lead, &id));
    check_ok(lead_identify(tx, s->app, id,
                           &(struct lead_keys){.phones = &phone,
                                               .nphones = phone.len ? 1 : 0,
                                               .emails = &email,
                                               .nemails = email.len ? 1 : 0,
                                               .fbclid = str_of(l->click)}));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    return id;
}

/* Each lead with the first of its person and the one it repeats, by their names. */
static struct str people(struct ctx *cx, struct slice_app *s)
{
    return sql_rows(
        cx, s,
        "l.source_kind || l.external_id, (select min(o.source_kind || o.external_id) from "
        "lead o where o.person_id = l.person_id), d.source_kind || d.external_id",
        "from lead l left join lead d on d.id = l.duplicate_of "
        "order by l.source_kind, l.external_id");
}

static void forget(struct ctx *cx, struct slice_app *s)
{
    sql_script(cx, s,
               "delete from identity_key; update lead set person_id = null;"
               "delete from person_merge; update person set root_id = null;"
               "delete from person; delete from stage_event; delete from lead");
}

static void shuffle(struct told *list, size_t n, uint64_t *seed)
{
    for (size_t i = n - 1; i > 0; i--) {
        size_t k = (size_t)test_random_between(seed, 0, (int64_t)i);
        struct told keep = list[i];
        list[i] = list[k];
        list[k] = keep;
    }
}

DB_TEST(people_and_duplicates_are_the_same_in_any_order_and_however_often_told)
{
    struct slice_app s;
    uint64_t seed = 20260120;
    struct told list[] = {
        {"landing",  "a", 0,   "8 701 222 33 44",   NULL,        NULL             },
        {"landing",  "b", 2,   NULL,                "x@mail.ru", NULL             },
        {"landing",  "c", 50,  "+77012223344",      "x@mail.ru", NULL             },
        {"crm",      "1", 3,   NULL,                "X@mail.ru", NULL             },
        {"lead_ad",  "d", 100, NULL,                NULL,        "IwAR0clickclick"},
        {"whatsapp", "e", 101, "5511 8123 4567",    NULL,        "IwAR0clickclick"},
        {"crm",      "2", 102, "+55 11 98123-4567", NULL,        NULL             },
        {"landing",  "f", 300, "not a phone",       NULL,        NULL             },
        {"landing",  "a", 0,   "8 701 222 33 44",   NULL,        NULL             },
        {"landing",  "g", 60,  "8 777 000 11 22",   NULL,        NULL             },
        {"landing",  "g", 60,  "8 777 000 11 22",   "y@mail.ru", NULL             },
        {"import",   "h", 400, "8 702 000 11 22",   "y@mail.ru", NULL             },
    };
    slice_app_open(cx, t, &s);
    s.app->config.lead_duplicate_days = 30;

    for (int round = 0; round < 25; round++) {
        for (size_t i = 0; i < COUNT(list); i++)
            tell(cx, &s, &list[i]);
        for (size_t i = 0; i < 4; i++)
            tell(cx, &s, &list[test_random_between(&seed, 0, COUNT(list) - 1)]);
        check_str(S("crm1|crm1|landinga\n"
                    "crm2|crm2|lead_add\n"
                    "importh|importh|-\n"
                    "landinga|crm1|-\n"
                    "landingb|crm1|landinga\n"
                    "landingc|crm1|-\n"
                    "landingf|-|-\n"
                    "landingg|importh|-\n"
                    "lead_add|crm2|-\n"
                    "whatsappe|crm2|lead_add"),
                  people(cx, &s));
        forget(cx, &s);
        shuffle(list, COUNT(list), &seed);
    }
    slice_app_close(&s);
}

/* The partition by brute force: leads that share a key belong together, until nothing changes. */
static void check_partition(struct ctx *cx, struct slice_app *s, const struct told *list, size_t n)
{
    int group[64];

    for (size_t i = 0; i < n; i++)
        group[i] = (int)i;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < n; k++)
                if (group[k] < group[i] &&
                    ((list[i].phone && list[k].phone && !strcmp(list[i].phone, list[k].phone)) ||
                     (list[i].email && list[k].email && !strcmp(list[i].email, list[k].email)))) {
                    group[i] = group[k];
                    is_changed = true;
                }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            check_int(
                group[i] == group[k],
                sql_int(cx, s,
                        "select count(*) from lead a join lead b on a.person_id = b.person_id "
                        "where a.external_id = '%s' and b.external_id = '%s'",
                        list[i].id, list[k].id));
}

DB_TEST(persons_are_what_hangs_together_by_shared_keys)
{
    struct slice_app s;
    uint64_t seed = 4711;
    struct told list[16];
    slice_app_open(cx, t, &s);

    for (int round = 0; round < 6; round++) {
        for (size_t i = 0; i < COUNT(list); i++) {
            int64_t phone = test_random_between(&seed, 0, 9),
                    email = test_random_between(&seed, 0, 9);
            list[i] = (struct told){"landing",
                                    str_z(cx->arena, arena_fmt(cx->arena, "%zu", i)),
                                    test_random_between(&seed, 0, 500),
                                    NULL,
                                    NULL,
                                    NULL};
            if (phone < 7)
                list[i].phone =
                    str_z(cx->arena, arena_fmt(cx->arena, "8701000112%lld", (long long)phone));
            if (email < 6 || !list[i].phone)
                list[i].email =
                    str_z(cx->arena, arena_fmt(cx->arena, "m%lld@x.kz", (long long)email));
            tell(cx, &s, &list[i]);
        }
        check_partition(cx, &s, list, COUNT(list));
        forget(cx, &s);
    }
    slice_app_close(&s);
}

static const struct told anna[] = {
    {"landing", "a", 0,  "8 701 222 33 44", NULL,        NULL},
    {"landing", "b", 2,  "8 701 222 33 44", NULL,        NULL},
    {"landing", "c", 60, "8 701 222 33 44", "x@mail.ru", NULL},
};

DB_TEST(a_merge_is_undone_stays_undone_and_can_be_redone)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    for (size_t i = 0; i < COUNT(anna); i++)
        tell(cx, &s, &anna[i]);
    check_str(S("landinga|landinga|-\nlandingb|landinga|landinga\nlandingc|landinga|-"),
              people(cx, &s));
    check_int(2, sql_int(cx, &s, "select count(*) from person_merge where kind = 'phone'"));
    sql_script(cx, &s, "delete from rollup_dirty");
    const char *undo =
        str_z(cx->arena, arena_fmt(cx->arena, "POST /api/v1/person-merges/%lld/undo",
                                   (long long)sql_int(cx, &s, "select min(id) from person_merge")));
    const char *redo =
        str_z(cx->arena, arena_fmt(cx->arena, "POST /api/v1/person-merges/%lld/redo",
                                   (long long)sql_int(cx, &s, "select min(id) from person_merge")));

    struct answer a = slice_ask(cx, &s, undo, s.admin, "");
    check_int(200, a.status);
    check_holds(S("\"undone_at\":1"), a.body);
    check_str(S("landinga|landinga|-\nlandingb|landingb|-\nlandingc|landinga|-"), people(cx, &s));
    check_str(S("2026-01-20"), sql_rows(cx, &s, "day", "from rollup_dirty order by day"));

    for (size_t i = 0; i < COUNT(anna); i++) /* told again it does not come back */
        tell(cx, &s, &anna[i]);
    check_str(S("landinga|landinga|-\nlandingb|landingb|-\nlandingc|landinga|-"), people(cx, &s));

    a = slice_ask(cx, &s, redo, s.admin, "");
    check_int(200, a.status);
    check_holds(S("\"undone_at\":null"), a.body);
    check_str(S("landinga|landinga|-\nlandingb|landinga|landinga\nlandingc|landinga|-"),
              people(cx, &s));
    check_int(403, slice_status(cx, &s, undo, s.lead, ""));
    check_int(404, slice_status(cx, &s, "POST /api/v1/person-merges/999/undo", s.admin, ""));
    check_int(404, slice_status(cx, &s, "POST /api/v1/person-merges/x/redo", s.admin, ""));
    check_int(2, sql_int(cx, &s, "select count(*) from audit_log where action like 'person.%%'"));
    slice_app_close(&s);
}

DB_TEST(no_phone_and_no_address_is_in_the_database)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    tell(cx, &s, &anna[2]);
    check_int(0, sql_int(cx, &s,
                         "select count(*) from lead where phone_tail is not null and "
                         "length(phone_tail) > 4"));
    check_int(2, sql_int(cx, &s, "select count(*) from identity_key where length(hash) = 32"));
    slice_app_close(&s);
}

DB_TEST(the_stages_of_the_crm_are_replaced_and_others_stay)
{
    struct slice_app s;
    struct tx *tx = NULL;
    const struct lead_stage first[] = {
        {S("lead"), T0,        T0, 0},
        {S("won"),  T0 + HOUR, T0, 0},
        {S("won"),  T0 + HOUR, T0, 0},
    };
    slice_app_open(cx, t, &s);
    int64_t id = tell(cx, &s, &anna[0]);
    sql_script(cx, &s,
               "insert into stage_event (lead_id, stage, at, day, learned_at, source, event_key) "
               "values (%lld, 'call', 1, '2026-01-20', 1, 'webhook', 'k')",
               (long long)id);

    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    check_ok(lead_stages_put(tx, s.app, id, first, COUNT(first)));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_str(S("call|2026-01-20\nlead|2026-01-20\nwon|2026-01-20"),
              sql_rows(cx, &s, "stage, day", "from stage_event order by at"));
    check_int(2, sql_int(cx, &s, "select count(*) from stage_event where person_id is not null"));

    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    check_ok(lead_stages_put(tx, s.app, id, first, 1));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_str(S("call\nlead"), sql_rows(cx, &s, "stage", "from stage_event order by at"));
    slice_app_close(&s);
}
