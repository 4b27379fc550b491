/* meta_errors.c: what Meta's replies mean. Numbers decide; texts change and are only shown. */
#include "vendors/meta_inside.h"

#include <string.h>

enum { DEFAULT_WAIT_MS = 5 * 60 * 1000, POLICY_WAIT_MS = 60 * 60 * 1000, ANY = -1 };

/* First match wins. Bands are inclusive. */
static const struct rule {
    int64_t from, to, subcode;
    enum meta_class class;
} rules[] = {
    {-2,    -2,    ANY,     META_RETRY       }, /* a report failed */
    {1,     1,     ANY,     META_RETRY       },
    {2,     2,     1504041, META_BUG         }, /* a combination of breakdowns that is not allowed */
    {2,     2,     1504018, META_SPLIT       }, /* took too long */
    {2,     2,     ANY,     META_RETRY       },
    {3,     3,     ANY,     META_PERMISSION  },
    {4,     4,     ANY,     META_WAIT_APP    },
    {10,    10,    ANY,     META_PERMISSION  },
    {17,    17,    ANY,     META_WAIT_ACCOUNT},
    {32,    32,    ANY,     META_WAIT_ACCOUNT},
    {100,   100,   33,      META_PERMISSION  }, /* no such object, or not for this token */
    {100,   100,   1487534, META_SPLIT       },
    {100,   100,   1504018, META_SPLIT       },
    {102,   102,   ANY,     META_RECONNECT   },
    {104,   104,   ANY,     META_RETRY       },
    {190,   190,   ANY,     META_RECONNECT   },
    {200,   299,   ANY,     META_PERMISSION  },
    {341,   341,   ANY,     META_WAIT_APP    },
    {368,   368,   ANY,     META_WAIT_ACCOUNT}, /* a policy block */
    {506,   506,   ANY,     META_BUG         },
    {613,   613,   ANY,     META_WAIT_ACCOUNT},
    {960,   960,   ANY,     META_RETRY       },
    {2635,  2635,  ANY,     META_VERSION_DEAD},
    {80000, 80014, ANY,     META_WAIT_ACCOUNT},
};

const char *meta_class_slug(enum meta_class c)
{
    static const char *const slugs[] = {
        [META_OK] = "ok",
        [META_RETRY] = "retry",
        [META_WAIT_ACCOUNT] = "wait_account",
        [META_WAIT_APP] = "wait_app",
        [META_SPLIT] = "split",
        [META_RECONNECT] = "reconnect",
        [META_PERMISSION] = "permission",
        [META_VERSION_DEAD] = "version_dead",
        [META_BUG] = "bug",
    };

    return slugs[c];
}

/* The only wording that counts: some codes mean "too much" by their text alone. */
static bool says_reduce(struct str message)
{
    struct str words = S("reduce the amount of data");

    for (size_t i = 0; i + words.len <= message.len; i++)
        if (str_eq_nocase((struct str){message.ptr + i, words.len}, words))
            return true;
    return false;
}

enum meta_class meta_class_of(const struct meta_reply *r)
{
    if (says_reduce(r->message))
        return META_SPLIT;
    for (size_t i = 0; i < COUNT(rules); i++)
        if (r->code >= rules[i].from && r->code <= rules[i].to &&
            (rules[i].subcode == ANY || rules[i].subcode == r->subcode))
            return rules[i].class;
    if (r->is_transient || r->status >= 500 || r->status < 300)
        return META_RETRY;
    return META_BUG;
}

/* Without an envelope only the status speaks. A 2xx that is not JSON is a proxy's page, or cut. */
static enum meta_class class_of_status(int status)
{
    if (status >= 500 || status == 429 || status == 408 || (status >= 200 && status < 300))
        return META_RETRY;
    return META_BUG;
}

static void read_error(struct ctx *cx, const struct json_in *error, struct meta_reply *out)
{
    struct str text;

    if (!json_as_int(json_get(error, "code"), &out->code))
        out->code = 0;
    if (!json_as_int(json_get(error, "error_subcode"), &out->subcode))
        out->subcode = 0;
    if (!json_as_bool(json_get(error, "is_transient"), &out->is_transient))
        out->is_transient = false;
    if (json_as_str(json_get(error, "message"), &text) || json_as_str(error, &text))
        out->message = vendor_safe_text(cx->arena, text);
    if (json_as_str(json_get(error, "fbtrace_id"), &text) && text.len <= 64)
        out->trace_id = arena_str(cx->arena, text);
    out->class = meta_class_of(out);
}

static void read_body(struct ctx *cx, const struct reply *r, struct meta_reply *out)
{
    struct ctx aside = *cx; /* text that is not JSON is an answer of its own kind, not a failure */
    const struct json_in *root = NULL;

    ctx_forgive(&aside);
    if (json_parse(&aside, r->body, &root) || json_type(root) != JSON_OBJ)
        out->class = class_of_status(r->status);
    else if (json_type(json_get(root, "error")) > JSON_NULL) /* also inside a 200 */
        read_error(cx, json_get(root, "error"), out);
    else if (r->status < 200 || r->status >= 300)
        out->class = class_of_status(r->status);
    else
        out->root = root;
}

void meta_reply_read(struct ctx *cx, const struct reply *r, struct meta_reply *out)
{
    *out = (struct meta_reply){.class = META_OK, .status = r->status};
    out->body = r->body;
    meta_usage_read(cx, r, &out->usage);
    out->version_is_ending = reply_header(r, "x-ad-api-version-warning").len > 0;
    read_body(cx, r, out);
    if (out->class != META_WAIT_ACCOUNT && out->class != META_WAIT_APP)
        return;
    out->wait_ms = out->usage.regain_ms ? out->usage.regain_ms : DEFAULT_WAIT_MS;
    if (out->code == 368 && out->wait_ms < POLICY_WAIT_MS)
        out->wait_ms = POLICY_WAIT_MS;
}
