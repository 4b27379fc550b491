/* Sealed tokens, the program's own keys, and the audit chain. */
#include "core/audit.h"
#include "core/secrets.h"
#include "core_app.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLANTED "EAAB-planted-token-0123456789-wxyz"

static int64_t put(struct ctx *cx, struct core_app *c, const char *plain)
{
    struct tx *tx = NULL;
    int64_t id;

    check_ok(tx_begin(cx, c->app.db, TX_WRITE, &tx));
    check_ok(secret_put(tx, &c->app, S("meta.token"), str_of(plain), &id));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    return id;
}

static enum err open_secret(struct ctx *cx, struct core_app *c, int64_t id, struct str *plain)
{
    struct tx *tx = NULL;
    enum err err;

    check_ok(tx_begin(cx, c->app.db, TX_READ, &tx));
    err = secret_open(tx, &c->app, id, plain);
    tx_end(&tx);
    return err;
}

DB_TEST(a_secret_comes_back_and_lies_sealed_in_the_database)
{
    struct core_app c;
    struct str plain;
    core_app_open(cx, t, &c);

    int64_t id = put(cx, &c, PLANTED);

    check_ok(open_secret(cx, &c, id, &plain));
    check_str(S(PLANTED), plain);
    check_int(
        1, core_app_sql(cx, &c,
                        "select count(*) from secret where hint = 'wxyz' and kind = 'meta.token'",
                        NO_ARGS));
    check_int(0, core_app_sql(cx, &c, "select count(*) from secret where sealed = $1",
                              ARGS(a_blob("a", S(PLANTED)))));
    core_app_close(&c);
}

DB_TEST(two_seals_of_one_secret_differ)
{
    struct core_app c;
    core_app_open(cx, t, &c);

    put(cx, &c, PLANTED);
    put(cx, &c, PLANTED);

    check_int(2, core_app_sql(cx, &c, "select count(distinct sealed) from secret", NO_ARGS));
    core_app_close(&c);
}

DB_TEST(a_secret_moved_to_another_row_does_not_open)
{
    struct core_app c;
    struct str plain = S("");
    core_app_open(cx, t, &c);
    int64_t one = put(cx, &c, PLANTED), two = put(cx, &c, "another token of somebody");

    core_app_sql(cx, &c,
                 "update secret set sealed = (select sealed from secret where id = $1) where id = "
                 "$2 returning id",
                 ARGS(a_int("a", one), a_int("b", two)));

    check(open_secret(cx, &c, two, &plain) != OK);
    check_int(0, plain.len);
    core_app_close(&c);
}

DB_TEST(a_secret_with_one_bit_changed_or_another_key_does_not_open)
{
    struct core_app c;
    struct str plain = S("");
    core_app_open(cx, t, &c);
    int64_t id = put(cx, &c, PLANTED);

    c.app.secret_key[0] ^= 1;
    check(open_secret(cx, &c, id, &plain) != OK);
    ctx_forgive(cx);
    c.app.secret_key[0] ^= 1;
    check_ok(open_secret(cx, &c, id, &plain));

    core_app_sql(cx, &c, "update secret set sealed = $1 where id = $2 returning id",
                 ARGS(a_blob("a", S("short")), a_int("b", id)));
    check(open_secret(cx, &c, id, &plain) != OK);
    core_app_close(&c);
}

DB_TEST(a_secret_can_be_replaced_and_erased)
{
    struct core_app c;
    struct tx *tx = NULL;
    struct str plain;
    core_app_open(cx, t, &c);
    int64_t id = put(cx, &c, PLANTED);

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(secret_replace(tx, &c.app, id, S("the next token 1234")));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_ok(open_secret(cx, &c, id, &plain));
    check_str(S("the next token 1234"), plain);

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(secret_erase(tx, id));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    check_err(open_secret(cx, &c, id, &plain), ERR_NOT_FOUND);
    core_app_close(&c);
}

DB_TEST(four_characters_of_a_short_secret_are_too_many_to_show)
{
    struct core_app c;
    core_app_open(cx, t, &c);

    put(cx, &c, "short");

    check_int(1, core_app_sql(cx, &c, "select count(*) from secret where hint = ''", NO_ARGS));
    core_app_close(&c);
}

/* ---- keys ---- */

static char *path_in(struct ctx *cx, struct temp_db *t, const char *name)
{
    return str_z(cx->arena, arena_fmt(cx->arena, "%s/%s", t->folder, name));
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    check(fd >= 0);
    check(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    check_int(0, fchmod(fd, mode));
    close(fd);
}

static enum err load(struct ctx *cx, struct core_app *c)
{
    ctx_forgive(cx);
    return keys_load(cx, &c->app);
}

DB_TEST(keys_are_made_once_for_our_eyes_only_and_read_from_then_on)
{
    struct core_app c;
    struct stat is;
    unsigned char session[CRYPTO_KEY], secret[CRYPTO_KEY], audit[CRYPTO_KEY];
    core_app_open(cx, t, &c);
    memcpy(session, c.app.session_key, sizeof session);
    memcpy(secret, c.app.secret_key, sizeof secret);
    memcpy(audit, c.app.audit_key, sizeof audit);

    check_ok(load(cx, &c));

    check(!memcmp(session, c.app.session_key, sizeof session));
    check(!memcmp(secret, c.app.secret_key, sizeof secret));
    check(!memcmp(audit, c.app.audit_key, sizeof audit));
    check(memcmp(secret, audit, sizeof audit) && memcmp(secret, session, sizeof session));
    check_int(0, stat(path_in(cx, t, "secret.key"), &is));
    check_int(0600, is.st_mode & 07777);
    check_int(0, stat(path_in(cx, t, "jwt.secret"), &is));
    check_int(0600, is.st_mode & 07777);
    check(access(path_in(cx, t, "secret.key.new"), F_OK) != 0);
    core_app_close(&c);
}

DB_TEST(a_key_file_that_others_can_read_is_refused_with_what_to_do)
{
    struct core_app c;
    core_app_open(cx, t, &c);

    check_int(0, chmod(path_in(cx, t, "secret.key"), 0644));

    check_err(load(cx, &c), ERR_INPUT);
    check_holds(S("chmod 600"), str_of(cx->why));
    core_app_close(&c);
}

DB_TEST(weak_broken_and_empty_key_files_are_refused)
{
    struct core_app c;
    static const char *const bad[] = {
        "",
        "\n",
        "hunter2\n",
        "0000000000000000000000000000000000000000000000000000000000000000\n",
        "ababababababababababababababababababababababababababababababababab\n",
        "abababababababababababababababababababababababababababababababab\n",
        "zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
    };
    core_app_open(cx, t, &c);

    for (size_t i = 0; i < COUNT(bad); i++) {
        write_file(path_in(cx, t, "secret.key"), bad[i], 0600);
        check_err(load(cx, &c), ERR_INPUT);
        check(cx->why[0] != 0);
    }
    core_app_close(&c);
}

DB_TEST(a_folder_in_place_of_a_key_is_refused)
{
    struct core_app c;
    core_app_open(cx, t, &c);
    check_int(0, unlink(path_in(cx, t, "jwt.secret")));
    check_int(0, mkdir(path_in(cx, t, "jwt.secret"), 0700));

    check_err(load(cx, &c), ERR_INPUT);

    check_int(0, rmdir(path_in(cx, t, "jwt.secret")));
    core_app_close(&c);
}

DB_TEST(settings_win_over_files_and_weak_settings_are_refused)
{
    struct core_app c;
    unsigned char from_file[CRYPTO_KEY];
    core_app_open(cx, t, &c);
    memcpy(from_file, c.app.session_key, sizeof from_file);

    c.app.config.jwt_secret = S("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    check_ok(load(cx, &c));
    check_int(0, c.app.session_key[0]);
    check_int(31, c.app.session_key[31]);

    c.app.config.jwt_secret = S("a long sentence of one's own is hashed to a key");
    check_ok(load(cx, &c));
    check(memcmp(from_file, c.app.session_key, sizeof from_file));

    c.app.config.jwt_secret = S("too short");
    check_err(load(cx, &c), ERR_INPUT);
    check_holds(S("TRAFFICD_JWT_SECRET"), str_of(cx->why));
    c.app.config.jwt_secret = S("abababababababababababababababababababab");
    check_err(load(cx, &c), ERR_INPUT);

    c.app.config.jwt_secret = S("");
    c.app.config.secret_key = S("a sentence is not enough for this one");
    check_err(load(cx, &c), ERR_INPUT);
    check_holds(S("TRAFFICD_SECRET_KEY"), str_of(cx->why));
    core_app_close(&c);
}

DB_TEST(a_missing_key_is_not_replaced_when_the_database_needs_it)
{
    struct core_app c;
    core_app_open(cx, t, &c);
    put(cx, &c, PLANTED);
    check_int(0, unlink(path_in(cx, t, "secret.key")));

    check_err(load(cx, &c), ERR_INPUT);

    check_holds(S("put the file back"), str_of(cx->why));
    check(access(path_in(cx, t, "secret.key"), F_OK) != 0);
    core_app_close(&c);
}

DB_TEST(a_missing_session_key_is_made_anew_and_old_tokens_stop_working)
{
    struct core_app c;
    unsigned char old[CRYPTO_KEY];
    core_app_open(cx, t, &c);
    memcpy(old, c.app.session_key, sizeof old);
    check_int(0, unlink(path_in(cx, t, "jwt.secret")));

    check_ok(load(cx, &c));

    check(memcmp(old, c.app.session_key, sizeof old));
    core_app_close(&c);
}

/* ---- audit (security row 28) ---- */

static void note(struct ctx *cx, struct core_app *c, const char *action, const char *after)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, c->app.db, TX_WRITE, &tx));
    check_ok(audit_write(tx, &c->app,
                         &(struct audit_entry){.action = action,
                                               .entity = "team",
                                               .entity_id = 7,
                                               .after = str_of(after),
                                               .request_id = S("rq")}));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

static enum err verify(struct ctx *cx, struct core_app *c, int64_t *rows)
{
    struct tx *tx = NULL;
    enum err err;

    ctx_forgive(cx);
    check_ok(tx_begin(cx, c->app.db, TX_READ, &tx));
    err = audit_verify(tx, &c->app, rows);
    tx_end(&tx);
    return err;
}

static void open_log(struct ctx *cx, struct temp_db *t, struct core_app *c, int rows)
{
    core_app_open(cx, t, c);
    for (int i = 1; i <= rows; i++)
        note(cx, c, "team.update", str_z(cx->arena, arena_fmt(cx->arena, "{\"n\":%d}", i)));
}

static void check_broken_at(struct ctx *cx, struct core_app *c, const char *row)
{
    int64_t rows;

    check_err(verify(cx, c, &rows), ERR_CONFLICT);
    check_holds(arena_fmt(cx->arena, "row %s ", row), str_of(cx->why));
}

DB_TEST(an_untouched_log_verifies_across_pages)
{
    struct core_app c;
    int64_t rows;
    open_log(cx, t, &c, 0);
    check_ok(verify(cx, &c, &rows));
    check_int(0, rows);

    struct tx *tx = NULL;
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    for (int i = 0; i < 1203; i++)
        check_ok(audit_write(
            tx, &c.app, &(struct audit_entry){.action = "a", .entity = "b", .request_id = S("c")}));
    check_ok(tx_commit(tx));
    tx_end(&tx);

    check_ok(verify(cx, &c, &rows));
    check_int(1203, rows);
    core_app_close(&c);
}

DB_TEST(a_changed_row_is_named)
{
    static const char *const changes[] = {
        "update audit_log set after = '{\"n\":9}' where id = 3 returning id",
        "update audit_log set before = '{}' where id = 3 returning id",
        "update audit_log set actor = 'somebody' where id = 3 returning id",
        "update audit_log set action = 'team.create' where id = 3 returning id",
        "update audit_log set entity_id = 8 where id = 3 returning id",
        "update audit_log set at = at + 1 where id = 3 returning id",
        "update audit_log set request_id = '' where id = 3 returning id",
        "update audit_log set hash = $1 where id = 3 returning id",
    };
    struct core_app c;
    open_log(cx, t, &c, 5);

    /* Each change is made on top of the earlier ones: the row named stays the third. */
    for (size_t i = 0; i < COUNT(changes); i++) {
        if (i + 1 == COUNT(changes))
            core_app_sql(cx, &c, changes[i],
                         ARGS(a_blob("a", S("12345678901234567890123456789012"))));
        else
            core_app_sql(cx, &c, changes[i], NO_ARGS);
        check_broken_at(cx, &c, "3");
    }
    core_app_close(&c);
}

DB_TEST(a_row_taken_out_or_put_in_another_place_is_named)
{
    struct core_app c;
    open_log(cx, t, &c, 6);

    core_app_sql(cx, &c, "delete from audit_log where id = 2 returning id", NO_ARGS);
    check_broken_at(cx, &c, "3");
    core_app_sql(cx, &c, "delete from audit_log where id = 3 returning id", NO_ARGS);
    check_broken_at(cx, &c, "4");

    core_app_close(&c);
}

DB_TEST(the_first_row_cannot_go_either_and_two_rows_cannot_change_places)
{
    struct core_app c;
    open_log(cx, t, &c, 5);

    core_app_sql(cx, &c, "update audit_log set id = 100 where id = 3 returning id", NO_ARGS);
    core_app_sql(cx, &c, "update audit_log set id = 3 where id = 4 returning id", NO_ARGS);
    core_app_sql(cx, &c, "update audit_log set id = 4 where id = 100 returning id", NO_ARGS);
    check_broken_at(cx, &c, "3");

    core_app_sql(cx, &c, "delete from audit_log where id = 1 returning id", NO_ARGS);
    check_broken_at(cx, &c, "2");
    core_app_close(&c);
}

DB_TEST(without_the_key_nobody_can_continue_the_chain)
{
    struct core_app c;
    int64_t rows;
    open_log(cx, t, &c, 3);

    c.app.audit_key[0] ^= 1;
    note(cx, &c, "team.update", "{}");
    c.app.audit_key[0] ^= 1;

    check_broken_at(cx, &c, "4");
    check_err(verify(cx, &c, &rows), ERR_CONFLICT);
    check_int(3, rows);
    core_app_close(&c);
}

DB_TEST(the_nightly_check_says_how_long_the_chain_is_and_fails_when_it_is_broken)
{
    struct core_app c;
    open_log(cx, t, &c, 3);
    struct job_run run = {.cx = *cx, .app = &c.app};

    check_ok(audit_jobs[0].run(&run));
    check_int(3, run.seen);

    core_app_sql(cx, &c, "delete from audit_log where id = 2 returning id", NO_ARGS);
    check_err(audit_jobs[0].run(&run), ERR_CONFLICT);
    check_holds(S("row 3 "), str_of(run.cx.why));
    core_app_close(&c);
}
