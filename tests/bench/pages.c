/* pages.c: an ad platform of one large account whose answers are made once and then only sent, so
 * that a sync against it is measured and not its own work.
 *
 *     pages THREADS
 *
 * Every ad has a row on every day. Prints its port, stops on SIGTERM.
 */
#include "pages.h"

#include "base/calendar.h"
#include "base/log.h"
#include "http/http.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct page {
    struct page *next;
    struct str path, query, body;
};
struct app {
    struct arena *arena;  /* of all pages */
    pthread_mutex_t lock; /* guards arena and pages */
    struct page *pages;
};
struct list { /* one list that is asked for */
    int64_t n, from, limit;
    struct str since;
};

#define ID(kind, i) (long long)(120210000000000000 + (kind)*10000000 + (i))

static void put_campaign(struct json_out *j, struct arena *a, int64_t i)
{
    json_key(j, "id"), json_str(j, arena_fmt(a, "%lld", ID(1, i)));
    json_key(j, "name"), json_str(j, arena_fmt(a, "Express | leads | KZ | %lld", (long long)i));
    json_key(j, "status"), json_str(j, S("ACTIVE"));
    json_key(j, "effective_status"), json_str(j, S("ACTIVE"));
    json_key(j, "objective"), json_str(j, S("OUTCOME_LEADS"));
    json_key(j, "daily_budget"), json_str(j, S("5000"));
    json_key(j, "created_time"), json_str(j, S("2026-01-01T00:00:00+0500"));
}

static void put_adset(struct json_out *j, struct arena *a, int64_t i)
{
    json_key(j, "id"), json_str(j, arena_fmt(a, "%lld", ID(2, i)));
    json_key(j, "name"), json_str(j, arena_fmt(a, "25-45 | lookalike 3%% | %lld", (long long)i));
    json_key(j, "campaign_id"), json_str(j, arena_fmt(a, "%lld", ID(1, i % PAGES_CAMPAIGNS)));
    json_key(j, "status"), json_str(j, S("ACTIVE"));
    json_key(j, "effective_status"), json_str(j, S("ACTIVE"));
    json_key(j, "optimization_goal"), json_str(j, S("LEAD_GENERATION"));
}

static void put_ad(struct json_out *j, struct arena *a, int64_t i)
{
    int64_t set = i % PAGES_ADSETS;

    json_key(j, "id"), json_str(j, arena_fmt(a, "%lld", ID(3, i)));
    json_key(j, "name"), json_str(j, arena_fmt(a, "video 15s | hook %lld", (long long)i));
    json_key(j, "campaign_id"), json_str(j, arena_fmt(a, "%lld", ID(1, set % PAGES_CAMPAIGNS)));
    json_key(j, "adset_id"), json_str(j, arena_fmt(a, "%lld", ID(2, set)));
    json_key(j, "status"), json_str(j, S("ACTIVE"));
    json_key(j, "effective_status"), json_str(j, S("ACTIVE"));
    json_key(j, "creative"), json_obj(j);
    json_key(j, "id"), json_str(j, arena_fmt(a, "%lld", ID(4, i)));
    json_key(j, "url_tags"), json_str(j, S("utm_source=fb_arystan&utm_content={{ad.id}}"));
    json_end(j);
}

static void put_action(struct json_out *j, struct arena *a, const char *type, int64_t value)
{
    json_obj(j);
    json_key(j, "action_type"), json_str(j, str_of(type));
    json_key(j, "value"), json_str(j, arena_fmt(a, "%lld", (long long)value));
    json_end(j);
}

/* The same for an ad and a day, whatever range they are asked in. */
static int64_t luck_of(struct str day, int64_t ad)
{
    struct date date = {0};

    (void)day_parse(day, &date);
    return (day_number(date) * PAGES_ADS + ad) % 1000003 * 2654435761 % 1000;
}

static void put_insight(struct json_out *j, struct arena *a, const struct list *l, int64_t row)
{
    int64_t ad = row % PAGES_ADS, set = ad % PAGES_ADSETS, campaign = set % PAGES_CAMPAIGNS;
    struct str day = day_add(a, l->since, row / PAGES_ADS);
    int64_t luck = luck_of(day, ad);

    json_key(j, "account_id"), json_str(j, S(PAGES_ACCOUNT));
    json_key(j, "account_currency"), json_str(j, S("USD"));
    json_key(j, "campaign_id"), json_str(j, arena_fmt(a, "%lld", ID(1, campaign)));
    json_key(j, "campaign_name");
    json_str(j, arena_fmt(a, "Express | leads | KZ | %lld", (long long)campaign));
    json_key(j, "adset_id"), json_str(j, arena_fmt(a, "%lld", ID(2, set)));
    json_key(j, "adset_name");
    json_str(j, arena_fmt(a, "25-45 | lookalike 3%% | %lld", (long long)set));
    json_key(j, "ad_id"), json_str(j, arena_fmt(a, "%lld", ID(3, ad)));
    json_key(j, "ad_name"), json_str(j, arena_fmt(a, "video 15s | hook %lld", (long long)ad));
    json_key(j, "spend");
    json_str(j, arena_fmt(a, "%lld.%02lld", (long long)(luck / 7), (long long)(luck % 100)));
    json_key(j, "impressions"), json_str(j, arena_fmt(a, "%lld", (long long)(luck * 13)));
    json_key(j, "reach"), json_str(j, arena_fmt(a, "%lld", (long long)(luck * 11)));
    json_key(j, "clicks"), json_str(j, arena_fmt(a, "%lld", (long long)(luck / 3)));
    json_key(j, "inline_link_clicks"), json_str(j, arena_fmt(a, "%lld", (long long)(luck / 4)));
    json_key(j, "actions"), json_arr(j);
    put_action(j, a, "link_click", luck / 4);
    put_action(j, a, "landing_page_view", luck / 5);
    put_action(j, a, "lead", luck / 40);
    put_action(j, a, "onsite_conversion.lead_grouped", luck / 40);
    put_action(j, a, "omni_purchase", luck / 300);
    json_end(j);
    json_key(j, "action_values"), json_arr(j);
    put_action(j, a, "omni_purchase", luck / 300 * 40);
    json_end(j);
    json_key(j, "date_start"), json_str(j, day);
    json_key(j, "date_stop"), json_str(j, day);
}

/* What the account says of a day: what its ads of that day add up to. */
static void put_total(struct json_out *j, struct arena *a, const struct list *l, int64_t i)
{
    struct str day = day_add(a, l->since, i);
    long long cents = 0, impressions = 0, clicks = 0, link_clicks = 0;

    for (int64_t ad = 0; ad < PAGES_ADS; ad++) {
        int64_t luck = luck_of(day, ad);
        cents += luck / 7 * 100 + luck % 100;
        impressions += luck * 13;
        clicks += luck / 3;
        link_clicks += luck / 4;
    }
    json_key(j, "account_id"), json_str(j, S(PAGES_ACCOUNT));
    json_key(j, "account_currency"), json_str(j, S("USD"));
    json_key(j, "spend"), json_str(j, arena_fmt(a, "%lld.%02lld", cents / 100, cents % 100));
    json_key(j, "impressions"), json_str(j, arena_fmt(a, "%lld", impressions));
    json_key(j, "reach"), json_str(j, arena_fmt(a, "%lld", impressions / 2));
    json_key(j, "clicks"), json_str(j, arena_fmt(a, "%lld", clicks));
    json_key(j, "inline_link_clicks"), json_str(j, arena_fmt(a, "%lld", link_clicks));
    json_key(j, "date_start"), json_str(j, day);
    json_key(j, "date_stop"), json_str(j, day);
}

static void put_account(struct json_out *j, struct arena *a, int64_t i)
{
    (void)a, (void)i;
    json_key(j, "id"), json_str(j, S("act_" PAGES_ACCOUNT));
    json_key(j, "account_id"), json_str(j, S(PAGES_ACCOUNT));
    json_key(j, "name"), json_str(j, S("Bench"));
    json_key(j, "account_status"), json_int(j, 1);
    json_key(j, "currency"), json_str(j, S("USD"));
    json_key(j, "timezone_name"), json_str(j, S(PAGES_ZONE));
    json_key(j, "amount_spent"), json_str(j, S("100"));
}

/* ---- lists ---- */

static bool read_list(struct req *rq, struct list *l)
{
    struct str range;
    int64_t days = 1;

    l->limit = 100;
    (void)req_query_int(rq, "limit", &l->limit);
    (void)req_query_int(rq, "after", &l->from);
    if (req_query_str(rq, "time_range", &range) && range.len == 43) {
        l->since = (struct str){range.ptr + 10, 10};
        days = day_diff(l->since, (struct str){range.ptr + 31, 10}) + 1;
    }
    l->n *= days;
    return l->limit > 0 && l->from >= 0 && (l->n > 0);
}

static enum err answer_list(struct req *rq, struct resp *rs, int64_t n,
                            void (*put)(struct json_out *j, struct arena *a, const struct list *l,
                                        int64_t i))
{
    struct list l = {.n = n};
    struct json_out *j = json_out_new(&rq->cx, 1 << 20);

    if (!read_list(rq, &l))
        return fail(&rq->cx, ERR_INPUT, "not a list");
    int64_t end = l.from + l.limit < l.n ? l.from + l.limit : l.n;
    json_obj(j);
    json_key(j, "data"), json_arr(j);
    for (int64_t i = l.from; i < end; i++)
        json_obj(j), put(j, rq->cx.arena, &l, i), json_end(j);
    json_end(j);
    json_key(j, "paging"), json_obj(j);
    json_key(j, "cursors"), json_obj(j);
    json_key(j, "after"), json_str(j, arena_fmt(rq->cx.arena, "%lld", (long long)end));
    json_end(j);
    if (end < l.n)
        json_key(j, "next"), json_str(j, S("https://graph.invalid/next"));
    json_end(j);
    json_end(j);
    return resp_json(rs, j);
}

static void put_nth_account(struct json_out *j, struct arena *a, const struct list *l, int64_t i)
{
    (void)l;
    put_account(j, a, i);
}

static void put_nth_campaign(struct json_out *j, struct arena *a, const struct list *l, int64_t i)
{
    (void)l;
    put_campaign(j, a, i);
}

static void put_nth_adset(struct json_out *j, struct arena *a, const struct list *l, int64_t i)
{
    (void)l;
    put_adset(j, a, i);
}

static void put_nth_ad(struct json_out *j, struct arena *a, const struct list *l, int64_t i)
{
    (void)l;
    put_ad(j, a, i);
}

static enum err make(struct req *rq, struct resp *rs)
{
    struct str level;

    if (str_ends(rq->path, S("/me")))
        return resp_body(rs, "application/json", S("{\"id\":\"1\",\"name\":\"Bench\"}"));
    if (str_ends(rq->path, S("/adaccounts")))
        return answer_list(rq, rs, 1, put_nth_account);
    if (str_ends(rq->path, S("/campaigns")))
        return answer_list(rq, rs, PAGES_CAMPAIGNS, put_nth_campaign);
    if (str_ends(rq->path, S("/adsets")))
        return answer_list(rq, rs, PAGES_ADSETS, put_nth_adset);
    if (str_ends(rq->path, S("/ads")))
        return answer_list(rq, rs, PAGES_ADS, put_nth_ad);
    if (req_query_str(rq, "level", &level) && str_eq(level, S("account")))
        return answer_list(rq, rs, 1, put_total);
    if (str_ends(rq->path, S("/insights")))
        return answer_list(rq, rs, PAGES_ADS, put_insight);
    return resp_body(rs, "application/json", S("{\"data\":[]}"));
}

/* ---- answers that were given before ---- */

static bool find(struct app *app, const struct req *rq, struct str *body)
{
    bool is_found = false;

    pthread_mutex_lock(&app->lock);
    for (const struct page *p = app->pages; p && !is_found; p = p->next) {
        is_found = str_eq(p->path, rq->path) && str_eq(p->query, rq->query);
        *body = p->body;
    }
    pthread_mutex_unlock(&app->lock);
    return is_found;
}

static void keep(struct app *app, const struct req *rq, struct str body)
{
    pthread_mutex_lock(&app->lock);
    struct page *p = arena_new_of(app->arena, struct page);
    p->path = arena_str(app->arena, rq->path);
    p->query = arena_str(app->arena, rq->query);
    p->body = arena_str(app->arena, body);
    p->next = app->pages;
    app->pages = p;
    pthread_mutex_unlock(&app->lock);
}

static enum err answer(struct req *rq, struct resp *rs)
{
    enum err err = OK;
    struct str body;

    if (find(rq->app, rq, &body))
        return resp_body(rs, "application/json", body);
    TRY(make(rq, rs));
    keep(rq->app, rq, resp_body_of(rs));
out:
    return err;
}

static const struct route routes[] = {
    {GET, "/{version}/me",              0, RATE_NONE, answer, RT_PUBLIC, 0},
    {GET, "/{version}/{object}/{edge}", 0, RATE_NONE, answer, RT_PUBLIC, 0},
};

int main(int argc, char **argv)
{
    struct ctx cx = {.arena = arena_new(1 << 20), .clock = &clock_system, .tag = "pages"};
    struct app app = {.arena = arena_new((size_t)4 << 30)};
    struct route_set set = ROUTES(routes);
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = argc == 2 ? atoi(argv[1]) : 4,
                            .arena_cap = 256 << 20,
                            .clock = &clock_system,
                            .sets = &set,
                            .nsets = 1};
    struct server *server = NULL;
    sigset_t signals;
    int got;

    log_set_level(LOG_WARN);
    pthread_mutex_init(&app.lock, NULL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (server_start(&cx, &app, &o, &server)) {
        fprintf(stderr, "pages: %s\n", cx.why);
        return 1;
    }
    printf("(port %d, pages)\n", server_port(server));
    fflush(stdout);
    sigwait(&signals, &got);
    return 0;
}
