/* graph_reports.c: insights in the background. A run moves by the clock alone, towards the fate
 * that the switch gave it when it began. */
#include "sim/graph.h"

enum { USUAL_MS = 3000, RACE_POLLS = 2 };

/* What was asked, from query and body alike, without what is of the call itself. */
static struct str asked(struct graph *g)
{
    struct str rest = g->rq->query, pair, form = g->form;

    while (str_cut(&rest, '&', &pair))
        if (pair.len && !str_starts(pair, S("access_token=")) &&
            !str_starts(pair, S("appsecret_proof=")))
            form = arena_fmt(g->arena, "%.*s%s%.*s", STR_FMT(form), form.len ? "&" : "",
                             STR_FMT(pair));
    return form;
}

enum err graph_report_start(struct graph *g, const struct graph_scope *scope)
{
    struct json_out *j = json_out_new(&g->rq->cx, 64);

    if (!graph_insights_check(g, scope))
        return OK;
    struct graph_run run = {
        .node = g->rq->path_params[1], .form = asked(g), .token_index = g->token_index};
    run = graph_run_put(g->sim, &run);
    json_obj(j);
    if (run.id % 2) /* now as a text, now as a number */
        graph_number(j, "report_run_id", run.id);
    else
        json_key(j, "report_run_id"), json_int(j, run.id);
    json_end(j);
    return resp_json(g->rs, j);
}

struct state {
    const char *name;
    int percent;
};

static struct state state_of(struct graph *g, const struct graph_run *run)
{
    int64_t whole = sim_switch_of(g->sim, SIM_REPORT_MS), age = g->at.now_ms - run->started_ms;

    whole = whole > 0 ? whole : USUAL_MS;
    if (run->fate == SIM_REPORT_STUCK)
        return (struct state){"Job Running", 0};
    if (run->fate == SIM_REPORT_SKIPPED)
        return (struct state){"Job Skipped", 0};
    if (age < whole / 10)
        return (struct state){"Job Not Started", 0};
    if (run->fate == SIM_REPORT_FAILED && age >= whole / 3)
        return (struct state){"Job Failed", 35};
    if (age < whole)
        return (struct state){age < whole / 5 ? "Job Started" : "Job Running",
                              (int)(age * 100 / whole)};
    return (struct state){"Job Completed", 100};
}

static void write_failure(struct json_out *j)
{
    json_key(j, "error_code"), json_int(j, 2);
    graph_text(j, "error_message", S("Service temporarily unavailable"));
    json_key(j, "error_subcode"), json_int(j, 1504044);
    graph_text(j, "error_user_title", S("The report was not made"));
    graph_text(j, "error_user_msg", S("Please try again later."));
}

static enum err tell(struct graph *g, const struct graph_run *run)
{
    struct json_out *j = json_out_new(&g->rq->cx, 512);
    struct state s = state_of(g, run);

    json_obj(j);
    graph_number(j, "id", run->id);
    if (str_starts(run->node, S("act_")))
        graph_text(j, "account_id", (struct str){run->node.ptr + 4, run->node.len - 4});
    json_key(j, "time_ref"), json_int(j, run->started_ms / 1000);
    json_key(j, "time_completed"), json_int(j, s.percent == 100 ? g->at.now_ms / 1000 : 0);
    graph_text(j, "async_status", str_of(s.name));
    json_key(j, "async_percent_completion"), json_int(j, s.percent);
    json_key(j, "is_running"), json_bool(j, s.percent < 100 && run->fate != SIM_REPORT_FAILED);
    if (run->fate == SIM_REPORT_FAILED && s.percent == 35)
        write_failure(j);
    json_end(j);
    return resp_json(g->rs, j);
}

static bool find_scope(struct graph *g, struct str node, struct graph_scope *out)
{
    int64_t number;

    *out = (struct graph_scope){0};
    if (str_starts(node, S("act_")))
        return graph_account(g, node, &out->account);
    if (!str_to_int(node, &number) || !world_find(g->w, number, &out->kind, &out->index))
        return graph_no_object(g, node);
    out->account = out->kind == WORLD_AD ? g->w->ads[out->index].account
                   : out->kind == WORLD_ADSET
                       ? g->w->campaigns[g->w->adsets[out->index].campaign].account
                       : g->w->campaigns[out->index].account;
    return true;
}

static enum err rows(struct graph *g, const struct graph_run *run)
{
    struct graph_scope scope;

    if (state_of(g, run).percent != 100) {
        graph_refuse(g, 400, CODE(2601, 0), "(#2601) The report is not ready yet");
        return OK;
    }
    g->form = run->form;
    g->is_report = true;
    return find_scope(g, run->node, &scope) ? graph_insights(g, &scope) : OK;
}

bool graph_report(struct graph *g, struct str id, struct str edge, enum err *err)
{
    struct graph_run run;

    if (!graph_run_find(g->sim, id, !edge.len, &run) || run.token_index != g->token_index)
        return false;
    if (run.fate == SIM_REPORT_RACE && run.polls <= RACE_POLLS)
        graph_no_object(g, id);
    else if (!edge.len)
        *err = tell(g, &run);
    else if (str_eq(edge, S("insights")))
        *err = rows(g, &run);
    else
        graph_no_object(g, edge);
    return true;
}
