/* amocrm_events.c: what the gathered pairs mean. */
#include "base/money.h"
#include "vendors/amocrm_inside.h"

#include <stdlib.h>

static const struct slot {
    const char *code;
    size_t offset;
} slots[] = {
    {"UTM_SOURCE",   offsetof(struct amo_tracking, source)  },
    {"UTM_MEDIUM",   offsetof(struct amo_tracking, medium)  },
    {"UTM_CAMPAIGN", offsetof(struct amo_tracking, campaign)},
    {"UTM_CONTENT",  offsetof(struct amo_tracking, content) },
    {"UTM_TERM",     offsetof(struct amo_tracking, term)    },
    {"UTM_REFERRER", offsetof(struct amo_tracking, referrer)},
    {"REFERRER",     offsetof(struct amo_tracking, referrer)},
    {"FBCLID",       offsetof(struct amo_tracking, fbclid)  },
    {"GCLID",        offsetof(struct amo_tracking, gclid)   },
    {"YCLID",        offsetof(struct amo_tracking, yclid)   },
    {"ROISTAT",      offsetof(struct amo_tracking, roistat) },
    {"FROM",         offsetof(struct amo_tracking, from)    },
};

/* "utm source", "UTM-Source" and "utm_source" are one name. */
static bool is_named(struct str text, const char *code)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        else if (c == ' ' || c == '-')
            c = '_';
        if (!code[i] || c != code[i])
            return false;
    }
    return text.len && !code[text.len];
}

static struct str mapped_code(const struct amo_customs *c, struct str field_id)
{
    for (size_t i = 0; i < c->nmap; i++)
        if (str_eq(c->map[i].field_id, field_id))
            return c->map[i].code;
    return (struct str){0};
}

/* How surely a field is this slot: by its code, else by its name, else by the admin's list. */
static int certainty(const struct amo_customs *c, const struct amo_custom *f, const char *code)
{
    if (f->code.len)
        return is_named(f->code, code) ? 3 : is_named(mapped_code(c, f->id), code) ? 1 : 0;
    if (is_named(f->name, code))
        return 2;
    return is_named(mapped_code(c, f->id), code) ? 1 : 0;
}

static struct str best_value(const struct amo_customs *c, const char *code)
{
    const struct amo_custom *best = NULL;
    int best_certainty = 0;

    for (size_t i = 0; i < c->n; i++) {
        const struct amo_custom *f = &c->at[i];
        int sure = f->value.len ? certainty(c, f, code) : 0;
        if (sure > best_certainty || (best && sure == best_certainty && f->number < best->number)) {
            best = f;
            best_certainty = sure;
        }
    }
    return best ? best->value : (struct str){0};
}

void amo_tracking_read(const struct amo_customs *c, struct amo_tracking *out)
{
    for (size_t i = 0; i < COUNT(slots); i++) {
        struct str *slot = (struct str *)(void *)((char *)out + slots[i].offset);
        if (!slot->len)
            *slot = best_value(c, slots[i].code);
    }
}

struct maybe_int amo_price_of(struct str text)
{
    struct maybe_int price = {0};

    price.known = money_parse(text, &price.v) && price.v >= 0;
    return price.known ? price : (struct maybe_int){0};
}

struct maybe_int amo_prepaid_read(const struct amo_customs *c)
{
    return amo_price_of(best_value(c, "PREPAID"));
}

static struct str id_or_nothing(struct str s)
{
    return str_is_id(s) ? s : (struct str){0};
}

/* The first that is a moment: seconds since 1970, up to the year 2100. */
static struct maybe_int first_time(struct str a, struct str b)
{
    int64_t at_s;

    if (str_to_int(a, &at_s) && at_s > 0 && at_s < 4102444800)
        return (struct maybe_int){true, at_s * 1000};
    if (str_to_int(b, &at_s) && at_s > 0 && at_s < 4102444800)
        return (struct maybe_int){true, at_s * 1000};
    return (struct maybe_int){0};
}

/* Accounts with kopecks say both; `price` is then cut to whole units. */
static struct maybe_int price_of(const struct str *raw)
{
    struct maybe_int exact = amo_price_of(raw[RAW_PRICE_MINOR]);

    return exact.known ? exact : amo_price_of(raw[RAW_PRICE]);
}

static int by_number(const void *a, const void *b)
{
    const struct amo_tag *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static void finish_tags(struct arena *a, struct amo_draft *draft, struct amo_event *out)
{
    VEC(struct str) names = {0};

    if (draft->tags.n)
        qsort(draft->tags.at, draft->tags.n, sizeof *draft->tags.at, by_number);
    for (size_t i = 0; i < draft->tags.n; i++)
        if (draft->tags.at[i].name.len)
            *vec_add(a, &names) = draft->tags.at[i].name;
    out->tags = names.at;
    out->ntags = names.n;
}

static struct amo_event finish(const struct amo_drafts *d, struct amo_draft *draft)
{
    const struct str *raw = draft->raw;
    const struct amo_customs customs = {draft->fields.at, draft->fields.n, d->body->fields,
                                        d->body->nfields};
    struct amo_event e = {
        .action = draft->action,
        .deal_id = raw[RAW_ID],
        .name = raw[RAW_NAME],
        .status_id = id_or_nothing(raw[RAW_STATUS]),
        .old_status_id = id_or_nothing(raw[RAW_OLD_STATUS]),
        .pipeline_id = id_or_nothing(raw[RAW_PIPELINE]),
        .old_pipeline_id = id_or_nothing(raw[RAW_OLD_PIPELINE]),
        .responsible_user_id = id_or_nothing(raw[RAW_RESPONSIBLE]),
        .old_responsible_user_id = id_or_nothing(raw[RAW_OLD_RESPONSIBLE]),
        .price_micros = price_of(raw),
        .updated_at = first_time(raw[RAW_LAST_MODIFIED], raw[RAW_UPDATED_AT]),
        .created_at = first_time(raw[RAW_DATE_CREATE], raw[RAW_CREATED_AT]),
        .closed_at = first_time(raw[RAW_CLOSED_AT], raw[RAW_DATE_CLOSE]),
        .account_id = id_or_nothing(raw[RAW_ACCOUNT]),
        .subdomain = d->subdomain,
    };

    if (!e.account_id.len)
        e.account_id = d->account_id;
    amo_tracking_read(&customs, &e.tracking);
    e.prepaid_micros = amo_prepaid_read(&customs);
    finish_tags(d->arena, draft, &e);
    return e;
}

static int by_action(const void *a, const void *b)
{
    const struct amo_draft *x = *(struct amo_draft *const *)a, *y = *(struct amo_draft *const *)b;

    if (x->action != y->action)
        return x->action < y->action ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

void amo_drafts_finish(struct amo_drafts *d, struct amo_hook *out)
{
    VEC(struct amo_event) events = {0};

    if (d->list.n)
        qsort(d->list.at, d->list.n, sizeof *d->list.at, by_action);
    for (size_t i = 0; i < d->list.n; i++) {
        if (str_is_id(d->list.at[i]->raw[RAW_ID]))
            *vec_add(d->arena, &events) = finish(d, d->list.at[i]);
        else
            out->skipped++;
    }
    out->events = events.at;
    out->nevents = events.n;
    out->account_id = d->account_id;
    out->subdomain = d->subdomain;
    if (!out->account_id.len && events.n)
        out->account_id = events.at[0].account_id;
}
