/* meta_usage.c: the four headers in which Meta says how full its windows are. */
#include "vendors/meta_inside.h"

enum { SLOW_PERCENT = 75, STOP_PERCENT = 95, MINUTE_MS = 60 * 1000 };

static void raise_to(int *percent, const struct json_in *v, const char *key)
{
    int64_t n;

    if (!meta_as_dec(json_get(v, key), 0, &n) || n <= *percent)
        return;
    *percent = n > 1000 ? 1000 : (int)n;
}

static void raise_regain(struct meta_usage *out, const struct json_in *v, const char *key,
                         int64_t unit_ms)
{
    enum { LONGEST = 7 * 24 * 60 * MINUTE_MS };
    int64_t n;

    if (!meta_as_dec(json_get(v, key), 0, &n) || n <= 0)
        return;
    int64_t ms = n > LONGEST / unit_ms ? LONGEST : n * unit_ms;
    if (ms > out->regain_ms)
        out->regain_ms = ms;
}

static void raise_all(int *percent, const struct json_in *v)
{
    raise_to(percent, v, "call_count");
    raise_to(percent, v, "total_time");
    raise_to(percent, v, "total_cputime");
}

/* {"<account or business>":[{window}, ...], ...} */
static void read_business(const struct json_in *root, struct meta_usage *out)
{
    struct json_iter ids = json_iter(root);

    for (const struct json_in *list; (list = json_next(&ids, NULL));) {
        struct json_iter windows = json_iter(list);
        for (const struct json_in *w; (w = json_next(&windows, NULL));) {
            raise_all(&out->account_percent, w);
            raise_regain(out, w, "estimated_time_to_regain_access", MINUTE_MS);
        }
    }
}

static const struct json_in *header_json(struct ctx *cx, const struct reply *r, const char *name)
{
    struct ctx aside = *cx; /* a header that makes no sense is not the caller's failure */
    const struct json_in *root = NULL;
    struct str text = reply_header(r, name);

    ctx_forgive(&aside);
    if (!text.len || json_parse(&aside, text, &root))
        return NULL;
    return root;
}

void meta_usage_read(struct ctx *cx, const struct reply *r, struct meta_usage *out)
{
    const struct json_in *account = header_json(cx, r, "x-ad-account-usage");
    const struct json_in *insights = header_json(cx, r, "x-fb-ads-insights-throttle");
    int account_percent = 0;

    *out = (struct meta_usage){0};
    raise_all(&out->app_percent, header_json(cx, r, "x-app-usage"));
    raise_to(&out->app_percent, insights, "app_id_util_pct");
    raise_to(&out->account_percent, insights, "acc_id_util_pct");
    raise_to(&account_percent, account, "acc_id_util_pct");
    if (account_percent > out->account_percent)
        out->account_percent = account_percent;
    /* This header counts down in seconds all the time, not only when the window is full. */
    if (account_percent >= STOP_PERCENT)
        raise_regain(out, account, "reset_time_duration", 1000);
    read_business(header_json(cx, r, "x-business-use-case-usage"), out);
}

int64_t meta_usage_pause_ms(const struct meta_usage *u)
{
    int percent = u->app_percent > u->account_percent ? u->app_percent : u->account_percent;

    if (percent < SLOW_PERCENT)
        return 0;
    if (percent < STOP_PERCENT) /* from two seconds to five */
        return 2000 + (percent - SLOW_PERCENT) * 150;
    return u->regain_ms ? u->regain_ms : MINUTE_MS;
}
