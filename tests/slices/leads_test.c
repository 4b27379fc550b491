/* People who may buy: one lead however often it is told, on the day it happened. */
#include "leads/leads.h"
#include "slice_app.h"

static int64_t put(struct ctx *cx, struct slice_app *s, struct lead_new lead)
{
    struct tx *tx = NULL;
    int64_t id = 0;

    check_ok(tx_begin(cx, s->app->db, TX_WRITE, &tx));
    check_ok(lead_put(tx, &lead, &id));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    return id;
}

static struct lead_new lead(const char *kind, const char *id, const char *day)
{
    return (struct lead_new){.source_kind = str_of(kind),
                             .external_id = str_of(id),
                             .created_at = 1,
                             .day = str_of(day),
                             .learned_at = 2};
}

static struct str dirty(struct ctx *cx, struct slice_app *s)
{
    struct str days = sql_rows(cx, s, "day", "from rollup_dirty order by day");

    sql_script(cx, s, "delete from rollup_dirty");
    return days;
}

DB_TEST(a_lead_told_twice_is_one_lead_with_what_was_said_last)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);
    struct lead_new first = lead("crm", "1/7", "2026-01-20"), again = first;
    first.utm = (struct utm){S("fb_a"), S("cpc"), S("spring"), S("9001"), S("term")};
    again.utm = (struct utm){.source = S("fb_b")};

    int64_t id = put(cx, &s, first);
    check_str(S("fb_a|cpc|spring|9001|term"),
              sql_rows(cx, &s, "utm_source, utm_medium, utm_campaign, utm_content, utm_term",
                       "from lead"));
    check_int(id, put(cx, &s, again));

    check_str(S("fb_b|-|-|-|-"),
              sql_rows(cx, &s, "utm_source, utm_medium, utm_campaign, utm_content, utm_term",
                       "from lead"));
    slice_app_close(&s);
}

DB_TEST(the_same_number_from_another_door_is_another_lead)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    int64_t crm = put(cx, &s, lead("crm", "7", "2026-01-20"));
    int64_t form = put(cx, &s, lead("landing", "7", "2026-01-20"));

    check(crm != form);
    check_int(2, sql_int(cx, &s, "select count(*) from lead"));
    slice_app_close(&s);
}

DB_TEST(a_lead_marks_its_day_and_the_day_it_leaves)
{
    struct slice_app s;
    slice_app_open(cx, t, &s);

    put(cx, &s, lead("crm", "1/7", "2026-01-20"));
    check_str(S("2026-01-20"), dirty(cx, &s));
    put(cx, &s, lead("crm", "1/7", "2026-01-18"));
    check_str(S("2026-01-18\n2026-01-20"), dirty(cx, &s));
    check_str(S("2026-01-18"), sql_rows(cx, &s, "day", "from lead"));
    slice_app_close(&s);
}

DB_TEST(a_lead_from_nowhere_is_refused)
{
    struct slice_app s;
    struct tx *tx = NULL;
    struct lead_new wrong = lead("pigeon", "1", "2026-01-20");
    int64_t id;
    slice_app_open(cx, t, &s);

    check_ok(tx_begin(cx, s.app->db, TX_WRITE, &tx));
    check(lead_put(tx, &wrong, &id) != OK);
    tx_end(&tx);
    ctx_forgive(cx);
    check_int(0, sql_int(cx, &s, "select count(*) from lead"));
    slice_app_close(&s);
}
