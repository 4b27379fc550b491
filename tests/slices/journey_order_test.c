/* Every door at once: pages, deals, chats and stages of the same people, worked off in any order
 * and more than once, come to the same facts; and a step that fails leaves nothing behind. */
#include "attribution/attribution.h"
#include "db_fault.h"
#include "leads/leads.h"
#include "slice_app.h"

#include <string.h>

#define T0 1768888800000LL /* 2026-01-20, 11:00 in Almaty */
#define HOUR 3600000LL

typedef enum err accept_fn(struct tx *tx, struct app *app, const struct inbox_event *e,
                           struct inbox_result *out);
struct incoming {
    accept_fn *accept;
    int64_t after_h; /* hours after T0 */
    const char *type, *body;
};
#define FORM "application/x-www-form-urlencoded; site=1"
#define JSON "application/json; site=1"
#define CHAT(id, from, at, ad, click)                                                              \
    "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\",\"changes\":[{\"field\":"  \
    "\"messages\",\"value\":{\"messaging_product\":\"whatsapp\",\"metadata\":{\"phone_number_"     \
    "id\":"                                                                                        \
    "\"5\"},\"contacts\":[{\"profile\":{\"name\":\"X\"},\"wa_id\":\"" from                         \
    "\"}],\"messages\":[{\"from\":\"" from "\",\"id\":\"" id "\",\"timestamp\":\"" at              \
    "\",\"type\":\"text\",\"text\":{\"body\":\"hi\"},\"referral\":{\"source_type\":\"ad\","        \
    "\"source_id\":\"" ad "\",\"ctwa_clid\":\"" click "\"}}]}}]}]}"
#define DEAL(id, status, at, more)                                                                 \
    "account[id]=1&leads[status][0][id]=" id "&leads[status][0][status_id]=" status                \
    "&leads[status][0][price]=100&leads[status][0][last_modified]=" at                             \
    "&leads[status][0][date_create]=1768888800" more
#define TAG(source)                                                                                \
    "&leads[status][0][custom_fields][0][code]=UTM_SOURCE&leads[status][0][custom_fields][0]"      \
    "[values][0][value]=" source

/* Anna: two forms, a deal known by a stage event, a chat. Boris: a deal without tags, a form before
 * it. Clara and Dana become one person by the last form. */
static const struct incoming story[] = {
    {attribution_accept_lead,     0,                    FORM,                                            "lead_id=a1&phone=8 701 222 33 44&utm_source=fb_a"                                                              },
    {attribution_accept_lead,     5,                    FORM,                                            "lead_id=a2&phone=+77012223344&email=anna@x.kz"                                                                 },
    {attribution_accept_lead,     80,                   FORM,                                            "lead_id=a3&email=ANNA@x.kz&fbclid=IwAR0clickclick"                                                             },
    {attribution_accept_whatsapp, 200,                  "application/json",
     CHAT("wamid.A",                                                                                                                                                                                                       "77012223344", "1769608800", "9001", "ctwa-click-id")},
    {attribution_accept_event,               81,                             JSON,
     "{\"stage\":\"webinar\",\"email\":\"anna@x.kz\",\"deal_id\":7,\"at\":1769180400}"                                                                                                                                                                           },
    {attribution_accept_event,           82,JSON,                  "{\"stage\":\"call\",\"lead_id\":\"a3\"}"},
    {attribution_accept_amocrm,               90,                                 FORM,                      DEAL("7",                                                                                                                                                                                "1", "1769220000", "")},
    {attribution_accept_amocrm,           95,FORM,             DEAL("7","142", "1769230000", "")},
    {attribution_accept_lead,                        1,                                            FORM,                                                                   "lead_id=b1&phone=87770001122&utm_source=fb_b"                                                                                                                                                                      },
    {attribution_accept_event,                   30,                                  JSON,
     "{\"stage\":\"registration\",\"phone\":\"8 777 000 11 22\",\"deal_id\":\"8\"}"                                                                                                                                                                                                                           },
    {attribution_accept_amocrm,     31, FORM, DEAL("8", "142", "1769000000", "")},
    {attribution_accept_amocrm,    33,    FORM,              DEAL("9",                                                                                                                                       "142", "1769000000", TAG("fb_a"))},
    {attribution_accept_lead,   40,                 FORM,                                                            "lead_id=c1&phone=+55 11 8123-4567&utm_source=fb_a"                                                                                                                                                                   },
    {attribution_accept_lead,               45,                                FORM,                                                                               "lead_id=d1&email=dana@x.kz&utm_source=fb_b"                                                                                                                                                                      },
    {attribution_accept_lead,                       99,                                FORM,                                                             "lead_id=cd&email=dana@x.kz&phone=5511 98123 4567"                          },
    {attribution_accept_event,                           98,                         JSON,                                                                    "{\"stage\":\"nobody\",\"phone\":\"87001112233\"}"                                                                                                                                                               },
};

static enum err take(struct ctx *cx, struct slice_app *s, size_t i)
{
    enum err err;
    struct tx *tx = NULL;
    struct inbox_result out = {0};
    struct inbox_event e = {.id = (int64_t)i + 1,
                            .content_type = str_of(story[i].type),
                            .body = str_of(story[i].body),
                            .received_at = T0 + story[i].after_h * HOUR};

    TRY(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    TRY(story[i].accept(tx, s->app, &e, &out));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

static void open_app(struct ctx *cx, struct temp_db *t, struct slice_app *s)
{
    slice_app_open(cx, t, s);
    s->app->config.lead_duplicate_days = 30;
    sql_script(
        cx, s,
        "insert into landing_site (name, origin, created_at) values ('P', 'https://p.kz', 0);"
        "insert into ad_account (platform, external_id, name, currency, tz, status, "
        "first_seen_at) values ('meta', '11', 'One', 'USD', 'Asia/Almaty', 1, 0);"
        "insert into campaign (account_id, external_id, name, seen_at) values "
        "(1, '101', 'Spring', 0);"
        "insert into ad_set (account_id, campaign_id, external_id, name, seen_at) values "
        "(1, 1, '111', 'S', 0);"
        "insert into ad (account_id, campaign_id, ad_set_id, external_id, name, seen_at) "
        "values (1, 1, 1, '9001', 'Ad', 0)");
    check_int(200, slice_status(
                       cx, s, "PUT /api/v1/rules", s->admin,
                       "{\"note\":\"n\",\"rules\":[{\"kind\":\"exact\",\"value\":\"fb_a\","
                       "\"team_id\":1},{\"kind\":\"exact\",\"value\":\"fb_b\",\"team_id\":2}]}"));
}

/* All that the doors make, by names instead of row numbers. */
static struct str facts(struct ctx *cx, struct slice_app *s)
{
    struct str leads = sql_rows(
        cx, s,
        "l.source_kind, l.external_id, l.day, l.learned_at, l.inbox_id, l.utm_source, "
        "(select min(o.external_id) from lead o where o.person_id = l.person_id), d.external_id, "
        "c.team_id, c.reason, c.campaign_id, v.external_id",
        "from lead l left join lead d on d.id = l.duplicate_of "
        "left join credit c on c.subject_kind = 'lead' and c.subject_id = l.id "
        "left join lead v on v.id = c.via_lead_id order by l.source_kind, l.external_id");
    struct str sales =
        sql_rows(cx, s, "s.deal_id, s.state, c.team_id, c.reason, c.campaign_id, v.external_id",
                 "from sale s left join credit c on c.subject_kind = 'sale' and "
                 "c.subject_id = s.id left join lead v on v.id = c.via_lead_id "
                 "order by s.deal_id");
    struct str stages = sql_rows(cx, s,
                                 "e.stage, e.source, e.at, e.event_key, e.inbox_id, l.external_id, "
                                 "coalesce(p.root_id, p.id) = p.id",
                                 "from stage_event e left join lead l on l.id = e.lead_id "
                                 "left join person p on p.id = e.person_id "
                                 "order by e.source, e.event_key");
    struct str touches =
        sql_rows(cx, s, "l.external_id, t.position, t.at, t.utm_source, t.click_kind",
                 "from touch t join lead l on l.id = t.lead_id order by l.external_id, t.position");

    return arena_fmt(cx->arena, "%.*s\n--\n%.*s\n--\n%.*s\n--\n%.*s", STR_FMT(leads),
                     STR_FMT(sales), STR_FMT(stages), STR_FMT(touches));
}

static void forget(struct ctx *cx, struct slice_app *s)
{
    sql_script(cx, s,
               "delete from credit; delete from touch; delete from stage_event;"
               "delete from payment; delete from sale_activity; delete from sale;"
               "delete from deal_event; delete from identity_key; delete from person_merge;"
               "update lead set person_id = null; update person set root_id = null;"
               "delete from person; delete from lead");
}

DB_TEST(all_doors_in_any_order_and_with_repeats_give_the_same_facts)
{
    struct slice_app s;
    uint64_t seed = 20260120;
    size_t order[COUNT(story)];
    struct str first = {0};
    struct attribution_result r;
    open_app(cx, t, &s);

    for (size_t i = 0; i < COUNT(story); i++)
        order[i] = i;
    for (int round = 0; round < 12; round++) {
        for (size_t i = 0; i < COUNT(story); i++) {
            check_ok(take(cx, &s, order[i]));
            if (test_random_between(&seed, 0, 3) == 0)
                check_ok(take(cx, &s, order[test_random_between(&seed, 0, (int64_t)i)]));
        }
        struct str now = facts(cx, &s);
        first = first.len ? first : now;
        check_str(first, now);
        check_ok(attribution_run(cx, s.app, &(struct attribution_ask){.only_stale = true}, &r));
        check_int(0, r.moved);
        forget(cx, &s);
        for (size_t i = COUNT(story) - 1; i > 0; i--) {
            size_t k = (size_t)test_random_between(&seed, 0, (int64_t)i), keep = order[i];
            order[i] = order[k];
            order[k] = keep;
        }
    }
    /* The deal of Anna, whom only a stage event ties to it, takes her newest tags before it. */
    check_holds(S("7|won|1|exact|-|1/a1"), first);
    check_holds(S("8|won|2|exact|-|1/b1"), first);
    check_holds(S("webhook|1769180400000"), first);
    check_holds(S("crm|1/8|"), first);
    slice_app_close(&s);
}

/* ---- what fails ---- */

struct failing {
    struct slice_app *s;
    size_t i;
    struct str before;
};

static enum err take_failing(struct ctx *cx, void *self)
{
    struct failing *f = self;

    return take(cx, f->s, f->i);
}

static void is_as_before(struct ctx *cx, void *self)
{
    struct failing *f = self;

    check_str(f->before, facts(cx, f->s));
}

DB_TEST(a_step_that_fails_anywhere_leaves_nothing_of_the_event_behind)
{
    struct slice_app s;
    struct failing f = {.s = &s};
    static const size_t hard[] = {2, 3, 4, 6, 14}; /* that join people, and repeat others */
    open_app(cx, t, &s);

    for (size_t i = 0; i < COUNT(story); i++) {
        bool is_hard = false;
        for (size_t k = 0; k < COUNT(hard); k++)
            is_hard = is_hard || hard[k] == i;
        f.i = i;
        if (!is_hard) {
            check_ok(take(cx, &s, i));
            continue;
        }
        f.before = facts(cx, &s);
        check(db_fault_each(cx, &(struct fault_case){take_failing, is_as_before, &f}) > 10);
    }
    slice_app_close(&s);
}
