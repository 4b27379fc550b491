/* app.h: what main wires once; read-only afterwards. Everything mutable in it owns its lock. */
#pragma once
#include "base/calendar.h"
#include "base/config.h"
#include "base/crypto.h"
#include "db/db.h"
#include "fetch/fetch.h"

struct app {
    const struct clock *clock;
    const struct random *random;
    struct config config;
    const struct zone *zone; /* the reporting zone */
    struct db *db;
    struct fetcher *fetcher;
    struct upstream meta, rates, amocrm;   /* base URLs from config */
    unsigned char session_key[CRYPTO_KEY]; /* signs access tokens */
    unsigned char secret_key[CRYPTO_KEY];  /* seals vendor tokens */
    unsigned char audit_key[CRYPTO_KEY];
    struct cache *cache;         /* core/cache.h */
    struct limits *limits;       /* core/gate.h */
    struct inbox *inbox;         /* core/inbox.h */
    struct webhook_keys *hooks;  /* core/webhook_key.h */
    struct journal *journal;     /* core/journal.h; NULL = not kept */
    struct links_live *links;    /* links/links.h; NULL in commands */
    struct scheduler *scheduler; /* core/job.h; NULL in commands */
    const struct inbox_source *inbox_sources;
    size_t ninbox_sources;
    const struct job_set *job_sets;
    size_t njob_sets;
    const char *version;
};
