/* What must never reach the log or the database: tokens, codes, passwords, queries, bodies; and
 * what a failing database leaves behind: nothing. */
#include "core/auth.h"
#include "core/secrets.h"
#include "core_app.h"
#include "db_fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EMAIL "bota@agency.kz"
#define PASSWORD "tulip-bridge-42-olive"

static struct core_app *open_auth(struct ctx *cx, struct temp_db *t)
{
    static struct route_set sets[1];
    struct core_app *c = arena_new_of(cx->arena, struct core_app);

    sets[0] = (struct route_set){auth_routes, auth_nroutes};
    core_app_open(cx, t, c);
    core_app_serve(cx, c, sets, 1);
    return c;
}

/* ---- the log ---- */

struct capture {
    int kept, file;
};

static struct capture capture_start(struct temp_db *t)
{
    char path[160];
    struct capture c;

    snprintf(path, sizeof path, "%s/log", t->folder);
    c.kept = dup(2);
    c.file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    check(c.kept >= 0 && c.file >= 0);
    fflush(stderr);
    check(dup2(c.file, 2) == 2);
    return c;
}

static struct str capture_end(struct ctx *cx, struct capture *c)
{
    struct stat is;

    fflush(stderr);
    check(dup2(c->kept, 2) == 2);
    close(c->kept);
    check_int(0, fstat(c->file, &is));
    char *text = arena_alloc(cx->arena, (size_t)is.st_size + 1, 1);
    check(pread(c->file, text, (size_t)is.st_size, 0) == is.st_size);
    close(c->file);
    return (struct str){text, (size_t)is.st_size};
}

static void check_absent(struct str part, struct str whole)
{
    if (memmem(whole.ptr, whole.len, part.ptr, part.len))
        test_fail(TEST_AT("absent"), "found %.*s", STR_FMT(part));
}

DB_TEST(nothing_secret_is_ever_logged)
{
    struct core_app *c = open_auth(cx, t);
    struct tx *tx = NULL;
    int64_t secret_id;
    struct str link, invite;
    struct capture log = capture_start(t);
    int64_t id = core_app_user(cx, c, EMAIL, ROLE_VIEWER, 0, PASSWORD);

    check_ok(auth_setup_link(cx, &c->app, &link));
    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(secret_put(tx, &c->app, S("meta.token"), S("EAABplantedtoken0001"), &secret_id));
    check_ok(auth_invite_link(tx, &c->app, id, &invite));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    struct answer in =
        core_app_ask(cx, c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"token\":true}");
    struct str access = answer_text(cx, &in, "access_token"),
               again = answer_text(cx, &in, "refresh_token");
    core_app_ask(cx, c, "POST /api/v1/auth/login", S(""),
                 "{\"email\":\"" EMAIL "\",\"password\":\"planted-wrong-password\"}");
    core_app_ask(cx, c, "POST /api/v1/auth/login", S(""), "{\"planted-body\":");
    core_app_ask(cx, c, "GET /api/v1/auth/me", S("planted-bearer"), NULL);
    core_app_ask(cx, c, "GET /api/v1/auth/me?planted-query=1", access, NULL);
    core_app_ask(cx, c, "GET /api/v1/auth/setup?code=planted-code", S(""), NULL);
    ask_for(cx, c->port, "GET", "/api/v1/auth/me", "Cookie: trafficd_at=planted-cookie\r\n", S(""));
    struct str body = arena_fmt(cx->arena, "{\"refresh_token\":\"%.*s\"}", STR_FMT(again));
    core_app_ask(cx, c, "POST /api/v1/auth/refresh", S(""), str_z(cx->arena, body));
    fake_clock_advance(test_clock(cx), 60000);
    check_int(
        401,
        core_app_ask(cx, c, "POST /api/v1/auth/refresh", S(""), str_z(cx->arena, body)).status);
    core_app_close(c);
    struct str text = capture_end(cx, &log);

    check_holds(S("auth.refresh_reused"), text);
    check_absent(S("planted"), text);
    check_absent(S(PASSWORD), text);
    check_absent(access, text);
    check_absent(again, text);
    check_absent(S("argon2"), text);
    check_absent((struct str){link.ptr + link.len - 43, 43}, text);
    check_absent((struct str){invite.ptr + invite.len - 43, 43}, text);
}

/* ---- the database file ---- */

TEST(nothing_secret_lies_readable_in_the_database_file)
{
    struct temp_db t;
    struct tx *tx = NULL;
    int64_t id;
    char *all;
    size_t n = 0;
    temp_db_open(cx, &t, TEMP_SQLITE);
    struct core_app *c = open_auth(cx, &t);
    core_app_user(cx, c, EMAIL, ROLE_VIEWER, 0, PASSWORD);

    check_ok(tx_begin(cx, t.db, TX_WRITE, &tx));
    check_ok(secret_put(tx, &c->app, S("meta.token"), S("EAABplantedtoken0001"), &id));
    check_ok(tx_commit(tx));
    tx_end(&tx);
    struct answer in =
        core_app_ask(cx, c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"token\":true}");
    struct str again = answer_text(cx, &in, "refresh_token");
    struct str body = arena_fmt(cx->arena, "{\"refresh_token\":\"%.*s\"}", STR_FMT(again));
    struct answer next =
        core_app_ask(cx, c, "POST /api/v1/auth/refresh", S(""), str_z(cx->arena, body));
    static const char *const files[] = {"", "-wal"};
    all = arena_alloc(cx->arena, 16 << 20, 1);
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[600];
        snprintf(path, sizeof path, "%s%s", t.url + strlen("sqlite:"), files[i]);
        int fd = open(path, O_RDONLY);
        check(fd >= 0);
        ssize_t got = read(fd, all + n, (size_t)(16 << 20) - n);
        check(got >= 0);
        n += (size_t)got;
        close(fd);
    }

    struct str bytes = {all, n};
    check_holds(S(EMAIL), bytes);
    check_absent(S("EAABplanted"), bytes);
    check_absent(S(PASSWORD), bytes);
    check_absent(again, bytes);
    check_absent(answer_text(cx, &next, "refresh_token"), bytes);
    check_absent(answer_text(cx, &in, "access_token"), bytes);
    core_app_close(c);
    temp_db_close(&t);
}

/* ---- failing in the middle ---- */

/* Each database call of a request fails once: the client is told, and nothing is half done. */
static void fail_each_call(struct ctx *cx, struct core_app *c, const char *call, const char *body,
                           const char *unchanged)
{
    int64_t before = core_app_sql(cx, c, unchanged, NO_ARGS);
    struct answer a;
    int nth = 0;

    do {
        db_fault_at(++nth);
        a = core_app_ask(cx, c, call, S(""), body);
        if (db_fault_has_struck()) {
            db_fault_at(0);
            check(a.status >= 500);
            check_holds(S("request_id"), a.body);
            check_int(before, core_app_sql(cx, c, unchanged, NO_ARGS));
        }
    } while (a.status != 200 && nth < 60);
    db_fault_at(0);
    check_int(200, a.status);
    check(nth > 3);
}

DB_TEST(a_database_that_fails_during_login_leaves_no_session)
{
    struct core_app *c = open_auth(cx, t);
    c->app.config.login_limit = 0;
    core_app_user(cx, c, EMAIL, ROLE_VIEWER, 0, PASSWORD);

    fail_each_call(cx, c, "POST /api/v1/auth/login",
                   "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"token\":true}",
                   "select (select count(*) from session) * 1000 + (select count(*) from "
                   "refresh_token) * 100 + (select count(*) from login_event)");
    core_app_close(c);
}

DB_TEST(a_database_that_fails_during_set_up_leaves_the_code_usable)
{
    struct core_app *c = open_auth(cx, t);
    struct str link;
    c->app.config.login_limit = 0;
    check_ok(auth_setup_link(cx, &c->app, &link));
    struct str body = arena_fmt(cx->arena,
                                "{\"code\":\"%.*s\",\"email\":\"boss@agency.kz\",\"full_name\":"
                                "\"The Boss\",\"password\":\"" PASSWORD "\"}",
                                43, link.ptr + link.len - 43);

    fail_each_call(
        cx, c, "POST /api/v1/auth/setup", str_z(cx->arena, body),
        "select (select count(*) from app_user) * 1000 + (select count(*) from audit_log) * 100 + "
        "(select count(*) from one_time_code where used_at is not null)");
    core_app_close(c);
}

DB_TEST(a_database_that_fails_during_refresh_does_not_use_the_token_up)
{
    struct core_app *c = open_auth(cx, t);
    core_app_user(cx, c, EMAIL, ROLE_VIEWER, 0, PASSWORD);
    struct answer in =
        core_app_ask(cx, c, "POST /api/v1/auth/login", S(""),
                     "{\"email\":\"" EMAIL "\",\"password\":\"" PASSWORD "\",\"token\":true}");
    struct str again = answer_text(cx, &in, "refresh_token");
    struct str body = arena_fmt(cx->arena, "{\"refresh_token\":\"%.*s\"}", STR_FMT(again));
    int nth = 0;
    struct answer a;

    do {
        db_fault_at(++nth);
        a = core_app_ask(cx, c, "POST /api/v1/auth/refresh", S(""), str_z(cx->arena, body));
        db_fault_at(0);
        check(a.status == 200 || a.status >= 500);
        fake_clock_advance(test_clock(cx), 1);
    } while (a.status != 200 && nth < 60);

    check(nth > 5);
    check_int(
        0, core_app_sql(cx, c, "select count(*) from session where ended_at is not null", NO_ARGS));
    core_app_close(c);
}
