/* attribution_run.c: deciding again for history, when rules, ads or persons changed. */
#include "attribution/attribution.sql.h"
#include "attribution/attribution_inside.h"
#include "base/calendar.h"
#include "core/version.h"

enum { BATCH = 500, RECENT_DAYS = 40 };

static void count_move(struct arena *a, struct attribution_result *r, const struct subject *s,
                       const struct verdict *v)
{
    struct {
        struct attribution_move *at;
        size_t n, cap;
    } list = {r->moves, r->nmoves, r->cap};
    struct attribution_move *m = NULL;
    bool is_sale = str_eq(s->kind, S("sale"));

    r->moved++;
    for (size_t i = 0; i < list.n && !m; i++)
        if (list.at[i].from_team == s->team_id && list.at[i].to_team == v->decision.team_id)
            m = &list.at[i];
    if (!m) {
        m = vec_add(a, &list);
        m->from_team = s->team_id;
        m->to_team = v->decision.team_id;
    }
    m->sales += is_sale;
    m->leads += !is_sale;
    r->moves = list.at;
    r->nmoves = list.n;
    r->cap = list.cap;
}

struct pass {       /* over all sales, or all leads */
    struct ctx *cx; /* its arena keeps the result */
    struct app *app;
    const struct attribution_ask *ask;
    const struct query *query;
    struct attribution_result *result;
    int64_t after; /* keyset */
};

/* One short transaction; *n = subjects looked at. */
static enum err run_batch(struct pass *p, struct ctx *cx, size_t *n)
{
    enum err err;
    struct tx *tx = NULL;
    struct rule_set rules;
    struct subject_list list = {0};
    struct str today = day_at(cx->arena, p->app->zone, now_ms(cx));
    bool moved = false;

    TRY(tx_begin(cx, p->app->db, p->ask->dry_run ? TX_READ : TX_WRITE, &tx));
    TRY(p->ask->dry_run ? rules_newest(tx, &rules) : attribution_rules(tx, &rules));
    TRY(subjects_read(
        tx, p->query,
        ARGS(a_int("after", p->after), a_opt("from_day", p->ask->from), a_opt("to_day", p->ask->to),
             a_int("only_stale", p->ask->only_stale), a_int("rule_set_id", rules.id),
             a_str("recent_day", day_add(cx->arena, today, -RECENT_DAYS)), a_int("limit", BATCH)),
        &list));
    for (size_t i = 0; i < list.n; i++) {
        struct verdict v;
        TRY(subject_decide(tx, &rules, &list.at[i], &v));
        if (v.has_moved)
            count_move(p->cx->arena, p->result, &list.at[i], &v);
        moved = moved || v.has_moved;
        if (!p->ask->dry_run)
            TRY(subject_store(tx, &rules, &list.at[i], &v));
        p->after = list.at[i].id;
    }
    if (moved && !p->ask->dry_run)
        TRY(version_bump(tx));
    TRY(tx_commit(tx));
    p->result->seen += (int64_t)list.n;
    *n = list.n;
out:
    tx_end(&tx);
    return err;
}

static enum err run_pass(struct pass *p)
{
    enum err err = OK;
    size_t n = BATCH;
    struct ctx cx = *p->cx;

    cx.arena = arena_new(64 << 20);
    while (!err && n == BATCH) {
        err = run_batch(p, &cx, &n);
        arena_reset(cx.arena);
    }
    arena_free(&cx.arena);
    return err ? fail(p->cx, err, "%s", cx.why) : OK;
}

enum err attribution_run(struct ctx *cx, struct app *app, const struct attribution_ask *ask,
                         struct attribution_result *out)
{
    enum err err;
    struct pass sales = {cx, app, ask, &q_attribution_sales_after, out, 0};
    struct pass leads = {cx, app, ask, &q_attribution_leads_after, out, 0};

    *out = (struct attribution_result){0};
    TRY(run_pass(&sales));
    TRY(run_pass(&leads));
out:
    return err;
}

static enum err run_job(struct job_run *r)
{
    enum err err;
    struct attribution_ask ask = {.only_stale = true};
    struct attribution_result result;

    TRY(attribution_run(&r->cx, r->app, &ask, &result));
    r->seen = result.seen;
    r->written = result.moved;
    if (result.moved)
        scheduler_nudge(r->app->scheduler, "metrics.build");
out:
    return err;
}

const struct job attribution_jobs[] = {
    {"attribution.run", "*/10 * * * *", run_job, 900, CATCHUP_SKIP},
};
const size_t attribution_njobs = COUNT(attribution_jobs);
