/* imports_kinds.c: which table a file is: by its name, or by its columns. */
#include "imports/imports_inside.h"

/* The tables of document 002, under their names, and plain words for lists kept by hand. */
static const struct import_kind kinds[] = {
    {"sales",                    IMPORT_SALES, NULL         },
    {"traffic_sales",            IMPORT_SALES, NULL         },
    {"all_sales_tracking",       IMPORT_SALES, NULL         },
    {"express_course_sales",     IMPORT_SALES, "express"    },
    {"main_product_sales",       IMPORT_SALES, "flagman"    },
    {"challenge3d_sales",        IMPORT_SALES, "challenge3d"},
    {"intensive1d_sales",        IMPORT_SALES, "intensive1d"},
    {"leads",                    IMPORT_LEADS, NULL         },
    {"traffic_leads",            IMPORT_LEADS, NULL         },
    {"traffic_leads_migrated",   IMPORT_LEADS, NULL         },
    {"landing_leads",            IMPORT_LEADS, NULL         },
    {"lead_tracking",            IMPORT_LEADS, NULL         },
    {"rates",                    IMPORT_RATES, NULL         },
    {"exchange_rates",           IMPORT_RATES, NULL         },
    {"costs",                    IMPORT_COSTS, NULL         },
    {"facebook_ad_spend",        IMPORT_COSTS, NULL         },
    {"rules",                    IMPORT_RULES, NULL         },
    {"traffic_user_utm_sources", IMPORT_RULES, NULL         },
    {"teams",                    IMPORT_TEAMS, NULL         },
    {"traffic_teams",            IMPORT_TEAMS, NULL         },
    {"users",                    IMPORT_USERS, NULL         },
    {"traffic_users",            IMPORT_USERS, NULL         },
};

/* The first line whose columns are all there says what it is. */
static const struct guess {
    const char *columns[3]; /* each "a|b": one of them */
    const char *kind;
} guesses[] = {
    {{"from_currency|base", "rate"},                                         "rates"},
    {{"spend|cost|расход", "date|day|stat_date|дата"},             "costs"},
    {{"sale_amount|amount|price|сумма", "lead_id|deal_id|crm_deal_id"}, "sales"},
    {{"email", "role"},                                                      "users"},
    {{"phone|phone_number|телефон|email", NULL},                      "leads"},
    {{"utm_source|value", "team|team_name|kind"},                            "rules"},
    {{"utm_source", "created_at|attributed_at"},                             "leads"},
    {{"name|team", NULL},                                                    "teams"},
};

static const struct import_kind *named(struct str name)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (str_eq(name, str_of(kinds[i].name)))
            return &kinds[i];
    return NULL;
}

static bool has_column(const char *names, const struct str *columns, size_t n)
{
    struct str rest = str_of(names), name;

    while (rest.len) {
        if (!str_cut(&rest, '|', &name)) {
            name = rest;
            rest.len = 0;
        }
        for (size_t i = 0; i < n; i++)
            if (str_eq(columns[i], name))
                return true;
    }
    return false;
}

static const struct import_kind *guess_kind(const struct str *columns, size_t n)
{
    for (size_t i = 0; i < COUNT(guesses); i++) {
        bool fits = true;
        for (size_t k = 0; k < COUNT(guesses[i].columns) && guesses[i].columns[k]; k++)
            fits = fits && has_column(guesses[i].columns[k], columns, n);
        if (fits)
            return named(str_of(guesses[i].kind));
    }
    return NULL;
}

/* "/tmp/landing_leads_rows.csv" is landing_leads: exports add words of their own. */
static const struct import_kind *by_file(struct ctx *cx, struct str file)
{
    const struct import_kind *best = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < file.len; i++)
        if (file.ptr[i] == '/' || file.ptr[i] == '\\') {
            file = (struct str){file.ptr + i + 1, file.len - i - 1};
            i = (size_t)-1;
        }
    file = str_fold(cx->arena, file);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct str name = str_of(kinds[i].name);
        if (name.len > longest && str_starts(file, name)) {
            best = &kinds[i];
            longest = name.len;
        }
    }
    return best;
}

const struct import_kind *import_kind_find(struct ctx *cx, struct str kind, struct str file_name,
                                           const struct str *columns, size_t n)
{
    const struct import_kind *k;

    if (kind.len && !str_eq(kind, S("auto")))
        return named(kind);
    k = by_file(cx, file_name);
    return k ? k : guess_kind(columns, n);
}
