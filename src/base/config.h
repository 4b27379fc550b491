/* config.h: every setting in one table (config.c), each with type, default and meaning.
 * Order of strength: flag, environment, file, default. */
#pragma once
#include "base/base.h"

struct config {
    struct str listen; /* TRAFFICD_LISTEN        127.0.0.1:8090 */
    struct str data;   /* TRAFFICD_DATA          directory; the database in it is trafficd.db */
    struct str database_url; /* TRAFFICD_DATABASE_URL  empty = SQLite in the data directory */
    struct str
        public_url;      /* TRAFFICD_PUBLIC_URL    what a browser types; empty = http://<listen> */
    struct str tz;       /* TRAFFICD_TZ            Asia/Almaty: the reporting zone */
    struct str currency; /* TRAFFICD_CURRENCY      KZT: what the dashboard shows first */
    struct str jwt_secret; /* TRAFFICD_JWT_SECRET    empty = made on first start, file mode 0600 */
    struct str secret_key; /* TRAFFICD_SECRET_KEY    hex, 32 bytes; empty = made on first start */
    struct str meta_graph_url, meta_www_url, meta_api_version; /* TRAFFICD_META_* */
    struct str meta_app_id, meta_app_secret;
    struct str meta_token; /* FACEBOOK_ADS_TOKEN: fallback token */
    struct str amo_url;    /* TRAFFICD_AMO_URL: template with {subdomain} */
    struct str amo_webhook_secret;
    struct str rates_url; /* TRAFFICD_RATES_URL: the National Bank's feed up to ?fdate= */
    struct str trusted_proxies, cors_origins;
    struct str log_level;
    int64_t retry_base_ms; /* TRAFFICD_RETRY_BASE_MS 5000 */
    int64_t http_threads;  /* TRAFFICD_HTTP_THREADS  64 */
    int64_t rate_limit;    /* TRAFFICD_RATE_LIMIT    60 requests per 2 minutes and user */
    int64_t
        login_limit; /* TRAFFICD_LOGIN_LIMIT   10 tries per 15 minutes, account and address each */
    int64_t restate_days;   /* TRAFFICD_RESTATE_DAYS  28: how far back Meta may change a day */
    int64_t meta_page_size; /* TRAFFICD_META_PAGE_SIZE 100 */
    struct str meta_verify_token; /* said by Meta when it subscribes; empty = no Lead Ads webhook */
    struct str amo_www_url;       /* TRAFFICD_AMO_WWW_URL: where consent is asked */
    struct str amo_client_id, amo_client_secret; /* of the amoCRM integration; may be empty */
    struct str rates_fallback_url;               /* empty = none */
    struct str link_hosts;       /* hosts with commas between; beside those of the table */
    int64_t history_months;      /* 37: how far back a new account is read */
    int64_t inbox_days;          /* 730: how long done events are kept */
    int64_t lead_duplicate_days; /* 30: the same person again within it is one lead */
};

enum origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_FLAG };
enum setting_type { SETTING_TEXT, SETTING_INT, SETTING_URL, SETTING_SECRET };
struct setting {
    const char *env; /* "TRAFFICD_LISTEN" */
    const char *key; /* "listen": in the file, and --listen */
    enum setting_type type;
    const char *preset;                 /* the default as text */
    const char *meaning;                /* one sentence, for --help and the README */
    size_t offset;                      /* in struct config */
    int64_t least, most;                /* SETTING_INT */
    bool (*is_right)(struct str value); /* further check; NULL = any text of one line will do */
    const char *wanted;                 /* what would be right: "an address like 127.0.0.1:8090" */
};
extern const struct setting config_settings[];
extern const size_t config_nsettings;

struct config_source {
    const char *file;               /* NULL = none */
    const char *const *environment; /* "KEY=VALUE" list, NULL-terminated; main passes environ */
    const struct config_flag *flags;
    size_t nflags;
};
struct config_flag {
    struct str key, value;
};
/* Everything is copied into the arena. A wrong value is ERR_INPUT and names the setting, where it
 * came from and what would be right. origins (config_nsettings long) may be NULL. */
enum err config_load(struct ctx *cx, const struct config_source *from, struct config *out,
                     enum origin *origins) MUST_USE;
struct str config_value(struct arena *a, const struct config *c,
                        const struct setting *s); /* secrets masked */
