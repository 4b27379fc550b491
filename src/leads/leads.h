/* leads.h: people who may buy, from whichever door they came.
 * The one rule: (source_kind, external_id) is one lead, however often it is told. */
#pragma once
#include "db/db.h"

struct utm { /* as they came; empty = not said */
    struct str source, medium, campaign, content, term;
};
struct lead_new {
    struct str source_kind; /* "crm", "lead_ad", "landing", "whatsapp", "import" */
    struct str external_id;
    int64_t created_at;
    struct str day; /* of created_at, reporting zone */
    int64_t learned_at;
    struct utm utm;
};
/* Inserts, or makes an existing lead equal to what is known now; marks the days it touches. */
enum err lead_put(struct tx *tx, const struct lead_new *l, int64_t *id) MUST_USE;

/* Columns utm_source ... utm_term of a row. */
struct rows;
struct utm utm_of_row(struct rows *rows);
#define UTM_ARGS(u)                                                                                \
    a_opt("utm_source", (u).source), a_opt("utm_medium", (u).medium),                              \
        a_opt("utm_campaign", (u).campaign), a_opt("utm_content", (u).content),                    \
        a_opt("utm_term", (u).term)
