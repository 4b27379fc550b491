/* Any body as a lead: what is read is clean, short text; numbers and addresses that come out of it
 * are normal already; and what a page sends twice is the same. */
#include "fuzz.h"

#include "base/calendar.h"
#include "leads/leads_inside.h"

static void check_text(struct str s)
{
    must(s.len <= 1000);
    must(str_is_utf8(s));
}

static void check_visit(const struct lead_visit *v)
{
    check_text(v->utm.source);
    check_text(v->utm.content);
    check_text(v->referrer);
    check_text(v->landing);
    for (size_t i = 0; i < LEAD_CLICKS; i++)
        check_text(v->clicks[i]);
}

static void check_contacts(struct arena *a, const struct lead_said *said)
{
    must(said->nphones <= LEAD_MOST_CONTACTS && said->nemails <= LEAD_MOST_CONTACTS);
    for (size_t i = 0; i < said->nphones; i++) {
        struct str once = phone_normal(a, said->phones[i]);
        struct str again = phone_normal(a, arena_fmt(a, "+%.*s", STR_FMT(once)));
        must(once.len <= 15 && (!once.len || str_eq(once, again)));
        must(lead_phone_tail(a, said->phones[i]).len == (once.len ? 4 : 0));
    }
    for (size_t i = 0; i < said->nemails; i++) {
        struct str once = email_normal(a, said->emails[i]);
        must(str_eq(once, email_normal(a, once)));
    }
}

static void read_one(struct ctx *cx, struct str type, struct str body)
{
    struct lead_said said, again;
    struct identity_keys keys = {0};
    struct app *app = arena_new_of(cx->arena, struct app);
    const struct zone *zone;
    int64_t ms;

    if (lead_read(cx, type, body, &said)) {
        ctx_forgive(cx);
        return;
    }
    check_text(said.name);
    check_text(said.id);
    check_text(said.stage);
    check_visit(&said.first);
    check_visit(&said.last);
    check_contacts(cx->arena, &said);
    identity_keys_of(cx->arena, app,
                     &(struct lead_keys){.phones = said.phones,
                                         .nphones = said.nphones,
                                         .emails = said.emails,
                                         .nemails = said.nemails,
                                         .deal_id = said.deal_id},
                     &keys);
    must(keys.n <= 2 * LEAD_MOST_CONTACTS + 1);
    must(!lead_read(cx, type, body, &again) && str_eq(said.name, again.name));
    must(lead_site_of(lead_content_type(cx->arena, type, 7)) == 7);
    (void)lead_is_somebody(cx->arena, &said);
    if (!zone_find(cx, S("Asia/Almaty"), &zone) && lead_time(zone, said.at, &ms))
        must(ms > -9000000000000000 && ms < 32503680000000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct str body = fuzz_text(data, size);

    read_one(&cx, S("application/x-www-form-urlencoded"), body);
    read_one(&cx, S("application/json"), body);
    return fuzz_end(&cx);
}
