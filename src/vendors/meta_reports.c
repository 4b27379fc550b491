/* meta_reports.c: insights in the background. */
#include "vendors/meta_reports.h"

#include "vendors/meta_inside.h"

enum { NO_OBJECT = 100, NO_OBJECT_SUB = 33 };

enum err meta_report_start(struct ctx *cx, const struct meta *m,
                           const struct meta_insights_ask *ask, struct str *run,
                           struct meta_reply *last)
{
    enum err err;
    struct meta_call call = meta_call_insights(cx->arena, ask);

    *run = (struct str){0};
    call.method = "POST";
    TRY(meta_get(cx, m, &call, last));
    TRY(meta_take_id(cx, last->root, "report_run_id", run));
out:
    return err;
}

const char *meta_report_slug(enum meta_report_state s)
{
    static const char *const slugs[] = {
        [META_REPORT_UNSEEN] = "unseen",   [META_REPORT_WAITING] = "waiting",
        [META_REPORT_RUNNING] = "running", [META_REPORT_DONE] = "done",
        [META_REPORT_FAILED] = "failed",   [META_REPORT_EXPIRED] = "expired",
    };

    return slugs[s];
}

/* A status that is new to us is waited out like a running one. */
static enum meta_report_state state_of(struct str status, int percent)
{
    if (str_eq(status, S("Job Not Started")))
        return META_REPORT_WAITING;
    if (str_eq(status, S("Job Failed")))
        return META_REPORT_FAILED;
    if (str_eq(status, S("Job Skipped")))
        return META_REPORT_EXPIRED;
    if (str_eq(status, S("Job Completed")) && percent == 100)
        return META_REPORT_DONE;
    return META_REPORT_RUNNING;
}

/* The keys came with v25; before it a run just fails, and is worth another try. */
static enum err take_failure(struct ctx *cx, const struct json_in *root, struct meta_report *out)
{
    enum err err;
    struct maybe_int code, subcode;
    struct str message;

    TRY(meta_take_dec(cx, root, "error_code", 0, &code));
    TRY(meta_take_dec(cx, root, "error_subcode", 0, &subcode));
    TRY(meta_take_text(cx, root, "error_message", &message));
    out->code = code.known ? code.v : 0;
    out->subcode = subcode.known ? subcode.v : 0;
    out->message = vendor_safe_text(cx->arena, message);
    struct meta_reply said = {
        .status = 400, .code = out->code, .subcode = out->subcode, .message = out->message};
    out->class = out->code || message.len ? meta_class_of(&said) : META_RETRY;
out:
    return err;
}

enum err meta_report_read(struct ctx *cx, const struct json_in *root, struct meta_report *out)
{
    enum err err;
    struct str status;
    int64_t percent;

    *out = (struct meta_report){.class = META_OK};
    TRY(meta_take_text(cx, root, "async_status", &status));
    TRY(meta_take_count(cx, root, "async_percent_completion", 0, &percent));
    if (!status.len)
        return fail(cx, ERR_UPSTREAM, "meta: a report run without its status");
    out->percent = percent > 100 ? 100 : (int)percent;
    out->state = state_of(status, out->percent);
    if (out->state == META_REPORT_FAILED)
        TRY(take_failure(cx, root, out));
out:
    return err;
}

enum err meta_report_poll(struct ctx *cx, const struct meta *m, struct str run,
                          struct meta_report *out, struct meta_reply *last)
{
    enum err err;
    struct meta_call call = {.path = meta_edge(cx->arena, run, "")};

    *out = (struct meta_report){.state = META_REPORT_UNSEEN};
    err = meta_get(cx, m, &call, last);
    if (err && last->code == NO_OBJECT && last->subcode == NO_OBJECT_SUB) {
        ctx_forgive(cx);
        return OK;
    }
    return err ? err : meta_report_read(cx, last->root, out);
}

int64_t meta_report_pause_ms(int n)
{
    enum { FIRST = 2000, MOST = 30000 };

    return n < 4 ? FIRST << n : MOST;
}

struct meta_call meta_call_report_rows(struct arena *a, struct str run, int limit)
{
    return (struct meta_call){.path = meta_edge(a, run, "insights"), .limit = limit};
}
