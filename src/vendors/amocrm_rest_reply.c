/* amocrm_rest_reply.c: what amoCRM's replies mean, and one call with its tries. Statuses decide;
 * texts change and are only shown. */
#include "vendors/amocrm_rest_inside.h"

#include <string.h>

enum { TROUBLE_WAIT_MS = 20 * 1000, FIRST_WAIT_MS = 1000 };

const char *amo_class_slug(enum amo_class c)
{
    static const char *const slugs[] = {
        [AMO_OK] = "ok",
        [AMO_EMPTY] = "empty",
        [AMO_RETRY] = "retry",
        [AMO_SLOW_DOWN] = "slow_down",
        [AMO_LESS] = "less",
        [AMO_BLOCKED] = "blocked",
        [AMO_PERMISSION] = "permission",
        [AMO_UNPAID] = "unpaid",
        [AMO_RECONNECT] = "reconnect",
        [AMO_MOVED] = "moved",
        [AMO_BUG] = "bug",
    };

    return slugs[c];
}

/* ---- texts ---- */

static struct str text_in(const struct json_in *v, const char *key)
{
    struct str text = {0};

    json_as_str(json_get(v, key), &text);
    return text;
}

/* The first thing that was wrong with a request, else the most telling of the general texts. */
static struct str message_of(struct arena *a, const struct json_in *root)
{
    static const char *const keys[] = {"hint", "detail", "title"};
    const struct json_in *wrong =
        json_at(json_get(json_at(json_get(root, "validation-errors"), 0), "errors"), 0);
    struct str text = {0};

    if (json_type(wrong) == JSON_OBJ) {
        struct str path = text_in(wrong, "path"), detail = text_in(wrong, "detail");
        return vendor_safe_text(a, arena_fmt(a, "%.*s: %.*s", STR_FMT(path), STR_FMT(detail)));
    }
    for (size_t i = 0; i < COUNT(keys) && !text.len; i++)
        text = text_in(root, keys[i]);
    return vendor_safe_text(a, text);
}

/* ---- classes ---- */

/* Numbers of the older API that still come up; false for any other. */
static bool class_of_code(const struct json_in *root, enum amo_class *out)
{
    const struct json_in *code = json_get(root, "error_code");
    int64_t n = 0;

    if (!code)
        code = json_get(json_get(root, "response"), "error_code");
    if (!json_as_int(code, &n))
        return false;
    if (n == 101) /* no such account */
        *out = AMO_MOVED;
    else if (n >= 110 && n <= 112)
        *out = AMO_RECONNECT;
    else if (n == 113) /* our address is not on the account's white list */
        *out = AMO_BLOCKED;
    else
        return false;
    return true;
}

static enum amo_class class_of_status(int status, bool is_json)
{
    if (status >= 300 && status < 400)
        return AMO_MOVED; /* an account that was renamed sends visitors on */
    switch (status) {
    case 401:
        return AMO_RECONNECT;
    case 402:
        return AMO_UNPAID;
    case 403:
        return is_json ? AMO_PERMISSION : AMO_BLOCKED;
    case 404:
        return AMO_MOVED;
    case 408:
        return AMO_RETRY;
    case 429:
        return AMO_SLOW_DOWN;
    case 504:
        return AMO_LESS;
    default:
        return status >= 500 ? AMO_RETRY : AMO_BUG;
    }
}

static void read_good(const struct json_in *root, struct amo_reply *out)
{
    struct str href;

    out->class = root ? AMO_OK : AMO_RETRY; /* not JSON: a proxy's page, or cut */
    out->root = root;
    out->has_next =
        json_as_str(json_get(json_get(json_get(root, "_links"), "next"), "href"), &href) &&
        href.len > 0;
}

void amo_reply_read(struct ctx *cx, const struct reply *r, struct amo_reply *out)
{
    struct ctx aside = *cx; /* text that is not JSON is an answer of its own kind, not a failure */
    const struct json_in *root = NULL;
    bool is_good = r->status >= 200 && r->status < 300;

    *out = (struct amo_reply){.class = AMO_EMPTY, .status = r->status};
    if (r->status == 204 || (is_good && !str_trim(r->body).len))
        return;
    ctx_forgive(&aside);
    if (json_parse(&aside, r->body, &root) || json_type(root) != JSON_OBJ)
        root = NULL;
    if (is_good) {
        read_good(root, out);
        return;
    }
    out->message = message_of(cx->arena, root);
    if (!class_of_code(root, &out->class))
        out->class = class_of_status(r->status, root != NULL);
    if (out->class == AMO_BLOCKED)
        out->wait_ms = AMO_BLOCK_MS;
    if (out->class == AMO_SLOW_DOWN)
        out->wait_ms = AMO_LONGEST_WAIT_MS;
}

/* ---- one call ---- */

struct judged { /* what the last reply meant; filled while fetch still decides */
    struct ctx *cx;
    const struct amo_sent *sent;
    struct amo_reply reply;
};

/* The same status means other things where tokens are given out, and where one thing is asked for.
 */
static enum amo_class class_here(const struct amo_sent *s, const struct amo_reply *r)
{
    if (s->is_token_call && r->status == 400)
        return AMO_RECONNECT;
    if (s->is_token_call && (r->status == 401 || r->status == 404))
        return AMO_MOVED;
    if (s->may_miss && r->status == 404 && r->class == AMO_MOVED && r->message.len)
        return AMO_EMPTY; /* said in JSON: the account is there, the thing is not */
    return r->class;
}

static enum again judge(const struct reply *r, void *self, int64_t *wait_ms)
{
    struct judged *j = self;
    int64_t wait = FIRST_WAIT_MS;

    amo_reply_read(j->cx, r, &j->reply);
    j->reply.class = class_here(j->sent, &j->reply);
    switch (j->reply.class) {
    case AMO_SLOW_DOWN:
        for (int i = 1; i < r->tries && wait < AMO_LONGEST_WAIT_MS; i++)
            wait *= 2;
        *wait_ms = wait < AMO_LONGEST_WAIT_MS ? wait : AMO_LONGEST_WAIT_MS;
        return AGAIN_YES;
    case AMO_RETRY:
        if (!*wait_ms && r->status >= 500)
            *wait_ms = TROUBLE_WAIT_MS;
        return AGAIN_YES;
    case AMO_LESS:
        return j->sent->is_list ? AGAIN_NO : AGAIN_YES;
    case AMO_OK:
    case AMO_EMPTY:
    case AMO_BLOCKED:
    case AMO_PERMISSION:
    case AMO_UNPAID:
    case AMO_RECONNECT:
    case AMO_MOVED:
    case AMO_BUG:
        break;
    }
    return AGAIN_NO;
}

enum err amo_say_failure(struct ctx *cx, enum err err, const struct ctx *aside,
                         const struct amo_reply *r)
{
    if (r->status)
        return fail(cx, ERR_UPSTREAM, "amocrm: %s, status %d: %.*s", amo_class_slug(r->class),
                    r->status, STR_FMT(r->message));
    return fail(cx, err ? err : ERR_UPSTREAM, "%s", aside->why);
}

enum err amo_send(struct ctx *cx, const struct amo_sent *s, struct amo_reply *out)
{
    enum err err;
    struct ctx aside = *cx;
    struct judged judged = {.cx = cx, .sent = s};
    struct call call = s->call;
    struct reply reply;

    ctx_forgive(&aside);
    call.judge = judge;
    call.self = &judged;
    err = fetch(&aside, s->api->fetcher, s->up, &call, &reply);
    *out = judged.reply;
    if (!reply.status) { /* the last attempt brought nothing, whatever came before it */
        bool was_slow = err == ERR_TIMEOUT && !ctx_expired(&aside);
        *out = (struct amo_reply){.class = reply.is_too_large || was_slow ? AMO_LESS : AMO_RETRY};
    }
    if (reply.status && (out->class == AMO_OK || out->class == AMO_EMPTY))
        return OK;
    return amo_say_failure(cx, err, &aside, out);
}
