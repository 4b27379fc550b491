/* config.c: the one table of settings, and where their values come from. */
#include "base/config.h"
#include "base/config_check.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { LARGEST_FILE = 64 << 10, LONGEST_VALUE = 8192 };

#define AT(field) offsetof(struct config, field)
#define TEXT(env, key, preset, field, is_right, wanted, meaning)                                   \
    {                                                                                              \
        env, key, SETTING_TEXT, preset, meaning, AT(field), 0, 0, is_right, wanted                 \
    }
#define URL(env, key, preset, field, is_right, wanted, meaning)                                    \
    {                                                                                              \
        env, key, SETTING_URL, preset, meaning, AT(field), 0, 0, is_right, wanted                  \
    }
#define SECRET(env, key, field, is_right, wanted, meaning)                                         \
    {                                                                                              \
        env, key, SETTING_SECRET, "", meaning, AT(field), 0, 0, is_right, wanted                   \
    }
#define INT(env, key, preset, field, least, most, meaning)                                         \
    {                                                                                              \
        env, key, SETTING_INT, preset, meaning, AT(field), least, most, NULL, NULL                 \
    }
#define A_URL "an address like https://example.com without ? and #"

/* A setting whose default is empty may be empty; the others may not. */
const struct setting config_settings[] = {
    TEXT("TRAFFICD_LISTEN", "listen", "127.0.0.1:8090", listen, is_listen_address,
         "an address like 127.0.0.1:8090", "Address and port to serve on."),
    TEXT("TRAFFICD_DATA", "data", "./trafficd-data", data, NULL, "a directory",
         "Directory of the database, the secrets and the socket."),
    TEXT("TRAFFICD_DATABASE_URL", "database_url", "", database_url, is_database_url,
         "postgres://user:password@host/database or sqlite:FILE",
         "Database to use; empty means trafficd.db in the data directory."),
    URL("TRAFFICD_PUBLIC_URL", "public_url", "", public_url, is_base_url, A_URL,
        "What a browser types to come here; empty means http:// and the listen address."),
    TEXT("TRAFFICD_TZ", "tz", "Asia/Almaty", tz, is_zone, "a time zone like Asia/Almaty",
         "Time zone whose days the reports count."),
    TEXT("TRAFFICD_CURRENCY", "currency", "KZT", currency, is_currency, "three letters like KZT",
         "Currency the dashboard shows first."),
    SECRET("TRAFFICD_JWT_SECRET", "jwt_secret", jwt_secret, is_strong_secret,
           "at least 32 bytes of chance", "Signs access tokens; made on first start when empty."),
    SECRET("TRAFFICD_SECRET_KEY", "secret_key", secret_key, is_strong_key,
           "64 hex digits of chance",
           "Seals vendors' tokens in the database; made on first start when empty."),
    URL("TRAFFICD_META_GRAPH_URL", "meta_graph_url", "https://graph.facebook.com", meta_graph_url,
        is_base_url, A_URL, "Where Meta's Graph API is."),
    URL("TRAFFICD_META_WWW_URL", "meta_www_url", "https://www.facebook.com", meta_www_url,
        is_base_url, A_URL, "Where Meta's consent page is."),
    TEXT("TRAFFICD_META_API_VERSION", "meta_api_version", "v25.0", meta_api_version, is_api_version,
         "a version like v25.0", "Version of the Graph API to speak."),
    TEXT("TRAFFICD_META_APP_ID", "meta_app_id", "", meta_app_id, NULL, NULL,
         "Id of the Meta app; empty when only tokens are pasted."),
    SECRET("TRAFFICD_META_APP_SECRET", "meta_app_secret", meta_app_secret, NULL, NULL,
           "Secret of the Meta app; with it every call is signed."),
    SECRET("TRAFFICD_META_VERIFY_TOKEN", "meta_verify_token", meta_verify_token, NULL, NULL,
           "The word Meta must say when it subscribes to our webhook of Lead Ads."),
    SECRET("FACEBOOK_ADS_TOKEN", "meta_token", meta_token, NULL, NULL,
           "Meta access token to begin with, while no other was connected."),
    URL("TRAFFICD_AMO_URL", "amo_url", "https://{subdomain}.amocrm.ru", amo_url, is_amo_url,
        "an address like https://{subdomain}.amocrm.ru", "Where an amoCRM account's API is."),
    URL("TRAFFICD_AMO_WWW_URL", "amo_www_url", "https://www.amocrm.ru", amo_www_url, is_base_url,
        A_URL, "Where amoCRM asks for consent; https://www.kommo.com for Kommo."),
    TEXT("TRAFFICD_AMO_CLIENT_ID", "amo_client_id", "", amo_client_id, NULL, NULL,
         "Id of the amoCRM integration; empty when only tokens are pasted."),
    SECRET("TRAFFICD_AMO_CLIENT_SECRET", "amo_client_secret", amo_client_secret, NULL, NULL,
           "Secret of the amoCRM integration."),
    SECRET("TRAFFICD_AMO_WEBHOOK_SECRET", "amo_webhook_secret", amo_webhook_secret, NULL, NULL,
           "Last part of the address to which amoCRM sends its webhooks."),
    URL("TRAFFICD_RATES_URL", "rates_url", "https://nationalbank.kz/rss/get_rates.cfm", rates_url,
        is_base_url, A_URL, "The National Bank's feed of exchange rates, up to ?fdate=."),
    URL("TRAFFICD_RATES_FALLBACK_URL", "rates_fallback_url", "", rates_fallback_url, is_base_url,
        A_URL,
        "Asked for rates when the National Bank has not answered for a day; empty means nobody."),
    TEXT(
        "TRAFFICD_LINK_HOSTS", "link_hosts", "", link_hosts, NULL, NULL,
        "Hosts that short links may lead to, with commas between; more can be added in the pages."),
    TEXT("TRAFFICD_TRUSTED_PROXIES", "trusted_proxies", "", trusted_proxies, is_proxy_list,
         "addresses or networks like 10.0.0.0/8 with commas between",
         "Reverse proxies whose X-Forwarded-For is believed."),
    TEXT("TRAFFICD_CORS_ORIGINS", "cors_origins", "", cors_origins, is_origin_list,
         "origins like https://example.com with commas between",
         "Other sites whose scripts may read answers."),
    TEXT("TRAFFICD_LOG_LEVEL", "log_level", "info", log_level, is_log_level,
         "debug, info, warn or error", "Least weight of what is logged."),
    INT("TRAFFICD_RETRY_BASE_MS", "retry_base_ms", "5000", retry_base_ms, 1, 600000,
        "First pause before an upstream is asked again, in milliseconds; it doubles."),
    INT("TRAFFICD_HTTP_THREADS", "http_threads", "64", http_threads, 2, 4096,
        "Connections served at the same time."),
    INT("TRAFFICD_RATE_LIMIT", "rate_limit", "60", rate_limit, 1, 1000000,
        "Requests per two minutes and user; answers from cache do not count."),
    INT("TRAFFICD_LOGIN_LIMIT", "login_limit", "10", login_limit, 1, 1000000,
        "Tries to sign in per 15 minutes, for an account and for an address."),
    INT("TRAFFICD_RESTATE_DAYS", "restate_days", "28", restate_days, 0, 400,
        "How many days back Meta may still change its numbers."),
    INT("TRAFFICD_META_PAGE_SIZE", "meta_page_size", "100", meta_page_size, 1, 1000,
        "Rows asked of Meta per page."),
    INT("TRAFFICD_HISTORY_MONTHS", "history_months", "37", history_months, 0, 37,
        "How many months back a new ad account is read."),
    INT("TRAFFICD_INBOX_DAYS", "inbox_days", "730", inbox_days, 7, 36500,
        "How many days received events are kept after they were worked up."),
    INT("TRAFFICD_LEAD_DUPLICATE_DAYS", "lead_duplicate_days", "30", lead_duplicate_days, 0, 3650,
        "A lead of the same person within so many days counts once."),
};
const size_t config_nsettings = COUNT(config_settings);

struct found { /* a value on its way, and where it was seen */
    struct str value;
    enum origin origin;
    size_t line; /* in the file */
};
struct load {
    struct ctx *cx;
    const struct config_source *from;
    struct found at[COUNT(config_settings)];
};

/* Where a value came from, in the operator's words. */
static struct str place_of(const struct load *l, size_t i)
{
    const struct setting *s = &config_settings[i];
    struct arena *a = l->cx->arena;

    switch (l->at[i].origin) {
    case ORIGIN_FILE:
        return arena_fmt(a, "%s:%zu: %s", l->from->file, l->at[i].line, s->key);
    case ORIGIN_ENVIRONMENT:
        return arena_fmt(a, "environment: %s", s->env);
    case ORIGIN_FLAG:
        return arena_fmt(a, "--%s", s->key);
    case ORIGIN_DEFAULT:
        break;
    }
    return arena_fmt(a, "default of %s", s->key);
}

/* In flags a dash may stand for the underscore: --meta-graph-url. */
static bool find_setting(struct str key, bool is_flag, size_t *out)
{
    for (size_t i = 0; i < COUNT(config_settings); i++) {
        struct str known = str_of(config_settings[i].key);
        bool is_same = key.len == known.len;
        for (size_t k = 0; is_same && k < key.len; k++)
            is_same =
                key.ptr[k] == known.ptr[k] || (is_flag && key.ptr[k] == '-' && known.ptr[k] == '_');
        if (is_same) {
            *out = i;
            return true;
        }
    }
    return false;
}

static enum err take_line(struct load *l, struct str text, size_t line)
{
    struct str value = text, key;
    const char *file = l->from->file;
    size_t i;

    if (!text.len || text.ptr[0] == '#')
        return OK;
    if (!memchr(text.ptr, '=', text.len))
        return fail(l->cx, ERR_INPUT, "%s:%zu: not of the form key = value", file, line);
    if (!str_cut(&value, '=', &key) || !find_setting(str_trim(key), false, &i))
        return fail(l->cx, ERR_INPUT, "%s:%zu: there is no setting \"%.*s\"", file, line,
                    STR_FMT(str_trim(key)));
    if (l->at[i].origin == ORIGIN_FILE)
        return fail(l->cx, ERR_INPUT, "%s:%zu: %s is set already in line %zu", file, line,
                    config_settings[i].key, l->at[i].line);
    l->at[i] = (struct found){str_trim(value), ORIGIN_FILE, line};
    return OK;
}

static enum err take_file(struct load *l)
{
    enum err err = OK;
    struct str text = {0}, line, mark = S("\xef\xbb\xbf");

    if (!l->from->file)
        return OK;
    TRY(file_read(l->cx, l->from->file, LARGEST_FILE, &text));
    if (str_starts(text, mark))
        text = (struct str){text.ptr + mark.len, text.len - mark.len};
    for (size_t n = 1; str_cut(&text, '\n', &line); n++)
        TRY(take_line(l, str_trim(line), n));
out:
    return err;
}

/* A variable set to nothing counts as not set: that is how service managers write "no". */
static void take_environment(struct load *l)
{
    for (const char *const *at = l->from->environment; at && *at; at++) {
        struct str value = str_of(*at), name;
        if (!str_cut(&value, '=', &name) || !value.len)
            continue;
        for (size_t i = 0; i < COUNT(config_settings); i++)
            if (str_eq(name, str_of(config_settings[i].env)))
                l->at[i] = (struct found){value, ORIGIN_ENVIRONMENT, 0};
    }
}

static enum err take_flags(struct load *l)
{
    size_t i;

    for (size_t n = 0; n < l->from->nflags; n++) {
        const struct config_flag *flag = &l->from->flags[n];
        if (!find_setting(flag->key, true, &i))
            return fail(l->cx, ERR_INPUT, "there is no setting --%.*s", STR_FMT(flag->key));
        l->at[i] = (struct found){flag->value, ORIGIN_FLAG, 0};
    }
    return OK;
}

/* One line of UTF-8: a value may end up in a header, a log or an address. */
static bool is_clean(struct str v)
{
    for (size_t i = 0; i < v.len; i++)
        if ((unsigned char)v.ptr[i] < 0x20 || v.ptr[i] == 0x7f)
            return false;
    return v.len <= LONGEST_VALUE && str_is_utf8(v);
}

static bool is_right(const struct setting *s, struct str v)
{
    int64_t number;

    if (!is_clean(v))
        return false;
    if (!v.len)
        return !*s->preset;
    if (s->type == SETTING_INT)
        return str_to_int(v, &number) && number >= s->least && number <= s->most;
    return !s->is_right || s->is_right(v);
}

/* "postgres://user:word@host/" with the word replaced; shows rather too little than too much. */
static struct str mask_password(struct arena *a, struct str v)
{
    const char *at = v.len ? memrchr(v.ptr, '@', v.len) : NULL;
    const char *slashes = v.len ? memmem(v.ptr, v.len, "://", 3) : NULL;

    if (v.len && memmem(v.ptr, v.len, "password=", 9))
        return S("********");
    if (!at || !slashes || slashes > at)
        return v;
    const char *colon = memchr(slashes + 3, ':', (size_t)(at - slashes) - 3);
    if (!colon)
        return v;
    return arena_fmt(a, "%.*s:***%.*s", (int)(colon - v.ptr), v.ptr,
                     (int)(v.len - (size_t)(at - v.ptr)), at);
}

/* A secret is never quoted back, not even a wrong one. */
static enum err refuse(struct load *l, size_t i)
{
    const struct setting *s = &config_settings[i];
    struct arena *a = l->cx->arena;
    struct str wanted = s->type == SETTING_INT ? arena_fmt(a, "a whole number from %lld to %lld",
                                                           (long long)s->least, (long long)s->most)
                                               : str_of(s->wanted ? s->wanted : "one line of text");
    struct str shown = S("");

    if (s->type != SETTING_SECRET && l->at[i].value.len < 80 && str_is_utf8(l->at[i].value))
        shown = arena_fmt(a, " \"%.*s\"", STR_FMT(mask_password(a, l->at[i].value)));
    return fail(l->cx, ERR_INPUT, "%.*s%.*s is not right: it must be %.*s", STR_FMT(place_of(l, i)),
                STR_FMT(shown), STR_FMT(wanted));
}

static void store(struct load *l, size_t i, struct config *out)
{
    const struct setting *s = &config_settings[i];
    struct str v = l->at[i].value;
    void *field = (char *)out + s->offset;

    if (s->type == SETTING_INT) {
        int64_t number = 0;
        if (str_to_int(v, &number))
            *(int64_t *)field = number;
        return;
    }
    if (s->type == SETTING_URL && str_ends(v, S("/"))) /* paths are appended with their own slash */
        v.len--;
    *(struct str *)field = arena_str(l->cx->arena, v);
}

enum err config_load(struct ctx *cx, const struct config_source *from, struct config *out,
                     enum origin *origins)
{
    enum err err;
    struct load l = {.cx = cx, .from = from};

    for (size_t i = 0; i < COUNT(config_settings); i++)
        l.at[i].value = str_of(config_settings[i].preset);
    TRY(take_file(&l));
    take_environment(&l);
    TRY(take_flags(&l));
    for (size_t i = 0; i < COUNT(config_settings); i++) {
        if (!is_right(&config_settings[i], l.at[i].value))
            TRY(refuse(&l, i));
        store(&l, i, out);
        if (origins)
            origins[i] = l.at[i].origin;
    }
out:
    return err;
}

struct str config_value(struct arena *a, const struct config *c, const struct setting *s)
{
    const void *field = (const char *)c + s->offset;

    if (s->type == SETTING_INT)
        return arena_fmt(a, "%lld", (long long)*(const int64_t *)field);
    struct str v = *(const struct str *)field;
    if (s->type == SETTING_SECRET)
        return v.len ? S("********") : S("");
    return mask_password(a, v);
}
