/* imports.h: tables from elsewhere: CSV exports of former databases and lists kept by hand.
 * The one rule: each row goes through the inbox, so the same file twice changes nothing and every
 * fact can be opened down to the row that brought it. */
#pragma once
#include "core/inbox.h"
#include "core/job.h"
#include "http/http.h"

struct import_ask {
    struct str kind;      /* "auto", or a table's name: "sales", "landing_leads" ... */
    struct str file_name; /* for the report, and for "auto" */
    struct str text;      /* the CSV, held by the caller */
    struct str account;   /* the CRM account's id that sales are of; empty = the only one known */
    struct str currency;  /* of amounts without a currency column; empty = the account's */
    int64_t by_user;      /* 0 = the command line */
};
struct import_report {
    int64_t id;      /* of the run; its rows are kept */
    struct str kind; /* as understood */
    int64_t taken, merged, refused;
    int64_t before, after; /* rows of the table that was filled */
};
/* Calls say(self, line) for rows that are not taken and about twice a second; say may be NULL.
 * ERR_INPUT when the file as a whole makes no sense; single rows are refused one by one. */
struct import_ear {
    void (*say)(void *self, struct str line);
    void (*progress)(void *self, int64_t done, int64_t total);
    void *self;
};
enum err import_run(struct ctx *cx, struct app *app, const struct import_ask *ask,
                    const struct import_ear *ear, struct import_report *out) MUST_USE;

/* The inbox's doors for imported rows: sources "import.sale" and "import.rate"; leads go through
 * the door of leads. */
enum err imports_accept_sale(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out) MUST_USE;
enum err imports_accept_rate(struct tx *tx, struct app *app, const struct inbox_event *e,
                             struct inbox_result *out) MUST_USE;

extern const struct route imports_routes[];
extern const size_t imports_nroutes;
