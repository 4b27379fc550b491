/* Settings: where they come from, and what is refused. */
#include "base/config.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const no_environment[] = {NULL};

static struct config loaded(struct ctx *cx, const struct config_source *from)
{
    struct config c;

    check_ok(config_load(cx, from, &c, NULL));
    return c;
}

/* What is said when one flag has this value. */
static struct str refusal(struct ctx *cx, const char *key, const char *value)
{
    struct config c;
    struct config_flag flag = {str_of(key), str_of(value)};
    struct config_source from = {.flags = &flag, .nflags = 1};

    ctx_forgive(cx);
    check_err(config_load(cx, &from, &c, NULL), ERR_INPUT);
    return str_of(cx->why);
}

static bool is_accepted(struct ctx *cx, const char *key, const char *value)
{
    struct config c;
    struct config_flag flag = {str_of(key), str_of(value)};
    struct config_source from = {.flags = &flag, .nflags = 1};

    ctx_forgive(cx);
    return config_load(cx, &from, &c, NULL) == OK;
}

/* A file of settings in a temporary folder; the test removes it. */
static char *file_with(struct ctx *cx, struct str text)
{
    char *path = str_z(cx->arena, S("/tmp/trafficd-config-XXXXXX"));
    int fd = mkstemp(path);

    check(fd >= 0);
    check_int(text.len, write(fd, text.ptr, text.len));
    close(fd);
    return path;
}

static enum err load_file(struct ctx *cx, struct str text, struct config *c)
{
    char *path = file_with(cx, text);
    struct config_source from = {.file = path};

    ctx_forgive(cx);
    enum err err = config_load(cx, &from, c, NULL);
    unlink(path);
    return err;
}

TEST(defaults_are_those_of_the_contract)
{
    struct config c = loaded(cx, &(struct config_source){.environment = no_environment});

    check_str(S("127.0.0.1:8090"), c.listen);
    check_str(S("./trafficd-data"), c.data);
    check_str(S(""), c.database_url);
    check_str(S("Asia/Almaty"), c.tz);
    check_str(S("KZT"), c.currency);
    check_str(S("https://graph.facebook.com"), c.meta_graph_url);
    check_str(S("https://www.facebook.com"), c.meta_www_url);
    check_str(S("v25.0"), c.meta_api_version);
    check_str(S("https://{subdomain}.amocrm.ru"), c.amo_url);
    check_str(S("https://nationalbank.kz/rss/get_rates.cfm"), c.rates_url);
    check_int(5000, c.retry_base_ms);
    check_int(64, c.http_threads);
    check_int(60, c.rate_limit);
    check_int(10, c.login_limit);
    check_int(28, c.restate_days);
    check_int(100, c.meta_page_size);
}

TEST(flag_beats_environment_beats_file_beats_default)
{
    char *path = file_with(cx, S("listen = 1.1.1.1:1\ntz = UTC\ncurrency = USD\n"));
    static const char *const environment[] = {"TRAFFICD_LISTEN=2.2.2.2:2", "TRAFFICD_TZ=Asia/Aqtau",
                                              NULL};
    struct config_flag flags[] = {
        {S("listen"), S("3.3.3.3:3")}
    };
    struct config_source from = {path, environment, flags, 1};
    enum origin *origins = arena_alloc(cx->arena, config_nsettings * sizeof *origins, 8);
    struct config c;

    check_ok(config_load(cx, &from, &c, origins));
    unlink(path);

    check_str(S("3.3.3.3:3"), c.listen);
    check_str(S("Asia/Aqtau"), c.tz);
    check_str(S("USD"), c.currency);
    for (size_t i = 0; i < config_nsettings; i++) {
        const char *key = config_settings[i].key;
        enum origin want = strcmp(key, "listen") == 0     ? ORIGIN_FLAG
                           : strcmp(key, "tz") == 0       ? ORIGIN_ENVIRONMENT
                           : strcmp(key, "currency") == 0 ? ORIGIN_FILE
                                                          : ORIGIN_DEFAULT;
        check_int(want, origins[i]);
    }
}

TEST(fallback_token_has_the_name_the_documents_gave_it)
{
    static const char *const environment[] = {"FACEBOOK_ADS_TOKEN=EAAB", NULL};

    check_str(S("EAAB"),
              loaded(cx, &(struct config_source){.environment = environment}).meta_token);
}

TEST(variable_set_to_nothing_counts_as_not_set)
{
    static const char *const environment[] = {"TRAFFICD_LISTEN=", "TRAFFICD_TZ", NULL};

    check_str(S("127.0.0.1:8090"),
              loaded(cx, &(struct config_source){.environment = environment}).listen);
}

TEST(other_programs_variables_are_none_of_our_business)
{
    static const char *const environment[] = {"PATH=/bin", "LISTEN=x", "TRAFFICD_LISTEN_=x",
                                              "=",         "",         NULL};

    loaded(cx, &(struct config_source){.environment = environment});
}

TEST(file_has_comments_blank_lines_and_spaces)
{
    struct config c;

    check_ok(load_file(cx,
                       S("\xef\xbb\xbf# first\r\n\r\n  listen =  0.0.0.0:80  \r\n"
                         "jwt_secret=a=b#c d;e0123456789012345678901234567"),
                       &c));

    check_str(S("0.0.0.0:80"), c.listen);
    check_str(S("a=b#c d;e0123456789012345678901234567"), c.jwt_secret);
}

TEST(unknown_key_is_named_with_file_and_line)
{
    struct config c;

    check_err(load_file(cx, S("# x\n\nlisten = 0.0.0.0:80\nlissten = 1\n"), &c), ERR_INPUT);
    check_holds(S(":4: there is no setting \"lissten\""), str_of(cx->why));
    check_holds(S("/tmp/trafficd-config-"), str_of(cx->why));
}

TEST(wrong_value_is_named_with_file_and_line_and_what_would_be_right)
{
    struct config c;

    check_err(load_file(cx, S("\ntz = Mars/Base\n"), &c), ERR_INPUT);
    check_holds(S(":2: tz \"Mars/Base\" is not right: it must be a time zone like Asia/Almaty"),
                str_of(cx->why));
}

TEST(line_without_equals_and_key_set_twice_are_refused)
{
    struct config c;

    check_err(load_file(cx, S("listen 0.0.0.0:80\n"), &c), ERR_INPUT);
    check_holds(S(":1: not of the form key = value"), str_of(cx->why));
    check_err(load_file(cx, S("tz = UTC\ncurrency = USD\ntz = UTC\n"), &c), ERR_INPUT);
    check_holds(S(":3: tz is set already in line 1"), str_of(cx->why));
    check_err(load_file(cx, S("= 5\n"), &c), ERR_INPUT);
}

TEST(file_that_is_not_there_or_too_large_is_refused)
{
    struct config c;
    struct config_source from = {.file = "/nonexistent/trafficd.conf"};
    char *large = arena_alloc(cx->arena, 70000, 1);

    check_err(config_load(cx, &from, &c, NULL), ERR_INPUT);
    check_holds(S("/nonexistent/trafficd.conf: cannot open"), str_of(cx->why));
    memset(large, '\n', 70000);
    check_err(load_file(cx, (struct str){large, 70000}, &c), ERR_INPUT);
    check_holds(S("larger than"), str_of(cx->why));
    ctx_forgive(cx);
    from.file = "/tmp";
    check_err(config_load(cx, &from, &c, NULL), ERR_INPUT);
}

TEST(environment_is_named_when_its_value_is_wrong)
{
    static const char *const environment[] = {"TRAFFICD_HTTP_THREADS=many", NULL};
    struct config c;

    check_err(config_load(cx, &(struct config_source){.environment = environment}, &c, NULL),
              ERR_INPUT);
    check_holds(S("environment: TRAFFICD_HTTP_THREADS \"many\" is not right: it must be a whole "
                  "number from 2 to 4096"),
                str_of(cx->why));
}

TEST(flags_take_dashes_for_underscores_and_unknown_ones_are_refused)
{
    check(is_accepted(cx, "meta-graph-url", "http://127.0.0.1:9000"));
    check(is_accepted(cx, "meta_graph_url", "http://127.0.0.1:9000"));
    check_holds(S("there is no setting --meta"), refusal(cx, "meta", "x"));
    check_holds(S("--listen \"x\""), refusal(cx, "listen", "x"));
}

TEST(listen_addresses)
{
    check(is_accepted(cx, "listen", "127.0.0.1:0"));
    check(is_accepted(cx, "listen", "[::1]:8090"));
    check(is_accepted(cx, "listen", "localhost:65535"));
    static const char *const bad[] = {
        "",       "8090",  ":8090",       "127.0.0.1", "127.0.0.1:", "h:65536", "h:-1",   "h:+1",
        "::1:80", "[::1]", "[1.2.3.4]:1", "h:1 ",      "a b:1",      "h:80x",   "[::1:80"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refusal(cx, "listen", bad[i]);
}

TEST(addresses_of_upstreams)
{
    struct config_flag flag = {S("meta_graph_url"), S("http://127.0.0.1:9000/graph/")};

    check_str(S("http://127.0.0.1:9000/graph"),
              loaded(cx, &(struct config_source){.flags = &flag, .nflags = 1}).meta_graph_url);
    check(is_accepted(cx, "meta_graph_url", "https://[::1]:1/a-b_c.d~e%20"));
    static const char *const bad[] = {
        "",
        "graph.facebook.com",
        "ftp://a",
        "http://",
        "http://a b",
        "http://a?x",
        "http://a/#f",
        "http://u@a/",
        "http://u:p@a/",
        "http://a:/",
        "http://a:99999/",
        "http://a/{subdomain}",
        "javascript:alert(1)",
        "http://a\\b",
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        refusal(cx, "meta_graph_url", bad[i]);
}

TEST(amocrm_address_may_carry_the_subdomain)
{
    check(is_accepted(cx, "amo_url", "https://{subdomain}.amocrm.com"));
    check(is_accepted(cx, "amo_url", "http://127.0.0.1:9000/{subdomain}"));
    check(is_accepted(cx, "amo_url", "http://127.0.0.1:9000"));
    refusal(cx, "amo_url", "https://{sub}.amocrm.ru");
    refusal(cx, "amo_url", "https://{subdomain.amocrm.ru");
    refusal(cx, "amo_url", "{subdomain}");
}

TEST(versions_of_the_graph_api)
{
    check(is_accepted(cx, "meta_api_version", "v1.0"));
    check(is_accepted(cx, "meta_api_version", "v125.9"));
    static const char *const bad[] = {"",       "25.0",  "v25",     "v25.",    "v.0",
                                      "v25.00", "V25.0", "v1234.0", "v25.0/x", "v25,0"};
    for (size_t i = 0; i < COUNT(bad); i++)
        refusal(cx, "meta_api_version", bad[i]);
}

TEST(weak_secrets_are_refused_and_never_quoted)
{
    check(is_accepted(cx, "jwt_secret", "correct-horse-battery-staple-1234"));
    check(is_accepted(cx, "jwt_secret", ""));
    check_holds(S("jwt_secret is not right"), refusal(cx, "jwt_secret", "tooshort"));
    check(memmem(cx->why, strlen(cx->why), "tooshort", 8) == NULL);
    refusal(cx, "jwt_secret", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    refusal(cx, "jwt_secret", "abababababababababababababababababababab");
    refusal(cx, "jwt_secret", "correct-horse-battery-staple-12"); /* 31 bytes */
}

TEST(key_is_64_hex_digits_of_chance)
{
    const char *good = "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100";
    const char *zeros = "0000000000000000000000000000000000000000000000000000000000000000";

    check(is_accepted(cx, "secret_key", good));
    refusal(cx, "secret_key", zeros);
    refusal(cx, "secret_key", good + 1);
    refusal(cx, "secret_key", "g0112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100");
    check(memmem(cx->why, strlen(cx->why), "g0112", 5) == NULL);
}

TEST(proxies_and_origins_are_lists)
{
    check(is_accepted(cx, "trusted_proxies", "10.0.0.1, 192.168.0.0/16,::1,fd00::/8"));
    refusal(cx, "trusted_proxies", "10.0.0.0/33");
    refusal(cx, "trusted_proxies", "10.0.0.0/");
    refusal(cx, "trusted_proxies", "proxy.local");
    refusal(cx, "trusted_proxies", "10.0.0.1,,10.0.0.2");
    check(is_accepted(cx, "cors_origins", "https://a.kz, http://localhost:3000"));
    refusal(cx, "cors_origins", "*");
    refusal(cx, "cors_origins", "https://a.kz/");
    refusal(cx, "cors_origins", "null");
}

TEST(other_values_that_are_not_right)
{
    refusal(cx, "currency", "kzt");
    refusal(cx, "log_level", "verbose");
    refusal(cx, "data", "");
    refusal(cx, "data", "a\nb");
    refusal(cx, "meta_app_id", "1\r\nX: y");
    refusal(cx, "amo_webhook_secret", "\xff");
    refusal(cx, "retry_base_ms", "0");
    refusal(cx, "retry_base_ms", "5s");
    refusal(cx, "meta_page_size", "99999999999999999999");
    refusal(cx, "database_url", "mysql://x");
    check(is_accepted(cx, "database_url", "postgres://u:p@h/db"));
    check(is_accepted(cx, "database_url", "sqlite:/tmp/x.db"));
    refusal(cx, "database_url", "sqlite:");
}

static const struct setting *setting(const char *key)
{
    for (size_t i = 0; i < config_nsettings; i++)
        if (strcmp(config_settings[i].key, key) == 0)
            return &config_settings[i];
    return NULL;
}

TEST(shown_values_hide_secrets_and_passwords)
{
    struct config c = loaded(cx, &(struct config_source){.environment = no_environment});

    c.jwt_secret = S("correct-horse-battery-staple-1234");
    c.database_url = S("postgres://user:p@ss:w@rd@host:5432/db");
    check_str(S("********"), config_value(cx->arena, &c, setting("jwt_secret")));
    check_str(S(""), config_value(cx->arena, &c, setting("meta_token")));
    check_str(S("postgres://user:***@host:5432/db"),
              config_value(cx->arena, &c, setting("database_url")));
    c.database_url = S("postgres://host/db?user=u&password=word");
    check_str(S("********"), config_value(cx->arena, &c, setting("database_url")));
    c.database_url = S("postgres://host/db");
    check_str(S("postgres://host/db"), config_value(cx->arena, &c, setting("database_url")));
    check_str(S("127.0.0.1:8090"), config_value(cx->arena, &c, setting("listen")));
    check_str(S("5000"), config_value(cx->arena, &c, setting("retry_base_ms")));
}

TEST(every_setting_has_one_name_of_each_kind_and_a_meaning)
{
    for (size_t i = 0; i < config_nsettings; i++) {
        const struct setting *s = &config_settings[i];
        struct str meaning = str_of(s->meaning);
        check(meaning.len > 10 && str_ends(meaning, S(".")));
        check(str_starts(str_of(s->env), S("TRAFFICD_")) || !strcmp(s->env, "FACEBOOK_ADS_TOKEN"));
        for (size_t k = 0; k < i; k++) {
            check(strcmp(s->key, config_settings[k].key) != 0);
            check(strcmp(s->env, config_settings[k].env) != 0);
            check(s->offset != config_settings[k].offset);
        }
    }
}
