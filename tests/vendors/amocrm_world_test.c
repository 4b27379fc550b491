/* amocrm_world_test.c: the client against the simulated CRM: what is read is what is true there. */
#include "base/crypto.h"
#include "sim/sim.h"
#include "test.h"
#include "vendors/amocrm_rest.h"

#include <stdlib.h>
#include <string.h>

static const int64_t day_ms = 86400000;

struct scene {
    struct ctx *cx;
    struct sim *sim;
    const struct world *w;
    struct upstream up;
    struct amo_api api;
    VEC(struct amo_deal) deals; /* as they came, twins too */
    VEC(struct amo_contact) contacts;
};

static void scene_start(struct ctx *cx, struct scene *s, int history_days)
{
    struct sim_options o = {
        .world = {.seed = 42, .history_days = history_days},
          .clock = cx->clock
    };

    *s = (struct scene){.cx = cx};
    check_ok(sim_start(cx, &o, &s->sim));
    s->w = sim_world(s->sim);
    s->up = (struct upstream){
        .name = "amocrm",
        .base_url = sim_amo_url(s->sim),
        .connect_ms = 5000,
        .total_ms = 20000,
        .max_reply = 16 << 20,
        .retry = {.max_tries = 5, .base_ms = 5000, .cap_ms = 120000}
    };
    s->api = (struct amo_api){
        .upstream = &s->up, .host = S("agency.amocrm.ru"), .token = sim_amo_token(s->sim)};
    check_ok(fetcher_new(cx, (struct str){0}, &random_system, &s->api.fetcher));
}

static void scene_end(struct scene *s)
{
    fetcher_free(&s->api.fetcher);
    sim_stop(&s->sim);
}

static enum err keep_deals(struct ctx *cx, const struct json_in *rows, void *self)
{
    struct scene *s = self;
    struct json_iter it = json_iter(rows);
    struct ctx own = *cx;
    enum err err = OK;

    own.arena = s->cx->arena;
    for (const struct json_in *row; (row = json_next(&it, NULL));)
        TRY(amo_rest_lead_read(&own, row, NULL, vec_add(s->cx->arena, &s->deals)));
out:
    return err;
}

static enum err keep_contacts(struct ctx *cx, const struct json_in *rows, void *self)
{
    struct scene *s = self;
    struct json_iter it = json_iter(rows);
    struct ctx own = *cx;
    enum err err = OK;

    own.arena = s->cx->arena;
    for (const struct json_in *row; (row = json_next(&it, NULL));)
        TRY(amo_rest_contact_read(&own, row, vec_add(s->cx->arena, &s->contacts)));
out:
    return err;
}

static enum err read_deals(struct scene *s, const struct amo_leads_ask *ask)
{
    struct amo_walk walk = {.page = keep_deals, .self = s};
    struct amo_reply last;

    return amo_each_lead_page(s->cx, &s->api, ask, &walk, &last);
}

static const struct amo_deal *deal_of(const struct scene *s, int64_t id)
{
    struct str text = arena_fmt(s->cx->arena, "%lld", (long long)id);

    for (size_t i = 0; i < s->deals.n; i++)
        if (str_eq(s->deals.at[i].id, text))
            return &s->deals.at[i];
    return NULL;
}

static int64_t distinct(const struct scene *s)
{
    int64_t n = 0;

    for (size_t i = 0; i < s->deals.n; i++) {
        bool is_new = true;
        for (size_t k = 0; k < i && is_new; k++)
            is_new = !str_eq(s->deals.at[k].id, s->deals.at[i].id);
        n += is_new;
    }
    return n;
}

/* The deal's last step by now; NULL: it is not there yet. */
static const struct world_step *now_of(const struct scene *s, const struct world_deal *d)
{
    const struct world_step *last = NULL;

    for (int i = 0; i < d->nsteps && d->steps[i].at_ms <= sim_moment(s->sim).now_ms; i++)
        last = &d->steps[i];
    return last;
}

static void check_deal(struct scene *s, const struct world_deal *d, const struct world_step *step)
{
    const struct amo_deal *got = deal_of(s, d->id);
    struct world_tags tags;

    if (!got)
        test_fail(TEST_AT("the deal"), "%lld was not read", (long long)d->id);
    world_deal_tags(s->w, s->cx->arena, d, &tags);
    check_str(step->status, got->status_id);
    check_str(d->pipeline->id, got->pipeline_id);
    check_int(step->price * 1000000, got->price_micros.v);
    check_int(step->at_ms, got->updated_at.v);
    check_int(d->created_ms / 1000 * 1000, got->created_at.v);
    check_int(d->responsible, atoll(str_z(s->cx->arena, got->responsible_user_id)));
    check_str(str_trim(tags.source), got->tracking.source);
    check_str(str_trim(tags.campaign), got->tracking.campaign);
    check_str(str_trim(tags.content), got->tracking.content);
    check_str(str_trim(tags.term), got->tracking.term);
    check_str(s->w->crm_account, got->account_id);
    check_int(1, got->ncontact_ids);
    check_int(str_eq(step->status, S("142")) || str_eq(step->status, S("143")),
              got->closed_at.known);
}

TEST(every_deal_of_the_world_is_read_as_it_stands)
{
    struct scene s;
    struct world_deal d;
    int64_t alive = 0, gone = 0;

    scene_start(cx, &s, 15);
    check_ok(read_deals(&s, &(struct amo_leads_ask){.limit = 50}));
    for (int64_t day = s.w->first_day; day <= s.w->today + 1; day++)
        for (uint32_t source = 0; source < world_nsources(s.w); source++)
            for (uint32_t k = 0; k < world_ndeals(s.w, source, day); k++) {
                if (!world_deal(s.w, &(struct world_ref){source, day, k}, &d))
                    continue;
                const struct world_step *step = now_of(&s, &d);
                if (!step)
                    continue;
                if (step->action == WORLD_DELETED) {
                    check(!deal_of(&s, d.id));
                    gone++;
                    continue;
                }
                check_deal(&s, &d, step);
                alive++;
            }
    check_int(alive, distinct(&s));
    check(alive > 100 && gone > 0);

    s.deals.n = 0;
    check_ok(read_deals(&s, &(struct amo_leads_ask){.only_deleted = true}));
    check_int(gone, distinct(&s));
    check(s.deals.at[0].is_deleted);
    scene_end(&s);
}

TEST(a_window_brings_what_was_touched_since)
{
    struct scene s;

    scene_start(cx, &s, 10);
    int64_t now = sim_moment(s.sim).now_ms;
    check_ok(read_deals(&s, &(struct amo_leads_ask){.from_ms = now - day_ms, .to_ms = now}));
    check(s.deals.n > 5);
    for (size_t i = 0; i < s.deals.n; i++)
        check(s.deals.at[i].updated_at.v >= now - day_ms && s.deals.at[i].updated_at.v <= now);
    s.deals.n = 0;
    check_ok(read_deals(&s, &(struct amo_leads_ask){.from_ms = now + day_ms}));
    check_int(0, s.deals.n);
    scene_end(&s);
}

TEST(the_contacts_of_deals_are_read_with_their_phones)
{
    struct scene s;
    struct amo_reply last;
    VEC(struct str) ids = {0};

    scene_start(cx, &s, 5);
    check_ok(read_deals(&s, &(struct amo_leads_ask){.limit = 20}));
    for (size_t i = 0; i < s.deals.n && ids.n < AMO_MAX_IDS; i++)
        *vec_add(cx->arena, &ids) = s.deals.at[i].contact_ids[0];
    struct amo_call call = amo_call_contacts(ids.at, ids.n);
    struct amo_walk walk = {.page = keep_contacts, .self = &s};
    check_ok(amo_each_page(cx, &s.api, &call, &walk, &last));
    check_int((int64_t)ids.n, (int64_t)s.contacts.n);
    size_t emails = 0;
    for (size_t i = 0; i < s.contacts.n; i++) {
        check_int(1, s.contacts.at[i].nphones);
        emails += s.contacts.at[i].nemails;
    }
    check(emails > 0 && emails < s.contacts.n);
    scene_end(&s);
}

TEST(one_deal_is_asked_for_by_its_id)
{
    struct scene s;
    struct amo_reply r;
    struct amo_deal d;

    scene_start(cx, &s, 5);
    check_ok(read_deals(&s, &(struct amo_leads_ask){.limit = 20}));
    struct amo_call call = amo_call_lead(cx->arena, s.deals.at[0].id);
    check_ok(amo_ask(cx, &s.api, &call, &r));
    check_ok(amo_rest_lead_read(cx, r.root, NULL, &d));
    check_str(s.deals.at[0].id, d.id);
    call = amo_call_lead(cx->arena, S("1"));
    check_ok(amo_ask(cx, &s.api, &call, &r));
    check_int(AMO_EMPTY, r.class);
    scene_end(&s);
}

static void add_fault(struct scene *s, const char *kind)
{
    struct ctx *cx = s->cx;
    struct upstream up = s->up;
    struct reply reply;
    struct call call = {
        .method = "POST",
        .path = S("/_fake/fault"),
        .body = arena_fmt(cx->arena, "{\"match\":\"/api/v4/account\",\"kind\":\"%s\"}", kind)};

    up.base_url = str_z(cx->arena, arena_fmt(cx->arena, "http://127.0.0.1:%d", sim_port(s->sim)));
    check_ok(fetch(cx, s->api.fetcher, &up, &call, &reply));
}

TEST(every_named_fault_is_survived_or_named)
{
    static const struct {
        const char *kind;
        enum amo_class class; /* AMO_OK: the next try brought it */
    } faults[] = {
        {"amo_400",             AMO_BUG       },
        {"amo_401",             AMO_RECONNECT },
        {"amo_402",             AMO_UNPAID    },
        {"amo_403_block",       AMO_BLOCKED   },
        {"amo_403_rights",      AMO_PERMISSION},
        {"amo_429",             AMO_OK        },
        {"amo_504",             AMO_OK        },
        {"amo_html",            AMO_OK        },
        {"amo_moved",           AMO_MOVED     },
        {"amo_refresh_revoked", AMO_RECONNECT },
    };
    struct scene s;
    struct amo_reply r;
    struct amo_call call = amo_call_account();

    scene_start(cx, &s, 5);
    for (size_t i = 0; i < COUNT(faults); i++) {
        add_fault(&s, faults[i].kind);
        enum err err = amo_ask(cx, &s.api, &call, &r);
        check_str(str_of(amo_class_slug(faults[i].class)), str_of(amo_class_slug(r.class)));
        check_int(faults[i].class != AMO_OK, err != OK);
        ctx_forgive(cx);
    }
    scene_end(&s);
}

TEST(at_our_pace_the_crm_never_says_slow_down)
{
    struct scene s;
    struct amo_reply r;
    struct amo_call call = amo_call_account();

    scene_start(cx, &s, 5);
    sim_set(s.sim, SIM_CRM_PER_SECOND, 7);
    s.up.per_minute = 300;
    for (int i = 0; i < 40; i++) {
        int64_t before = fake_clock_slept(test_clock(cx));
        check_ok(amo_ask(cx, &s.api, &call, &r));
        check(fake_clock_slept(test_clock(cx)) - before <= 200);
    }
    s.up.per_minute = 0; /* without it we are told so, and wait */
    int64_t before = fake_clock_slept(test_clock(cx));
    for (int i = 0; i < 10; i++)
        check_ok(amo_ask(cx, &s.api, &call, &r));
    check(fake_clock_slept(test_clock(cx)) - before >= 1000);
    scene_end(&s);
}

/* ---- tokens ---- */

static const struct amo_oauth oauth = {S("client-1"), S("secret-1"),
                                       S("http://127.0.0.1:9/crm/callback")};

/* What a browser does: follows the consent to our address, which the test reads. */
static struct str consent(struct scene *s)
{
    struct ctx *cx = s->cx, aside = *cx;
    struct sim_integration of = {oauth.client_id, oauth.client_secret, oauth.redirect_uri};
    struct upstream up = s->up;
    struct str url = amo_consent_url(cx->arena, str_of(sim_amo_www_url(s->sim)), oauth.client_id,
                                     S("state")),
               code = {0};
    struct reply reply;

    sim_integration_set(s->sim, &of);
    size_t www = strlen(sim_amo_www_url(s->sim));
    struct call call = {
        .path = {url.ptr + www, url.len - www}
    };
    up.base_url = sim_amo_www_url(s->sim);
    check_err(fetch(&aside, s->api.fetcher, &up, &call, &reply), ERR_UPSTREAM);
    check_int(302, reply.status);
    struct str to = reply_header(&reply, "location");
    check_holds(S("&state=state&referer=agency.amocrm.ru"), to);
    check(str_cut(&to, '=', &code) && str_cut(&to, '&', &code));
    return code;
}

TEST(a_connection_lives_from_renewal_to_renewal)
{
    struct scene s;
    struct amo_grant first, second, third;
    struct amo_reply r;
    struct amo_call call = amo_call_account();

    scene_start(cx, &s, 5);
    check_ok(amo_grant_by_code(cx, &s.api, &oauth, consent(&s), &first));
    s.api.token = first.access;
    check_ok(amo_ask(cx, &s.api, &call, &r));
    check_str(S("api-a.amocrm.ru"), amo_token_api_domain(cx, first.access));

    fake_clock_advance(test_clock(cx), day_ms);
    check_err(amo_ask(cx, &s.api, &call, &r), ERR_UPSTREAM);
    check_int(AMO_RECONNECT, r.class);
    ctx_forgive(cx);
    struct amo_old_grant old = {first.access, first.refresh};
    check_ok(amo_grant_renew(cx, &s.api, &oauth, &old, &second));
    s.api.token = second.access;
    check_ok(amo_ask(cx, &s.api, &call, &r));

    /* The first refresh token is dead now, and the account has not moved. */
    check_err(amo_grant_renew(cx, &s.api, &oauth, &old, &third), ERR_UPSTREAM);
    check_int(AMO_RECONNECT, third.reply.class);
    scene_end(&s);
}

TEST(an_account_that_was_renamed_is_followed)
{
    struct scene s;
    struct amo_grant first, second;
    struct amo_place place;
    struct amo_reply r;
    struct amo_call call = amo_call_account();

    scene_start(cx, &s, 5);
    check_ok(amo_grant_by_code(cx, &s.api, &oauth, consent(&s), &first));
    s.api.token = first.access;
    sim_set(s.sim, SIM_CRM_MOVED, 1);
    check_err(amo_ask(cx, &s.api, &call, &r), ERR_UPSTREAM);
    check_int(AMO_MOVED, r.class);
    ctx_forgive(cx);
    check_ok(amo_place_by_token(cx, &s.api, str_of(sim_amo_www_url(s.sim)), &place));
    check_str(S("agency-new.amocrm.ru"), place.host);
    check_str(s.w->crm_account, place.account_id);

    struct amo_old_grant old = {first.access, first.refresh};
    check_ok(amo_grant_renew(cx, &s.api, &oauth, &old, &second));
    check_str(S("agency-new.amocrm.ru"), second.host);
    s.api.host = second.host;
    s.api.token = second.access;
    check_ok(amo_ask(cx, &s.api, &call, &r));
    scene_end(&s);
}

/* ---- our own hook ---- */

static enum err keep_hook(struct ctx *cx, const struct json_in *rows, void *self)
{
    return amo_webhook_read(cx, json_at(rows, 0), self);
}

TEST(our_hook_is_made_seen_and_taken_away)
{
    struct scene s;
    struct amo_reply r;
    struct amo_call call, list = amo_call_webhooks();
    struct amo_webhook hook = {0};
    struct amo_walk walk = {.page = keep_hook, .self = &hook};
    struct str to = S("http://127.0.0.1:9/webhook/amocrm/secret");

    scene_start(cx, &s, 5);
    check_ok(amo_each_page(cx, &s.api, &list, &walk, &r));
    check_int(AMO_EMPTY, r.class);
    check_ok(amo_call_webhook_set(cx, to, &call));
    check_ok(amo_ask(cx, &s.api, &call, &r));
    check_ok(amo_each_page(cx, &s.api, &list, &walk, &r));
    check(hook.covers_deals && !hook.is_disabled && hook.id.len > 0);
    check_ok(amo_call_webhook_delete(cx, to, &call));
    check_ok(amo_ask(cx, &s.api, &call, &r));
    check_ok(amo_ask(cx, &s.api, &call, &r)); /* once more does no harm */
    check_int(AMO_EMPTY, r.class);
    scene_end(&s);
}
