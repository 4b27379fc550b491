/* The keys in the paths of webhooks (security row 31). */
#include "core/webhook_key.h"
#include "core_app.h"

#include <string.h>

static struct str new_key(struct ctx *cx, struct core_app *c, const char *source)
{
    struct tx *tx = NULL;
    struct str plain;

    check_ok(tx_begin(cx, c->app.db, TX_WRITE, &tx));
    check_ok(webhook_key_create(tx, &c->app, str_of(source), &plain));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    webhook_keys_forget(c->app.hooks);
    return plain;
}

static enum err try_key(struct ctx *cx, struct core_app *c, const char *source, struct str key)
{
    ctx_forgive(cx);
    return webhook_key_check(cx, &c->app, str_of(source), S(""), key);
}

DB_TEST(only_the_right_key_of_the_right_source_opens)
{
    struct core_app c;
    core_app_open(cx, t, &c);
    struct str key = new_key(cx, &c, "amocrm");

    check_int(32, key.len);
    check_ok(try_key(cx, &c, "amocrm", key));
    check_err(try_key(cx, &c, "facebook", key), ERR_AUTH);
    check_err(try_key(cx, &c, "amocrm", S("")), ERR_AUTH);
    check_err(try_key(cx, &c, "amocrm", (struct str){key.ptr, key.len - 1}), ERR_AUTH);
    check_err(try_key(cx, &c, "amocrm", arena_fmt(cx->arena, "%01000d", 1)), ERR_AUTH);
    check_int(0, core_app_sql(cx, &c, "select count(*) from webhook_key where hash = $1",
                              ARGS(a_blob("a", key))));
    core_app_close(&c);
}

DB_TEST(two_keys_are_valid_while_one_is_being_replaced_and_no_third)
{
    struct core_app c;
    struct tx *tx = NULL;
    core_app_open(cx, t, &c);
    struct str one = new_key(cx, &c, "amocrm"), two = new_key(cx, &c, "amocrm");
    struct str other = new_key(cx, &c, "facebook");

    check_ok(try_key(cx, &c, "amocrm", one));
    check_ok(try_key(cx, &c, "amocrm", two));

    struct str three = new_key(cx, &c, "amocrm");
    check_err(try_key(cx, &c, "amocrm", one), ERR_AUTH);
    check_ok(try_key(cx, &c, "amocrm", two));
    check_ok(try_key(cx, &c, "amocrm", three));

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(webhook_key_retire_old(tx, S("amocrm")));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    webhook_keys_forget(c.app.hooks);
    check_err(try_key(cx, &c, "amocrm", two), ERR_AUTH);
    check_ok(try_key(cx, &c, "amocrm", three));
    check_ok(try_key(cx, &c, "facebook", other));
    core_app_close(&c);
}

static void count_query(void *self, const struct query *q)
{
    if (strcmp(q->name, "webhook_keys_valid") == 0)
        ++*(int *)self;
}

DB_TEST(a_known_key_costs_no_query_and_guesses_cost_one_a_second)
{
    struct core_app c;
    int queries = 0;
    core_app_open(cx, t, &c);
    struct str key = new_key(cx, &c, "amocrm");
    db_observe(t->db, count_query, &queries);

    for (int i = 0; i < 100; i++) {
        check_ok(try_key(cx, &c, "amocrm", key));
        check_err(try_key(cx, &c, "amocrm", S("guess")), ERR_AUTH);
    }
    check_int(1, queries);

    fake_clock_advance(test_clock(cx), 1000);
    for (int i = 0; i < 100; i++)
        check_err(try_key(cx, &c, "amocrm", S("guess")), ERR_AUTH);
    check_int(2, queries);
    query_log_on(t->db);
    core_app_close(&c);
}

DB_TEST(a_key_from_the_settings_opens_and_an_empty_one_opens_nothing)
{
    struct core_app c;
    core_app_open(cx, t, &c);

    check_ok(webhook_key_check(cx, &c.app, S("amocrm"), S("from settings"), S("from settings")));
    check_err(webhook_key_check(cx, &c.app, S("amocrm"), S(""), S("")), ERR_AUTH);
    ctx_forgive(cx);
    check_err(webhook_key_check(cx, &c.app, S("amocrm"), S("from settings"), S("from setting")),
              ERR_AUTH);
    core_app_close(&c);
}

DB_TEST(without_the_list_in_memory_the_database_is_asked)
{
    struct core_app c;
    core_app_open(cx, t, &c);
    struct str key = new_key(cx, &c, "amocrm");
    webhook_keys_free(&c.app.hooks);

    check_ok(try_key(cx, &c, "amocrm", key));
    check_err(try_key(cx, &c, "amocrm", S("guess")), ERR_AUTH);
    core_app_close(&c);
}

DB_TEST(whether_a_source_has_a_valid_key_can_be_asked)
{
    struct core_app c;
    struct tx *tx = NULL;
    bool has = true, has_after = false;
    core_app_open(cx, t, &c);

    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(webhook_key_exists(tx, S("amocrm"), &has));
    tx_end(&tx);
    new_key(cx, &c, "amocrm");
    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    check_ok(webhook_key_exists(tx, S("amocrm"), &has_after));
    tx_end(&tx);

    check(!has);
    check(has_after);
    core_app_close(&c);
}
