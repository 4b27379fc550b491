/* meta_sim_errors_test.c: every fault the fake platform has a name for, as our client takes it. */
#include "meta_town.h"
#include "sim/fault_kinds.h"

struct expected {
    const char *kind;
    enum meta_class class;
    int tries; /* how often it was asked; the wall is three */
};
static const struct expected table[] = {
    {"unknown",          META_RETRY,        3},
    {"reduce",           META_SPLIT,        1},
    {"unavailable",      META_RETRY,        3},
    {"unavailable_sub",  META_RETRY,        3},
    {"bad_breakdown",    META_BUG,          1},
    {"slow",             META_SPLIT,        1},
    {"capability",       META_PERMISSION,   1},
    {"app_limit",        META_WAIT_APP,     3},
    {"permission",       META_PERMISSION,   1},
    {"account_limit",    META_WAIT_ACCOUNT, 3},
    {"page_limit",       META_WAIT_ACCOUNT, 3},
    {"invalid",          META_BUG,          1},
    {"no_object",        META_PERMISSION,   1},
    {"too_much",         META_SPLIT,        1},
    {"timeout",          META_SPLIT,        1},
    {"too_old",          META_BUG,          1},
    {"session",          META_RECONNECT,    1},
    {"signature",        META_RETRY,        3},
    {"app_removed",      META_RECONNECT,    1},
    {"checkpoint",       META_RECONNECT,    1},
    {"password",         META_RECONNECT,    1},
    {"expired",          META_RECONNECT,    1},
    {"unconfirmed",      META_RECONNECT,    1},
    {"logged_out",       META_RECONNECT,    1},
    {"invalid_session",  META_RECONNECT,    1},
    {"not_granted",      META_PERMISSION,   1},
    {"some_limit",       META_WAIT_APP,     3},
    {"blocked",          META_WAIT_ACCOUNT, 1},
    {"duplicate",        META_BUG,          1},
    {"custom_limit",     META_WAIT_ACCOUNT, 3},
    {"custom_limit_too", META_WAIT_ACCOUNT, 3},
    {"batch_timeout",    META_RETRY,        3},
    {"version",          META_VERSION_DEAD, 1},
    {"insights_limit",   META_WAIT_ACCOUNT, 3},
    {"ads_limit",        META_WAIT_ACCOUNT, 3},
    {"leads_limit",      META_WAIT_ACCOUNT, 3},
    {"pages_limit",      META_WAIT_ACCOUNT, 3},
    {"report_failed",    META_RETRY,        3},
    {"ok_with_error",    META_WAIT_ACCOUNT, 3},
    {"html",             META_RETRY,        3},
    {"ok_html",          META_RETRY,        3},
    {"empty",            META_RETRY,        3},
    {"half",             META_RETRY,        3},
    {"redirect",         META_BUG,          1},
};

static void break_with(struct town *t, const char *kind)
{
    struct str json =
        arena_fmt(t->cx->arena, "{\"kind\":\"%s\",\"match\":\"/v25.0/me\",\"times\":9}", kind);
    struct answer a = ask_for(t->cx, sim_port(t->sim), "POST", "/_fake/fault",
                              "Content-Type: application/json\r\n", json);

    check_int(200, a.status);
}

static int64_t asked_so_far(struct town *t)
{
    struct answer a =
        ask_for(t->cx, sim_port(t->sim), "GET", "/_fake/journal?match=/v25.0/me", "", S(""));
    const struct json_in *root = NULL;

    check_ok(json_parse(t->cx, a.body, &root));
    return (int64_t)json_len(json_get(root, "items"));
}

static void forget(struct town *t, const char *what)
{
    check_int(200, ask_for(t->cx, sim_port(t->sim), "DELETE", what, "", S("")).status);
}

TEST(every_named_fault_is_taken_as_the_table_of_errors_says)
{
    struct town t;
    struct meta_call me = meta_call_me();

    town_open(cx, &t);
    for (size_t i = 0; i < COUNT(table); i++) {
        const struct expected *e = &table[i];
        break_with(&t, e->kind);
        check_err(meta_get(cx, &t.meta, &me, &t.last), ERR_UPSTREAM);
        ctx_forgive(cx);
        if (t.last.class != e->class || asked_so_far(&t) != e->tries)
            test_fail(TEST_AT("fault"), "%s is %s after %lld tries, not %s after %d", e->kind,
                      meta_class_slug(t.last.class), (long long)asked_so_far(&t),
                      meta_class_slug(e->class), e->tries);
        bool is_wait = t.last.class == META_WAIT_ACCOUNT || t.last.class == META_WAIT_APP;
        check_int(is_wait, t.last.wait_ms > 0);
        forget(&t, "/_fake/fault");
        forget(&t, "/_fake/journal");
    }
    check_ok(meta_get(cx, &t.meta, &me, &t.last));
    town_close(&t);
}

/* These answer with data, or are for lists; the others have their class above. */
static bool is_elsewhere(const char *kind)
{
    static const char *const known[] = {"wrong_types", "wrong_row",      "loop",
                                        "full_window", "ending_version", "not_confirmed"};

    for (size_t i = 0; i < COUNT(known); i++)
        if (!strcmp(known[i], kind))
            return true;
    return false;
}

TEST(no_fault_of_the_platform_is_left_out_of_the_table)
{
    for (size_t i = 0; i < fault_nkinds; i++) {
        bool is_there =
            is_elsewhere(fault_kinds[i].name) || !strncmp(fault_kinds[i].name, "amo", 3);
        for (size_t k = 0; k < COUNT(table); k++)
            is_there |= !strcmp(table[k].kind, fault_kinds[i].name);
        if (!is_there)
            test_fail(TEST_AT("kinds"), "%s has no class here", fault_kinds[i].name);
    }
}

TEST(headers_of_a_good_answer_warn_of_a_full_window_and_an_ending_version)
{
    struct town t;
    struct meta_call me = meta_call_me();

    town_open(cx, &t);
    break_with(&t, "full_window");
    check_ok(meta_get(cx, &t.meta, &me, &t.last));
    check_int(100, t.last.usage.account_percent);
    check_int(7 * 60000, t.last.usage.regain_ms);
    forget(&t, "/_fake/fault");
    break_with(&t, "ending_version");
    check_ok(meta_get(cx, &t.meta, &me, &t.last));
    check(t.last.version_is_ending);
    town_close(&t);
}

TEST(an_answer_that_is_cut_off_is_asked_for_again)
{
    struct town t;
    struct meta_call me = meta_call_me();

    town_open(cx, &t);
    struct answer a =
        ask_for(cx, sim_port(t.sim), "POST", "/_fake/fault", "Content-Type: application/json\r\n",
                S("{\"cut\":5,\"match\":\"/v25.0/me\",\"times\":2}"));
    check_int(200, a.status);
    check_ok(meta_get(cx, &t.meta, &me, &t.last));
    check_int(3, asked_so_far(&t));
    town_close(&t);
}
