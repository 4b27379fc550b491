/* pool.c: the fetcher: handles that keep connections open, and what they share. */
#include "fetch/inside.h"

#include <stdlib.h>
#include <unistd.h>

enum { MAX_IDLE = 16 };

static void share_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *self)
{
    struct fetcher *f = self;

    (void)easy;
    (void)access;
    pthread_mutex_lock(&f->share_locks[data]);
}

static void share_unlock(CURL *easy, curl_lock_data data, void *self)
{
    struct fetcher *f = self;

    (void)easy;
    pthread_mutex_unlock(&f->share_locks[data]);
}

static const char *system_ca_file(void)
{
    static const char *const known[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/cert.pem",
    };

    for (size_t i = 0; i < COUNT(known); i++)
        if (access(known[i], R_OK) == 0)
            return known[i];
    return NULL;
}

enum err fetcher_new(struct ctx *cx, struct str ca_bundle, const struct random *random,
                     struct fetcher **out)
{
    struct fetcher *f = NULL;

    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        return fail(cx, ERR_BUG, "libcurl cannot be started");
    f = calloc(1, sizeof *f);
    if (!f)
        abort();
    pthread_mutex_init(&f->lock, NULL);
    for (size_t i = 0; i < COUNT(f->share_locks); i++)
        pthread_mutex_init(&f->share_locks[i], NULL);
    f->ca_file = system_ca_file();
    f->ca_bundle = ca_bundle;
    f->random = random;
    f->share = curl_share_init();
    if (!f->share)
        abort();
    curl_share_setopt(f->share, CURLSHOPT_USERDATA, f);
    curl_share_setopt(f->share, CURLSHOPT_LOCKFUNC, share_lock);
    curl_share_setopt(f->share, CURLSHOPT_UNLOCKFUNC, share_unlock);
    curl_share_setopt(f->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(f->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    *out = f;
    return OK;
}

void fetcher_abort(struct fetcher *f)
{
    atomic_store(&f->aborted, true);
}

void fetcher_free(struct fetcher **fetcher)
{
    struct fetcher *f = *fetcher;

    if (!f)
        return;
    struct quiet quiet = quiet_begin();
    while (f->idle) {
        struct handle *h = f->idle;
        f->idle = h->next;
        curl_easy_cleanup(h->easy);
        free(h);
    }
    quiet_end(&quiet);
    throttle_free(f);
    curl_share_cleanup(f->share);
    for (size_t i = 0; i < COUNT(f->share_locks); i++)
        pthread_mutex_destroy(&f->share_locks[i]);
    pthread_mutex_destroy(&f->lock);
    free(f);
    curl_global_cleanup();
    *fetcher = NULL;
}

struct handle *handle_take(struct fetcher *f)
{
    pthread_mutex_lock(&f->lock);
    struct handle *h = f->idle;
    if (h) {
        f->idle = h->next;
        f->nidle--;
    }
    pthread_mutex_unlock(&f->lock);
    if (h)
        return h;
    h = calloc(1, sizeof *h);
    if (!h || !(h->easy = curl_easy_init()))
        abort();
    return h;
}

void handle_give(struct fetcher *f, struct handle *h)
{
    bool is_kept;

    curl_easy_reset(h->easy); /* forgets the call with its token, keeps connections */
    pthread_mutex_lock(&f->lock);
    is_kept = f->nidle < MAX_IDLE;
    if (is_kept) {
        h->next = f->idle;
        f->idle = h;
        f->nidle++;
    }
    pthread_mutex_unlock(&f->lock);
    if (is_kept)
        return;
    curl_easy_cleanup(h->easy);
    free(h);
}
