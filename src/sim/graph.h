/* graph.h: one call to the fake Graph API, shared by its files.
 * The one rule: a check that fails has answered already and returns false; the caller returns OK.
 */
#pragma once
#include "sim/graph_state.h"
#include "sim/sim_inside.h"

enum {
    GRAPH_MAX_FIELDS = 64,
    GRAPH_MAX_IN = 64,
    GRAPH_PAGE = 25,
    GRAPH_MAX_PAGE = 5000,
    GRAPH_MAX_PARAMS = 64
};

enum graph_who { GRAPH_SYSTEM, GRAPH_PERSON, GRAPH_PAGE_ITSELF, GRAPH_APP };
struct graph_token { /* who asks */
    enum graph_who who;
    int index; /* of the world's tokens: whose accounts are seen; -1: none's */
    int page;  /* with GRAPH_PAGE_ITSELF */
    struct str app_id, scopes;
    int64_t expires_ms; /* 0: never */
    int dead;           /* the subcode of why it is no good any more; 0: it is good */
};
struct graph {
    struct req *rq;
    struct resp *rs;
    struct sim *sim;
    const struct world *w;
    struct arena *arena;
    struct world_moment at;
    struct str version, token;
    struct graph_token who;
    int token_index;  /* which of the world's tokens; -1: none */
    struct str form;  /* what a POST said, or what a report was asked for */
    bool is_report;   /* limit and after are then of the page, not of the form */
    uint32_t account; /* whose usage the headers tell; UINT32_MAX: no account's */
    enum err err;     /* of writing a refusal */
};
/* The error envelope, with this HTTP status; always false. */
bool graph_refuse(struct graph *g, int status, const int code[2], const char *fmt, ...)
    PRINTF_LIKE(4, 5);
#define CODE(code, subcode) ((const int[2]){(code), (subcode)})
/* From the query, then from the body or the report's own; empty when absent. */
struct str graph_param(struct graph *g, const char *name);
/* What a POST said as a form, whether it came as one or as a JSON object. */
struct str graph_form_of(struct graph *g);
/* Always false. */
bool graph_no_object(struct graph *g, struct str id);
enum err graph_say_success(struct graph *g) MUST_USE;

/* ---- graph_who.c: tokens ---- */
bool graph_token_find(struct graph *g, struct str token, struct graph_token *out);
bool graph_token_check(struct graph *g); /* of this call, with its proof */
bool graph_has_scope(const struct graph *g, const char *wanted);
/* False after a refusal: the permission was not given. */
bool graph_scope_check(struct graph *g, const char *scope);
enum err graph_me(struct graph *g) MUST_USE;
enum err graph_permissions(struct graph *g) MUST_USE;
enum err graph_debug_token(struct graph *g) MUST_USE;
/* ---- graph_oauth.c ---- */
enum err graph_exchange(struct graph *g) MUST_USE;
enum err graph_dialog(struct req *rq, struct resp *rs) MUST_USE;

/* ---- fields: a table says which there are and how each is written ---- */
struct graph_line { /* one value to write */
    struct graph *g;
    struct json_out *j;
    const char *key;
    struct str sub; /* "id,url_tags" of creative{id,url_tags} */
    const void *of; /* the account, entity or row */
};
struct graph_column {
    const char *name;
    void (*write)(const struct graph_line *l); /* writes key and value, or neither */
    unsigned kinds; /* bits of enum world_kind: which nodes have it; 0 = all of the table's */
};
struct graph_table {
    const char *node; /* "Campaign": for the message */
    const struct graph_column *columns;
    size_t n;
    const char *preset; /* when no fields are asked for */
    unsigned kind;      /* bit of the node asked for; 0 = the table has one kind */
};
struct graph_fields { /* in the order of asking */
    const struct graph_column *at[GRAPH_MAX_FIELDS];
    struct str sub[GRAPH_MAX_FIELDS];
    size_t n;
};
bool graph_fields_read(struct graph *g, const struct graph_table *t, struct graph_fields *out);
/* The fields of one thing as an object. */
void graph_fields_write(struct graph *g, struct json_out *j, const struct graph_fields *f,
                        const void *of);

/* ---- filters ---- */
struct graph_filter {
    struct str statuses[GRAPH_MAX_IN], ids[GRAPH_MAX_IN];
    size_t nstatuses, nids;
    bool has_statuses, has_ids;
    enum world_kind status_of, id_of;   /* what they speak of; 0: the thing listed */
    int64_t spend_above, updated_after; /* minor units; Unix seconds; -1: none */
};
bool graph_filter_read(struct graph *g, struct graph_filter *out);
bool graph_filter_status(const struct graph_filter *f, const char *status);
bool graph_filter_id(const struct graph_filter *f, struct arena *a, int64_t id);

/* ---- pages ---- */
struct graph_page {
    int64_t limit, from; /* from: position at which the page begins */
};
bool graph_page_read(struct graph *g, struct graph_page *out);
/* Closes {"data":[...] with the cursors, and sends. begin: position of the first row, next: of the
 * one that would come first on the next page, or -1. */
enum err graph_page_end(struct graph *g, struct json_out *j, int64_t begin, int64_t next) MUST_USE;

/* ---- values ---- */
void graph_text(struct json_out *j, const char *key, struct str value);
/* "14.35", as text: units of 10^-scale without trailing zeros. */
void graph_decimal(struct json_out *j, const char *key, int64_t units, int scale);
void graph_number(struct json_out *j, const char *key, int64_t v); /* as text */

/* ---- the edges ---- */
bool graph_account(struct graph *g, struct str id, uint32_t *account); /* "act_1" */
enum err graph_accounts(struct graph *g) MUST_USE;
enum err graph_businesses(struct graph *g) MUST_USE;
/* False when there is no such business; edge: which of its lists. */
bool graph_business(struct graph *g, struct str id, struct str edge, enum err *err);
enum err graph_account_node(struct graph *g, uint32_t account) MUST_USE;
enum err graph_entities(struct graph *g, uint32_t account, enum world_kind kind) MUST_USE;
enum err graph_entity_node(struct graph *g, enum world_kind kind, uint32_t index) MUST_USE;
struct graph_scope { /* what insights are of: the whole account when kind is 0 */
    uint32_t account;
    enum world_kind kind;
    uint32_t index;
};
enum err graph_insights(struct graph *g, const struct graph_scope *scope) MUST_USE;
/* A POST of insights starts a report. */
enum err graph_report_start(struct graph *g, const struct graph_scope *scope) MUST_USE;
/* False when there is no such run. */
bool graph_report(struct graph *g, struct str id, struct str edge, enum err *err);
/* Would these insights be refused? Answers then and returns false. */
bool graph_insights_check(struct graph *g, const struct graph_scope *scope);
/* Pages, forms and leads: false when id is none of them. */
enum err graph_pages(struct graph *g) MUST_USE;
bool graph_page_node(struct graph *g, struct str id, struct str edge, enum err *err);
enum err graph_app_subscriptions(struct graph *g) MUST_USE;
bool graph_lead_node(struct graph *g, struct str id, struct str edge, enum err *err);
/* Leads of a page's form, or of an ad when page is -1. */
struct graph_lead_scope {
    int page;
    uint32_t ad;
};
enum err graph_leads(struct graph *g, const struct graph_lead_scope *scope) MUST_USE;
