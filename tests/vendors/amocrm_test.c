/* amocrm_test.c: the webhooks as accounts really send them. */
#include "base/form.h"
#include "fake_vendor.h"
#include "test.h"
#include "vendors/amocrm.h"

#include <stdio.h>
#include <string.h>

static struct amo_hook read_body(struct ctx *cx, struct str bytes)
{
    struct amo_hook hook;

    check_ok(amo_hook_read(cx, &(struct amo_body){.bytes = bytes}, &hook));
    return hook;
}

static struct amo_hook read_kept(struct ctx *cx, const char *name)
{
    return read_body(cx, vendor_reply(cx->arena, name));
}

/* All that an event says, as one text to compare. */
static struct str told(struct arena *a, const struct amo_event *e)
{
    const struct amo_tracking *t = &e->tracking;
    struct str tags = {0};

    for (size_t i = 0; i < e->ntags; i++)
        tags = arena_fmt(a, "%.*s[%.*s]", STR_FMT(tags), STR_FMT(e->tags[i]));
    struct str ids = arena_fmt(
        a, "%s %.*s|%.*s|%.*s<%.*s|%.*s<%.*s|%.*s<%.*s|%.*s|%.*s", amo_action_slug(e->action),
        STR_FMT(e->deal_id), STR_FMT(e->name), STR_FMT(e->status_id), STR_FMT(e->old_status_id),
        STR_FMT(e->pipeline_id), STR_FMT(e->old_pipeline_id), STR_FMT(e->responsible_user_id),
        STR_FMT(e->old_responsible_user_id), STR_FMT(e->account_id), STR_FMT(e->subdomain));
    struct str numbers = arena_fmt(
        a, "%d:%lld|%d:%lld|%d:%lld|%d:%lld", e->price_micros.known, (long long)e->price_micros.v,
        e->created_at.known, (long long)e->created_at.v, e->updated_at.known,
        (long long)e->updated_at.v, e->closed_at.known, (long long)e->closed_at.v);
    return arena_fmt(a, "%.*s %.*s %.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s %.*s", STR_FMT(ids),
                     STR_FMT(numbers), STR_FMT(t->source), STR_FMT(t->medium), STR_FMT(t->campaign),
                     STR_FMT(t->content), STR_FMT(t->term), STR_FMT(t->referrer),
                     STR_FMT(t->fbclid), STR_FMT(tags));
}

static struct str all_told(struct arena *a, const struct amo_hook *h)
{
    struct str out = {0};

    for (size_t i = 0; i < h->nevents; i++)
        out = arena_fmt(a, "%.*s%.*s\n", STR_FMT(out), STR_FMT(told(a, &h->events[i])));
    return out;
}

TEST(a_won_deal_is_read_in_full)
{
    struct amo_hook h = read_kept(cx, "amocrm/status_won.txt");

    check_int(1, h.nevents);
    const struct amo_event *e = &h.events[0];
    check_int(AMO_STATUS, e->action);
    check_str(S("10701093"), e->deal_id);
    check_str(S("Заявка с сайта"), e->name);
    check_str(S("142"), e->status_id);
    check(amo_status_is_won(e->status_id) && !amo_status_is_lost(e->status_id));
    check_str(S("20067736"), e->old_status_id);
    check_str(S("9217056"), e->pipeline_id);
    check(e->price_micros.known);
    check_int(22500000000, e->price_micros.v);
    check_int(1770100000000, e->updated_at.v);
    check_int(1770000000000, e->created_at.v);
    check(!e->closed_at.known);
    check_str(S("2079676"), e->responsible_user_id);
    check_str(S("17769199"), e->account_id);
    check_str(S("example"), e->subdomain);
    check_str(S("fb_kenesary"), e->tracking.source);
    check_str(S("Весна + скидка 50%"), e->tracking.campaign);
    check_str(S("IwAR0abcDEF"), e->tracking.fbclid);
    check_str(S(""), e->tracking.medium);
    check_int(2, e->ntags);
    check_str(S("tilda"), e->tags[0]);
    check_str(S("Экспресс"), e->tags[1]);
    check_str(S("17769199:10701093:status:142:1770100000"), amo_event_key(cx->arena, e));
}

TEST(brackets_may_come_raw)
{
    struct amo_hook encoded = read_kept(cx, "amocrm/status_won.txt");
    struct amo_hook raw = read_kept(cx, "amocrm/status_won_raw_brackets.txt");

    check_str(all_told(cx->arena, &encoded), all_told(cx->arena, &raw));
}

TEST(json_of_the_same_shape_gives_the_same_event)
{
    struct amo_hook form = read_kept(cx, "amocrm/status_won.txt");
    struct amo_hook json = read_kept(cx, "amocrm/status_won.json");
    struct amo_hook by_index = read_kept(cx, "amocrm/status_won_by_index.json");

    check_str(all_told(cx->arena, &form), all_told(cx->arena, &json));
    check_str(all_told(cx->arena, &form), all_told(cx->arena, &by_index));
}

TEST(field_names_of_the_api_are_understood_in_json)
{
    struct amo_hook h = read_kept(cx, "amocrm/api_field_names.json");

    check_int(1, h.nevents);
    check_str(S("fb_x"), h.events[0].tracking.source);
    check_int(12500000, h.events[0].price_micros.v);
    check(!h.events[0].closed_at.known);
}

TEST(an_empty_price_is_unknown_and_raw_spaces_stay)
{
    struct amo_hook h = read_kept(cx, "amocrm/add_empty_price_raw_spaces.txt");

    check_int(1, h.nevents);
    check_int(AMO_ADD, h.events[0].action);
    check_str(S("Can We Trust This"), h.events[0].name);
    check(!h.events[0].price_micros.known);
    check_str(S("9931843"), h.events[0].account_id);
    check_str(S("9931843"), h.account_id);
}

TEST(a_digital_pipeline_hook_has_status_and_nothing_else)
{
    struct amo_hook h = read_kept(cx, "amocrm/digital_pipeline.txt");

    check_int(1, h.nevents);
    check_str(S("35573056"), h.events[0].status_id);
    check_str(S("3643927"), h.events[0].old_pipeline_id);
    check(!h.events[0].price_micros.known && !h.events[0].updated_at.known);
    check_str(S("29085955:2050297:status:35573056:-"), amo_event_key(cx->arena, &h.events[0]));
}

TEST(several_deals_and_actions_in_one_post_survive_a_cut_key)
{
    struct amo_hook h = read_kept(cx, "amocrm/several_and_cut_key.txt");

    check_int(3, h.nevents);
    check_int(AMO_UPDATE, h.events[0].action);
    check_str(S("3"), h.events[0].deal_id);
    check_int(1700000000000, h.events[0].updated_at.v);
    check_str(S("1"), h.events[1].deal_id);
    check_int(12340000, h.events[1].price_micros.v);
    check_str(S("2"), h.events[2].deal_id);
    check(amo_status_is_lost(h.events[2].status_id));
    check(!h.events[2].price_micros.known);
    check_int(1, h.skipped);
    check_str(S("example"), h.events[2].subdomain);
}

TEST(deletion_restoring_and_a_new_owner_are_read)
{
    struct amo_hook gone = read_kept(cx, "amocrm/delete.txt");
    struct amo_hook back = read_kept(cx, "amocrm/restore.txt");
    struct amo_hook owner = read_kept(cx, "amocrm/responsible.txt");

    check_int(AMO_DELETE, gone.events[0].action);
    check_int(AMO_RESTORE, back.events[0].action);
    check_int(AMO_RESPONSIBLE, owner.events[0].action);
    check_str(S("11"), owner.events[0].responsible_user_id);
    check_str(S("10"), owner.events[0].old_responsible_user_id);
}

TEST(a_note_without_a_deal_id_is_no_event)
{
    check_int(0, read_kept(cx, "amocrm/note.txt").nevents);
}

TEST(tracking_is_found_by_name_where_codes_are_missing)
{
    struct amo_hook h = read_kept(cx, "amocrm/names_without_codes.txt");

    check_int(1, h.nevents);
    check_str(S("fb_arystan"), h.events[0].tracking.source);
    check_str(S("cpc"), h.events[0].tracking.medium);
    check_str(S("23845000000000111"), h.events[0].tracking.content);
    check_str(S(""), h.events[0].tracking.term);
}

TEST(tracking_is_found_by_the_admins_list_of_field_ids)
{
    const struct amo_field fields[] = {
        {S("777"), S("UTM_TERM")  },
        {S("1"),   S("UTM_MEDIUM")}
    };
    struct amo_body body = {.bytes = vendor_reply(cx->arena, "amocrm/names_without_codes.txt"),
                            .fields = fields,
                            .nfields = 2};
    struct amo_hook h;

    check_ok(amo_hook_read(cx, &body, &h));
    check_str(S("term by id"), h.events[0].tracking.term);
    check_str(S("cpc"), h.events[0].tracking.medium); /* a name is surer than the list */
}

TEST(a_code_is_surer_than_a_name)
{
    struct amo_hook h = read_kept(cx, "amocrm/code_beats_name.txt");

    check_str(S("by code"), h.events[0].tracking.source);
}

TEST(gaps_in_indexes_change_nothing)
{
    struct amo_hook h = read_kept(cx, "amocrm/index_gaps.txt");

    check_int(2, h.nevents);
    check_str(S("30"), h.events[0].deal_id);
    check_str(S("70"), h.events[1].deal_id);
    check_str(S("early"), h.events[1].tags[0]);
    check_str(S("late"), h.events[1].tags[1]);
    check_str(S("first"), h.events[1].tracking.term);
}

TEST(old_and_new_names_of_times_are_understood)
{
    struct amo_hook fresh = read_kept(cx, "amocrm/new_time_names.txt");
    struct amo_hook both = read_kept(cx, "amocrm/both_time_names.txt");

    check_int(1770100002000, fresh.events[0].updated_at.v);
    check_int(1770000002000, fresh.events[0].created_at.v);
    check_int(1770100003000, fresh.events[0].closed_at.v);
    check_int(1770100001000, both.events[0].updated_at.v);
}

TEST(what_is_not_about_deals_is_passed_over)
{
    struct amo_hook h = read_kept(cx, "amocrm/other_entities.txt");

    check_int(1, h.nevents);
    check_str(S("12"), h.events[0].deal_id);
    check_int(1, read_kept(cx, "amocrm/unknown_action.txt").nevents);
}

TEST(broken_keys_lose_nothing_but_themselves)
{
    struct amo_hook h = read_kept(cx, "amocrm/broken_keys.txt");

    check_int(1, h.nevents);
    check_str(S("4"), h.events[0].deal_id);
    check_str(S("142"), h.events[0].status_id);
    check_str(S("100%"), h.events[0].name);
    check(!h.events[0].price_micros.known);
    check_str(S("1"), h.account_id);
}

TEST(paths_deeper_than_eight_are_passed_over)
{
    struct amo_hook h = read_kept(cx, "amocrm/too_deep.txt");

    check_int(1, h.nevents);
    check_int(2, h.skipped);
}

TEST(deals_without_a_usable_id_are_passed_over)
{
    struct amo_hook h = read_kept(cx, "amocrm/no_ids.txt");

    check_int(1, h.nevents);
    check_str(S("5"), h.events[0].deal_id);
    check_str(S(""), h.account_id);
    check_str(S(""), h.subdomain);
}

TEST(a_price_is_a_decimal_number_or_unknown)
{
    struct amo_hook h = read_kept(cx, "amocrm/odd_prices.txt");
    static const int64_t want[] = {0,  22500000000, 12340000, 12345678, -1, -1,
                                   -1, -1,          -1,       70000000, -1, -1};

    check_int(COUNT(want), h.nevents);
    for (size_t i = 0; i < COUNT(want); i++) {
        check_int(want[i] >= 0, h.events[i].price_micros.known);
        if (want[i] >= 0)
            check_int(want[i], h.events[i].price_micros.v);
    }
}

TEST(a_time_is_in_seconds_of_our_age_or_unknown)
{
    struct amo_hook h = read_kept(cx, "amocrm/odd_times.txt");

    check_int(8, h.nevents);
    for (size_t i = 0; i < 8; i++)
        check_int(i == 4, h.events[i].updated_at.known);
}

TEST(text_that_is_not_utf8_is_repaired)
{
    struct amo_hook bad = read_kept(cx, "amocrm/bad_utf8.txt");
    struct amo_hook old = read_kept(cx, "amocrm/windows_1251.txt");

    check_int(1, bad.nevents);
    check(str_is_utf8(bad.events[0].name) && bad.events[0].name.len);
    check(str_is_utf8(old.events[0].name) && old.events[0].name.len);
}

TEST(of_a_repeated_key_the_last_counts)
{
    struct amo_hook h = read_kept(cx, "amocrm/repeated_keys.txt");

    check_int(2000000, h.events[0].price_micros.v);
}

TEST(empty_bodies_have_no_events)
{
    check_int(0, read_kept(cx, "amocrm/empty.txt").nevents);
    check_int(0, read_kept(cx, "amocrm/only_separators.txt").nevents);
}

TEST(json_that_cannot_be_read_is_bad_input)
{
    struct amo_hook h;
    struct amo_body cut = {.bytes = vendor_reply(cx->arena, "amocrm/cut.json")};
    struct amo_body form = {.content_type = S("application/json"), .bytes = S("a=1")};

    check_err(amo_hook_read(cx, &cut, &h), ERR_INPUT);
    ctx_forgive(cx);
    check_err(amo_hook_read(cx, &form, &h), ERR_INPUT);
}

TEST(json_of_wrong_types_gives_what_can_be_read)
{
    struct amo_hook h = read_kept(cx, "amocrm/wrong_types.json");

    check_int(1, h.nevents);
    check_str(S("4"), h.events[0].deal_id);
    check(!h.events[0].price_micros.known);
}

static void read_any(const char *name, struct str bytes, void *self)
{
    struct ctx *cx = self;
    struct amo_hook h;

    (void)name;
    for (int json = 0; json < 2; json++) {
        struct amo_body body = {json ? S("application/json") : S(""), bytes, NULL, 0};
        if (amo_hook_read(cx, &body, &h) == OK)
            (void)all_told(cx->arena, &h);
        ctx_forgive(cx);
    }
    for (size_t cut = 0; cut < bytes.len; cut += 1 + bytes.len / 40) {
        struct amo_body body = {
            .bytes = {bytes.ptr, cut}
        };
        if (amo_hook_read(cx, &body, &h) == OK)
            (void)all_told(cx->arena, &h);
        ctx_forgive(cx);
    }
}

TEST(every_kept_body_and_its_beginnings_are_survived)
{
    vendor_reply_each(cx->arena, "amocrm", read_any, cx);
}

/* ---- order of keys ---- */

static struct str shuffled(struct arena *a, struct str body, uint64_t *seed)
{
    VEC(struct str) pairs = {0};
    struct str pair, out = {0};

    while (str_cut(&body, '&', &pair))
        *vec_add(a, &pairs) = pair;
    for (size_t i = pairs.n; i > 1; i--) {
        size_t j = (size_t)test_random_between(seed, 0, (int64_t)i - 1);
        struct str swap = pairs.at[i - 1];
        pairs.at[i - 1] = pairs.at[j];
        pairs.at[j] = swap;
    }
    for (size_t i = 0; i < pairs.n; i++)
        out = arena_fmt(a, "%.*s%s%.*s", STR_FMT(out), i ? "&" : "", STR_FMT(pairs.at[i]));
    return out;
}

static struct str random_body(struct arena *a, uint64_t *seed)
{
    static const char *const actions[] = {"add", "update", "status", "delete", "responsible"};
    static const char *const names[] = {"utm_source", "utm_campaign", "utm_term", "Источник"};
    struct str out = S("account[id]=5&account[subdomain]=x");
    int64_t deals = test_random_between(seed, 1, 6);

    for (int64_t d = 0; d < deals; d++) {
        const char *action = actions[test_random_between(seed, 0, COUNT(actions) - 1)];
        struct str at = arena_fmt(a, "leads[%s][%d]", action, (int)d * 3);
        out = arena_fmt(a, "%.*s&%.*s[id]=%d&%.*s[price]=%d.%d", STR_FMT(out), STR_FMT(at),
                        (int)test_random_between(seed, 1, 1000000), STR_FMT(at),
                        (int)test_random_between(seed, 0, 999999),
                        (int)test_random_between(seed, 0, 99));
        for (int64_t f = 0; f < test_random_between(seed, 0, 5); f++) {
            struct str field = arena_fmt(a, "%.*s[custom_fields][%d]", STR_FMT(at), (int)f);
            const char *name = names[test_random_between(seed, 0, COUNT(names) - 1)];
            out = arena_fmt(a, "%.*s&%.*s[%s]=%s&%.*s[values][0][value]=v%d&%.*s[values][1]=w",
                            STR_FMT(out), STR_FMT(field), f % 2 ? "name" : "code", name,
                            STR_FMT(field), (int)f, STR_FMT(field));
        }
        out = arena_fmt(a, "%.*s&%.*s[tags][1][name]=b&%.*s[tags][0][name]=a", STR_FMT(out),
                        STR_FMT(at), STR_FMT(at));
    }
    return out;
}

TEST(the_order_of_keys_plays_no_role)
{
    uint64_t seed = 20260203;

    for (int i = 0; i < 300; i++) {
        struct arena *a = arena_new(64 << 20);
        struct ctx inner = *cx;
        inner.arena = a;
        struct str body = random_body(a, &seed);
        struct amo_hook straight = read_body(&inner, body);
        struct amo_hook mixed = read_body(&inner, shuffled(a, body, &seed));
        check(straight.nevents > 0);
        check_str(all_told(a, &straight), all_told(a, &mixed));
        arena_free(&a);
    }
}

/* ---- floods ---- */

TEST(pairs_past_the_cap_are_not_read)
{
    char *body = arena_alloc(cx->arena, 1 << 20, 1);
    size_t n = 0;

    for (int i = 0; i < 6000; i++)
        n += (size_t)snprintf(body + n, (1 << 20) - n, "leads[add][%d][id]=%d&", i, i + 1);
    struct amo_hook h = read_body(cx, (struct str){body, n});

    check_int(AMO_MAX_PAIRS, h.nevents);
    check(h.is_cut_short);
}

TEST(values_past_the_cap_are_not_read_from_json_either)
{
    char *body = arena_alloc(cx->arena, 1 << 20, 1);
    size_t n = (size_t)snprintf(body, 64, "{\"leads\":{\"add\":[{\"id\":1}");

    for (int i = 1; i < 6000; i++)
        n += (size_t)snprintf(body + n, (1 << 20) - n, ",{\"id\":%d}", i + 1);
    n += (size_t)snprintf(body + n, 64, "]}}");
    struct amo_hook h = read_body(cx, (struct str){body, n});

    check_int(AMO_MAX_PAIRS, h.nevents);
    check(h.is_cut_short);
}
