/* meta_entities.c: people, accounts, campaigns, ad sets, ads. */
#include "base/calendar.h"
#include "base/money.h"
#include "vendors/meta_inside.h"

enum err meta_user_read(struct ctx *cx, const struct json_in *root, struct meta_user *out)
{
    enum err err;

    *out = (struct meta_user){0};
    TRY(meta_take_id(cx, root, "id", &out->id));
    TRY(meta_take_text(cx, root, "name", &out->name));
out:
    return err;
}

int64_t meta_currency_offset(struct str currency)
{
    static const char whole[][4] = {"CLP", "COP", "CRC", "HUF", "ISK", "IDR",
                                    "JPY", "KRW", "PYG", "TWD", "VND"};

    for (size_t i = 0; i < COUNT(whole); i++)
        if (str_eq(currency, str_of(whole[i])))
            return 1;
    return 100;
}

/* Minor units to micros; absent stays unknown. */
static enum err take_minor(struct ctx *cx, const struct json_in *row, const char *key,
                           struct str currency, struct maybe_int *out)
{
    enum err err;

    TRY(meta_take_dec(cx, row, key, 0, out));
    if (out->known && !muldiv(out->v, MICROS, meta_currency_offset(currency), &out->v))
        err = fail(cx, ERR_UPSTREAM, "meta: \"%s\" is too large", key);
out:
    return err;
}

/* A budget that is set on the other level, or a cap that is none, is left out or comes as "0". */
static enum err take_budget(struct ctx *cx, const struct json_in *row, const char *key,
                            struct str currency, struct maybe_int *out)
{
    enum err err = take_minor(cx, row, key, currency, out);

    out->known = out->known && out->v != 0;
    return err;
}

/* Two digits at a place in the text, none above most. */
static bool two(struct str s, size_t at, int64_t most, int64_t *out)
{
    struct str digits = {s.ptr + at, 2};

    return str_is_id(digits) && str_to_int(digits, out) && *out <= most;
}

bool meta_time_parse(struct str s, int64_t *at_ms)
{
    struct date day;
    int64_t hour, minute, second, off_hour, off_minute;

    /* With or without a colon in the offset. */
    if (!(s.len == 24 || (s.len == 25 && s.ptr[22] == ':')))
        return false;
    if (s.ptr[10] != 'T' || s.ptr[13] != ':' || s.ptr[16] != ':' ||
        (s.ptr[19] != '+' && s.ptr[19] != '-'))
        return false;
    if (!day_parse((struct str){s.ptr, 10}, &day) || !two(s, 11, 23, &hour) ||
        !two(s, 14, 59, &minute) || !two(s, 17, 60, &second) || !two(s, 20, 18, &off_hour) ||
        !two(s, s.len - 2, 59, &off_minute))
        return false;
    int64_t offset = (off_hour * 60 + off_minute) * (s.ptr[19] == '-' ? -1 : 1);
    *at_ms = (((day_number(day) * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000;
    return true;
}

const char *meta_account_status(int64_t status)
{
    static const struct {
        int64_t status;
        const char *name;
    } known[] = {
        {1,   "active"             },
        {2,   "disabled"           },
        {3,   "unsettled"          },
        {7,   "pending_risk_review"},
        {8,   "pending_settlement" },
        {9,   "in_grace_period"    },
        {100, "pending_closure"    },
        {101, "closed"             },
        {201, "any_active"         },
        {202, "any_closed"         },
    };

    for (size_t i = 0; i < COUNT(known); i++)
        if (known[i].status == status)
            return known[i].name;
    return "unknown";
}

const char *meta_disable_reason(int64_t reason)
{
    static const char *const known[] = {"none",
                                        "ads_integrity_policy",
                                        "ads_ip_review",
                                        "risk_payment",
                                        "gray_account_shut_down",
                                        "ads_afc_review",
                                        "business_integrity_rar",
                                        "permanent_close",
                                        "unused_reseller_account",
                                        "unused_account",
                                        "umbrella_ad_account",
                                        "business_manager_integrity_policy",
                                        "misrepresented_ad_account",
                                        "aoab_deshare_legal_entity",
                                        "ctx_thread_review",
                                        "compromised_ad_account"};

    return reason >= 0 && reason < (int64_t)COUNT(known) ? known[reason] : "unknown";
}

/* account_id has the bare digits; some answers carry only id, with "act_" in front. */
static enum err take_account_id(struct ctx *cx, const struct json_in *row, struct str *out)
{
    enum err err;

    TRY(meta_take_text(cx, row, "account_id", out));
    if (!out->len) {
        TRY(meta_take_text(cx, row, "id", out));
        if (str_starts(*out, S("act_")))
            *out = (struct str){out->ptr + 4, out->len - 4};
    }
    if (!str_is_id(*out))
        err = fail(cx, ERR_UPSTREAM, "meta: an ad account has no id");
out:
    return err;
}

enum err meta_account_read(struct ctx *cx, const struct json_in *row, struct meta_account *out)
{
    enum err err;
    struct maybe_int hours;

    *out = (struct meta_account){0};
    TRY(take_account_id(cx, row, &out->id));
    TRY(meta_take_text(cx, row, "name", &out->name));
    TRY(meta_take_text(cx, row, "currency", &out->currency));
    TRY(meta_take_text(cx, row, "timezone_name", &out->timezone_name));
    TRY(meta_take_count(cx, row, "account_status", 0, &out->status));
    /* Hours may be broken: 5.5 in India. */
    TRY(meta_take_dec(cx, row, "timezone_offset_hours_utc", 2, &hours));
    if (hours.known && hours.v >= -2400 && hours.v <= 2400)
        out->utc_offset_minutes = (struct maybe_int){true, hours.v * 60 / 100};
    TRY(take_minor(cx, row, "amount_spent", out->currency, &out->amount_spent_micros));
    TRY(take_minor(cx, row, "balance", out->currency, &out->balance_micros));
    TRY(take_budget(cx, row, "spend_cap", out->currency, &out->spend_cap_micros));
    TRY(meta_take_dec(cx, row, "disable_reason", 0, &out->disable_reason));
    TRY(meta_take_text(cx, json_get(row, "business"), "id", &out->business_id));
    TRY(meta_take_text(cx, json_get(row, "business"), "name", &out->business_name));
out:
    return err;
}

static enum err take_creative(struct ctx *cx, const struct json_in *row, struct meta_entity *out)
{
    enum err err;
    const struct json_in *creative = json_get(row, "creative");

    TRY(meta_take_text(cx, creative, "id", &out->creative_id));
    TRY(meta_take_text(cx, creative, "url_tags", &out->url_tags));
    TRY(meta_take_text(cx, creative, "thumbnail_url", &out->thumbnail_url));
    out->creative = meta_take_json(cx, row, "creative");
out:
    return err;
}

static enum err take_times(struct ctx *cx, const struct json_in *row, struct meta_entity *out)
{
    enum err err;

    TRY(meta_take_time(cx, row, "start_time", &out->start_at));
    TRY(meta_take_time(cx, row, "stop_time", &out->stop_at));
    if (!out->stop_at.known) /* ad sets call it end_time */
        TRY(meta_take_time(cx, row, "end_time", &out->stop_at));
    TRY(meta_take_time(cx, row, "created_time", &out->created_at));
    TRY(meta_take_time(cx, row, "updated_time", &out->updated_at));
out:
    return err;
}

enum err meta_entity_read(struct ctx *cx, const struct json_in *row, struct str currency,
                          struct meta_entity *out)
{
    enum err err;

    *out = (struct meta_entity){0};
    TRY(meta_take_id(cx, row, "id", &out->id));
    TRY(meta_take_text(cx, row, "name", &out->name));
    TRY(meta_take_text(cx, row, "status", &out->status));
    TRY(meta_take_text(cx, row, "effective_status", &out->effective_status));
    TRY(meta_take_text(cx, row, "configured_status", &out->configured_status));
    TRY(meta_take_text(cx, row, "campaign_id", &out->campaign_id));
    TRY(meta_take_text(cx, row, "adset_id", &out->adset_id));
    TRY(meta_take_text(cx, row, "objective", &out->objective));
    TRY(meta_take_text(cx, row, "buying_type", &out->buying_type));
    TRY(meta_take_text(cx, row, "bid_strategy", &out->bid_strategy));
    TRY(meta_take_text(cx, row, "optimization_goal", &out->optimization_goal));
    TRY(meta_take_text(cx, row, "billing_event", &out->billing_event));
    out->targeting = meta_take_json(cx, row, "targeting");
    TRY(take_budget(cx, row, "daily_budget", currency, &out->daily_budget_micros));
    TRY(take_budget(cx, row, "lifetime_budget", currency, &out->lifetime_budget_micros));
    TRY(take_times(cx, row, out));
    TRY(take_creative(cx, row, out));
out:
    return err;
}
