/* links_cache.c: every short link in memory, made ready at loading, so that a redirect is a
 * look-up.
 */
#include "base/map.h"
#include "core/version.h"
#include "links/links.sql.h"
#include "links/links_inside.h"

#include <pthread.h>

enum { SNAPSHOT_CAP = 256 << 20, CACHE_CAP = 64 << 10 };

struct ready {              /* one link, ready to be followed */
    int64_t id, expires_at; /* 0 = never */
    bool is_off;
    struct link_url url;
    struct link_tags tags;
    enum link_merge merge;
    struct str plain; /* where a visitor goes who brings nothing along */
};
struct snapshot {
    struct arena *arena; /* of itself and all in it */
    int64_t version;
    struct map codes; /* code to place in links */
    VEC(struct ready) links;
};
struct link_cache {
    struct arena *arena;
    pthread_rwlock_t lock; /* guards now */
    struct snapshot *now;  /* NULL before the first loading */
};

struct link_cache *link_cache_new(void)
{
    struct arena *a = arena_new(CACHE_CAP);
    struct link_cache *c = arena_new_of(a, struct link_cache);

    c->arena = a;
    pthread_rwlock_init(&c->lock, NULL);
    return c;
}

static void snapshot_free(struct snapshot *s)
{
    if (!s)
        return;
    struct arena *a = s->arena;
    arena_free(&a);
}

void link_cache_free(struct link_cache **c)
{
    if (!*c)
        return;
    struct arena *a = (*c)->arena;
    snapshot_free((*c)->now);
    pthread_rwlock_destroy(&(*c)->lock);
    *c = NULL;
    arena_free(&a);
}

/* ---- loading ---- */

/* A link whose host was taken off the list, or that the rules of today would refuse, leads nowhere.
 */
static void make_ready(struct arena *a, struct rows *rows, const struct link_hosts *hosts,
                       struct ready *out)
{
    struct link_visit nothing = {0};

    *out = (struct ready){.id = col_int(rows, "id"),
                          .expires_at = col_int(rows, "expires_at"),
                          .is_off = !col_is_null(rows, "archived_at")};
    if (link_url_parse(a, col_str(rows, "target"), &out->url) ||
        !link_hosts_hold(hosts, out->url.host) ||
        !link_merge_parse(col_str(rows, "merge_policy"), &out->merge))
        out->is_off = true;
    for (size_t i = 0; i < LINK_NTAGS; i++)
        out->tags.at[i] = col_str(rows, link_tag_names[i]);
    nothing.merge = out->merge;
    out->plain = out->is_off ? S("") : link_url_tagged(a, &out->url, &out->tags, &nothing);
}

static enum err read_links(struct tx *tx, struct app *app, struct snapshot *s)
{
    enum err err;
    struct rows *rows = NULL;
    struct link_hosts hosts = {0};

    TRY(link_hosts_load(tx, app, &hosts));
    TRY(db_query(tx, &q_links_live, NO_ARGS, &rows));
    while (rows_next(rows)) {
        map_put(s->arena, &s->codes, col_str(rows, "code"), (int64_t)s->links.n);
        make_ready(s->arena, rows, &hosts, vec_add(s->arena, &s->links));
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static int64_t version_of(struct link_cache *c)
{
    pthread_rwlock_rdlock(&c->lock);
    int64_t version = c->now ? c->now->version : -1;
    pthread_rwlock_unlock(&c->lock);
    return version;
}

static void put_in_place(struct link_cache *c, struct snapshot *s)
{
    struct snapshot *old = s;

    pthread_rwlock_wrlock(&c->lock);
    /* Two may load at once: the one that saw more stays. */
    if (!c->now || s->version >= c->now->version) {
        old = c->now;
        c->now = s;
    }
    pthread_rwlock_unlock(&c->lock);
    snapshot_free(old);
}

enum err link_cache_load(struct link_cache *c, struct ctx *cx, struct app *app, bool force)
{
    enum err err;
    struct arena *own = arena_new(SNAPSHOT_CAP);
    struct snapshot *s = arena_new_of(own, struct snapshot);
    struct ctx load = *cx;
    struct tx *tx = NULL;

    s->arena = own;
    load.arena = own;
    TRY(tx_begin(&load, app->db, TX_READ, &tx));
    TRY(version_read(tx, &s->version));
    if (!force && s->version == version_of(c))
        goto out;
    TRY(read_links(tx, app, s));
    tx_end(&tx);
    put_in_place(c, s);
    s = NULL;
out:
    tx_end(&tx);
    if (err && !cx->err)
        err = fail(cx, err, "%s", load.why);
    snapshot_free(s);
    return err;
}

/* ---- asking ---- */

static struct link_answer answer_of(struct arena *a, const struct ready *r,
                                    const struct link_ask *ask)
{
    struct link_answer out = {.state = LINK_ENDED, .id = r->id};
    struct link_visit visit = {r->merge, ask->query};

    if (r->is_off || (r->expires_at && r->expires_at <= ask->now_ms))
        return out;
    out.state = LINK_OPEN;
    out.location =
        ask->query.len ? link_url_tagged(a, &r->url, &r->tags, &visit) : arena_str(a, r->plain);
    return out;
}

struct link_answer link_cache_answer(struct link_cache *c, struct arena *a,
                                     const struct link_ask *ask)
{
    struct link_answer out = {.state = LINK_UNKNOWN};
    int64_t at;

    pthread_rwlock_rdlock(&c->lock);
    if (c->now && map_get(&c->now->codes, ask->code, &at))
        out = answer_of(a, &c->now->links.at[at], ask);
    pthread_rwlock_unlock(&c->lock);
    return out;
}
