/* crm_hook.c: our webhook at the CRM: made with the secret address, watched, and made again. */
#include "core/secrets.h"
#include "core/version.h"
#include "core/webhook_key.h"
#include "crm/crm.sql.h"
#include "crm/crm_inside.h"

#define DOOR "/webhook/amocrm/traffic/"

/* ---- the key ---- */

static enum err find_sealed(struct tx *tx, int64_t *id)
{
    bool found;

    *id = 0;
    return db_get_int(tx, &q_crm_hook_secret, NO_ARGS, id, &found);
}

enum err crm_hook_key_new(struct tx *tx, struct app *app, struct str *key)
{
    enum err err;
    int64_t id;

    TRY(webhook_key_create(tx, app, S(CRM_HOOK_SOURCE), key));
    TRY(find_sealed(tx, &id));
    if (id)
        TRY(secret_replace(tx, app, id, *key));
    else
        TRY(secret_put(tx, app, S("amocrm.hook"), *key, &id));
out:
    return err;
}

static enum err open_key(struct ctx *cx, struct app *app, struct str *key)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t id;

    *key = (struct str){0};
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(find_sealed(tx, &id));
    if (id && secret_open(tx, app, id, key) == ERR_BUG)
        ctx_forgive(cx); /* sealed with another key: a new one is made in its place */
out:
    tx_end(&tx);
    return cx->err;
}

static enum err is_valid(struct ctx *cx, struct app *app, struct str key, bool *out)
{
    enum err err =
        webhook_key_check(cx, app, S(CRM_HOOK_SOURCE), app->config.amo_webhook_secret, key);

    *out = !err;
    if (err != ERR_AUTH)
        return err;
    ctx_forgive(cx);
    return OK;
}

/* One key for the hooks of all accounts: it is kept sealed to be given again. */
enum err crm_hook_key(struct ctx *cx, struct app *app, struct str *key)
{
    enum err err;
    struct tx *tx = NULL;
    bool valid = false;

    *key = app->config.amo_webhook_secret;
    if (key->len)
        return OK;
    TRY(open_key(cx, app, key));
    if (key->len)
        TRY(is_valid(cx, app, *key, &valid));
    if (valid)
        return OK;
    TRY(tx_begin(cx, app->db, TX_WRITE, &tx));
    TRY(crm_hook_key_new(tx, app, key));
    TRY(tx_commit(tx));
    webhook_keys_forget(app->hooks);
out:
    tx_end(&tx);
    return err;
}

struct str crm_hook_url(struct arena *a, const struct app *app, struct str key)
{
    return arena_fmt(a, "%.*s" DOOR "%.*s", STR_FMT(app->config.public_url), STR_FMT(key));
}

/* ---- looking ---- */

struct look {
    struct crm_link *link;
    struct arena *arena; /* lives longer than a page */
    struct str ours;     /* a hook of ours whose key is valid; empty = none */
    bool is_disabled, covers_deals;
    VEC(struct str) dead; /* of ours, with keys that no longer open the door */
};

static enum err take_hook(struct ctx *cx, const struct json_in *row, struct look *k)
{
    enum err err;
    struct amo_webhook hook;
    struct app *app = k->link->app;
    struct str head = crm_hook_url(cx->arena, app, (struct str){0}), key;
    bool valid;

    TRY(amo_webhook_read(cx, row, &hook));
    if (!str_starts(hook.destination, head))
        return OK;
    key = (struct str){hook.destination.ptr + head.len, hook.destination.len - head.len};
    TRY(is_valid(cx, app, key, &valid));
    if (!valid)
        *vec_add(k->arena, &k->dead) = arena_str(k->arena, hook.destination);
    if (!valid || (k->ours.len && hook.is_disabled))
        return OK;
    k->ours = arena_str(k->arena, hook.destination);
    k->is_disabled = hook.is_disabled;
    k->covers_deals = hook.covers_deals;
out:
    return err;
}

static enum err take_hooks(struct ctx *cx, const struct json_in *rows, void *self)
{
    struct json_iter it = json_iter(rows);
    const struct json_in *row;
    enum err err = OK;

    while (!err && (row = json_next(&it, NULL)) != NULL)
        err = take_hook(cx, row, self);
    return err;
}

static enum err look(struct crm_link *l, struct look *out)
{
    struct amo_call call = amo_call_webhooks();
    struct amo_walk walk = {.page = take_hooks, .self = out};

    *out = (struct look){.link = l, .arena = l->cx->arena};
    return amo_each_page(l->cx, &l->api, &call, &walk, &l->last);
}

/* The one that is there is told of the events it lacks. One that was switched off is made anew:
 * nothing says that the CRM switches on again what is merely registered once more. Otherwise one is
 * made, and those whose keys are dead go. */
static enum err make(struct crm_link *l, const struct look *seen)
{
    enum err err;
    struct amo_call call;
    struct str key, destination = seen->ours;

    if (!destination.len) {
        TRY(crm_hook_key(l->cx, l->app, &key));
        destination = crm_hook_url(l->cx->arena, l->app, key);
    }
    if (seen->is_disabled) {
        TRY(amo_call_webhook_delete(l->cx, destination, &call));
        TRY(crm_ask(l, &call));
    }
    TRY(amo_call_webhook_set(l->cx, destination, &call));
    TRY(crm_ask(l, &call));
    for (size_t i = 0; i < seen->dead.n; i++) {
        TRY(amo_call_webhook_delete(l->cx, seen->dead.at[i], &call));
        TRY(crm_ask(l, &call));
    }
out:
    return err;
}

static enum err note(struct crm_link *l, const struct look *seen)
{
    enum err err;
    struct tx *tx = NULL;
    struct str state = S("ok"), reason = S("");

    if (!seen->ours.len) {
        state = S("missing");
        reason = S("webhook: the CRM has none of ours: create it");
    } else if (seen->is_disabled) {
        state = S("disabled");
        reason = S("webhook: the CRM has switched it off after too many failed deliveries");
    } else if (!seen->covers_deals) {
        state = S("missing");
        reason = S("webhook: it does not tell of every change of a deal: create it again");
    }
    TRY(tx_begin(l->cx, l->app->db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_crm_hook_note,
                ARGS(a_int("id", l->id), a_str("hook_state", state), a_str("hook_reason", reason),
                     a_int("at", now_ms(l->cx))),
                NULL));
    TRY(version_bump(tx));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err crm_hook_look(struct crm_link *l, void *wants_one)
{
    enum err err;
    struct look seen;
    const bool *is_wanted = wants_one;

    TRY(look(l, &seen));
    if (is_wanted && *is_wanted) {
        TRY(make(l, &seen));
        TRY(look(l, &seen));
    }
    TRY(note(l, &seen));
out:
    return err;
}
