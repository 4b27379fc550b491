/* leads_person_logic.c: which of a person's leads count. Nothing here depends on who was heard of
 * first: leads are looked at in the order in which they happened. */
#include "leads/leads_inside.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS (24 * 3600 * 1000LL)

static int compare_text(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int by_bytes = n ? memcmp(a.ptr, b.ptr, n) : 0;

    return by_bytes ? by_bytes : (a.len > b.len) - (a.len < b.len);
}

static int compare_leads(const void *a, const void *b)
{
    const struct person_lead *x = a, *y = b;

    if (x->created_at != y->created_at)
        return x->created_at < y->created_at ? -1 : 1;
    int by_kind = compare_text(x->source_kind, y->source_kind);
    return by_kind ? by_kind : compare_text(x->external_id, y->external_id);
}

static bool is_crm(const struct person_lead *l)
{
    return str_eq(l->source_kind, S("crm"));
}

/* The others among themselves: one that counts takes in those of the next 24 hours. */
static void mark_repeats(struct person_leads *leads)
{
    const struct person_lead *counted = NULL;

    for (size_t i = 0; i < leads->n; i++) {
        struct person_lead *l = &leads->at[i];
        l->duplicate_of = 0;
        if (is_crm(l))
            continue;
        if (counted && l->created_at - counted->created_at <= DAY_MS)
            l->duplicate_of = counted->id;
        else
            counted = l;
    }
}

/* The newest other lead before the deal; without one, the first within a day after it: that was on
 * its way when the deal was typed in. */
static void mark_deal(const struct person_leads *leads, struct person_lead *deal, int64_t days)
{
    const struct person_lead *found = NULL;

    for (size_t i = 0; i < leads->n; i++) {
        const struct person_lead *l = &leads->at[i];
        if (is_crm(l) || l->created_at < deal->created_at - days * DAY_MS)
            continue;
        if (l->created_at <= deal->created_at ||
            (!found && l->created_at <= deal->created_at + DAY_MS))
            found = l;
    }
    deal->duplicate_of = !found ? 0 : found->duplicate_of ? found->duplicate_of : found->id;
}

void person_find_duplicates(struct person_leads *leads, int64_t duplicate_days)
{
    if (leads->n)
        qsort(leads->at, leads->n, sizeof *leads->at, compare_leads);
    mark_repeats(leads);
    for (size_t i = 0; i < leads->n; i++)
        if (is_crm(&leads->at[i]))
            mark_deal(leads, &leads->at[i], duplicate_days);
}

int64_t person_lead_at(const struct person_leads *leads, int64_t at)
{
    int64_t oldest = 0, newest = 0;

    for (size_t i = 0; i < leads->n; i++) {
        const struct person_lead *l = &leads->at[i];
        if (l->duplicate_of)
            continue;
        if (!oldest)
            oldest = l->id;
        if (l->created_at <= at)
            newest = l->id;
    }
    return newest ? newest : oldest;
}
