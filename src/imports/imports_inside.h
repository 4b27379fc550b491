/* imports_inside.h: what the files of this slice share; nobody else includes it.
 * The one rule: a row is read without the database first, so that a wrong one costs nothing. */
#pragma once
#include "base/json.h"
#include "imports/imports.h"

/* One row as {"column":"value"}: what goes into the inbox, and what the doors read again. */
struct import_row {
    struct ctx *cx;
    const struct json_in *values;
};
/* The first of the names ("a|b|c") that has a value; trimmed. */
struct str row_text(const struct import_row *r, const char *names);
/* False, with words in r->cx->why, when it is there and is none. Absent gives 0. */
bool row_money(const struct import_row *r, const char *names, int64_t *micros);
/* An instant: ISO 8601 with or without a zone, 'YYYY-MM-DD', or Unix seconds or ms; a day without a
 * time is noon of the reporting zone. Absent gives 0. */
bool row_instant(const struct import_row *r, const struct zone *zone, const char *names,
                 int64_t *at_ms);
bool row_is_true(const struct import_row *r, const char *names);

#define IMPORT_DEAL_ID "lead_id|deal_id|crm_deal_id|номер сделки"

/* Facts first. */
enum import_target {
    IMPORT_SALES,
    IMPORT_LEADS,
    IMPORT_RATES,
    IMPORT_COSTS,
    IMPORT_RULES,
    IMPORT_TEAMS,
    IMPORT_USERS
};
struct import_kind {
    const char *name; /* a table of the former databases, or a plain word */
    enum import_target target;
    const char *product; /* what such a table sells; NULL = the row says */
};
/* NULL when it is none. "auto" looks at the file's name, then at the columns. */
const struct import_kind *import_kind_find(struct ctx *cx, struct str kind, struct str file_name,
                                           const struct str *columns, size_t n);

enum import_outcome { ROW_TAKEN, ROW_MERGED, ROW_REFUSED };
struct import_job { /* one run */
    struct ctx *cx;
    struct app *app;
    const struct import_ask *ask;
    const struct import_kind *kind;
    struct str account; /* sales: the CRM account's id at the vendor */
    struct str currency;
};
struct import_verdict {
    enum import_outcome outcome;
    struct str detail;
};
/* What a row of teams, users or rules does: these are no facts and go past the inbox. */
enum err import_people(struct tx *tx, const struct import_job *job, const struct import_row *r,
                       struct import_verdict *out) MUST_USE;
/* The whole file at once, row by row noted; report->id is the run. */
enum err import_costs(const struct import_job *job, const struct import_ear *ear,
                      struct import_report *report) MUST_USE;
/* All rows of a rules file become one new version. */
struct import_rules;
struct import_rules_run {
    struct arena *arena;        /* lives as long as the run */
    struct import_rules *rules; /* NULL before the first row */
};
enum err import_rule_add(struct tx *tx, struct import_rules_run *run, const struct import_row *r,
                         struct import_verdict *out) MUST_USE;
enum err import_rules_put(struct tx *tx, const struct import_job *job,
                          const struct import_rules_run *run) MUST_USE;

struct import_line { /* of the file: its columns, and what stands in them */
    const struct str *names, *values;
    size_t n;
};
/* The row as an event for the inbox; false, with words in cx->why, when it makes no sense. */
bool import_event(const struct import_job *job, struct ctx *cx, const struct import_line *line,
                  struct inbox_new *out);
/* The row as it is put away: {"column":"value"}, and what this run knows beside it. */
bool import_json(const struct import_job *job, struct ctx *cx, const struct import_line *line,
                 struct str *out);
