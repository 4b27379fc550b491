/* demo_public.c: what the public does: a landing page's forms, and clicks on short links. */
#include "app/demo_sources.h"
#include "teams/teams.h"

#define LANDING "https://course.agency.example"
enum { KNOWN = 12, NEW = 24, NEWEST_DAYS = 7, HOUR_MS = 3600 * 1000, FIRST_LINE = 5550100 };

/* ---- a landing page ---- */

struct visitor {
    struct str id, name, phone;
    int team;
    int64_t first_at, last_at;
};

static void write_visit(struct json_out *j, const char *key, const struct world_team *team,
                        const char *medium, int64_t at)
{
    json_key(j, key), json_obj(j);
    json_key(j, "utm_source"), json_str(j, team->tags[0]);
    json_key(j, "utm_medium"), json_str(j, str_of(medium));
    json_key(j, "utm_campaign"), json_str(j, S("course-landing"));
    json_key(j, "landing"), json_str(j, S(LANDING "/"));
    json_key(j, "at"), json_int(j, at);
    json_end(j);
}

static enum err leave_number(struct ctx *cx, struct demo_sources *s, const struct visitor *v)
{
    enum err err;
    const struct world_team *teams = sim_world(s->sim)->teams;
    struct json_out *j = json_out_new(cx, 1024);
    struct str body;

    json_obj(j);
    json_key(j, "lead_id"), json_str(j, v->id);
    json_key(j, "name"), json_str(j, v->name);
    json_key(j, "phone"), json_str(j, v->phone);
    write_visit(j, "first", &teams[(v->team + 1) % WORLD_TEAMS], "social", v->first_at);
    write_visit(j, "last", &teams[v->team], "cpc", v->last_at);
    json_end(j);
    TRY(json_finish(j, &body));
    TRY(demo_post(cx, &s->web,
                  arena_fmt(cx->arena, "/webhook/lead?key=%.*s", STR_FMT(s->landing_key)), body));
out:
    return err;
}

static enum err visit(struct ctx *cx, struct demo_sources *s, int i, struct visitor *v)
{
    int64_t now = now_ms(cx);

    v->id = arena_fmt(cx->arena, "demo-%03d", i + 1);
    v->team = i % WORLD_TEAMS;
    v->last_at = now - (i % 11 + 1) * (HOUR_MS / 6);
    v->first_at = v->last_at - (i % 9 + 1) * 20 * (int64_t)HOUR_MS;
    return leave_number(cx, s, v);
}

/* The people of the newest deals, as the CRM has them. */
static enum err known_people(struct ctx *cx, struct demo_sources *s, int *n)
{
    enum err err = OK;
    const struct world *w = sim_world(s->sim);
    int64_t now = now_ms(cx);
    struct world_ref ref;

    for (ref.day = w->today; ref.day > w->today - NEWEST_DAYS; ref.day--)
        for (ref.source = 0; ref.source < world_nsources(w); ref.source += 3) {
            struct world_deal deal;
            struct world_contact person;
            ref.k = 0;
            if (*n == KNOWN || !world_ndeals(w, ref.source, ref.day) ||
                !world_deal(w, &ref, &deal) || deal.created_ms > now ||
                !world_contact(w, cx->arena, world_deal_contact(w, &deal), &person))
                continue;
            struct visitor v = {.name = person.name, .phone = person.phone};
            TRY(visit(cx, s, (*n)++, &v));
        }
out:
    return err;
}

static enum err new_people(struct ctx *cx, struct demo_sources *s, int first)
{
    static const char *const names[] = {"Айгерим", "Данияр", "Ольга", "Тимур", "Мадина", "Сергей"};
    enum err err = OK;

    for (int i = first; i < first + NEW; i++) {
        struct visitor v = {.name = str_of(names[i % (int)COUNT(names)]),
                            .phone = arena_fmt(cx->arena, "+7 701 %d", FIRST_LINE + i)};
        TRY(visit(cx, s, i, &v));
    }
out:
    return err;
}

enum err demo_landing(struct ctx *cx, struct demo_sources *s)
{
    enum err err;
    struct demo_call call = {
        "POST", S("/api/v1/sites"),
        S("{\"name\":\"Лендинг курса\",\"origin\":\"" LANDING "\",\"per_minute\":600}")};
    const struct json_in *answer = NULL;
    int n = 0;

    TRY(demo_ask(cx, &s->web, &call, &answer));
    if (!json_as_str(json_get(answer, "key"), &s->landing_key))
        return fail(cx, ERR_BUG, "the demo's site got no key");
    TRY(known_people(cx, s, &n));
    TRY(new_people(cx, s, n));
out:
    return err;
}

/* ---- short links ---- */

static const struct {
    const char *code, *title, *target;
    int team, people;
} links[] = {
    {"course",  "Курс: шапка профиля", LANDING "/",                       0, 48},
    {"webinar", "Вебинар: рассылка",    LANDING "/webinar",                1, 31},
    {"shop",    "Каталог",                      "https://shop.agency.example/all", 2, 17},
};

static const char *const browsers[] = {
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; SM-A556E) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; Redmi Note 13) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Safari/605.1.15"};
static const char *const machines[] = {
    "TelegramBot (like TwitterBot)", "WhatsApp/2.24.20.75 A", "facebookexternalhit/1.1",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"};
static const char *const referrers[] = {"https://l.instagram.com/", "", "https://t.me/"};

static enum err make_link(struct ctx *cx, struct demo_sources *s, size_t i)
{
    enum err err;
    const struct world_team *team = &sim_world(s->sim)->teams[links[i].team];
    struct demo_call call = {"POST", S("/api/v1/links"), S("")};
    struct json_out *j = json_out_new(cx, 512);
    struct tx *tx = NULL;
    int64_t id;

    TRY(tx_begin(cx, s->app->db, TX_READ, &tx));
    TRY(team_find(tx, team->name, &id));
    tx_end(&tx);
    json_obj(j);
    json_key(j, "code"), json_str(j, str_of(links[i].code));
    json_key(j, "title"), json_str(j, str_of(links[i].title));
    json_key(j, "target"), json_str(j, str_of(links[i].target));
    json_key(j, "team_id"), json_int(j, id);
    json_key(j, "utm_source"), json_str(j, team->tags[0]);
    json_key(j, "utm_medium"), json_str(j, S("social"));
    json_key(j, "utm_campaign"), json_str(j, str_of(links[i].code));
    json_end(j);
    TRY(json_finish(j, &call.body));
    TRY(demo_ask(cx, &s->web, &call, NULL));
out:
    tx_end(&tx);
    return err;
}

static enum err click_link(struct ctx *cx, const struct demo_sources *s, size_t i)
{
    enum err err = OK;
    struct demo_click c = {.path = arena_fmt(cx->arena, "/s/%s", links[i].code)};

    for (size_t k = 0; k < COUNT(machines); k++) {
        c.agent = str_of(machines[k]);
        TRY(demo_click(cx, &s->web, &c));
    }
    for (int k = 0; k < links[i].people; k++) {
        c.agent = str_of(browsers[(k + (int)i) % (int)COUNT(browsers)]);
        c.referrer = str_of(referrers[k % (int)COUNT(referrers)]);
        TRY(demo_click(cx, &s->web, &c));
    }
out:
    return err;
}

enum err demo_links(struct ctx *cx, struct demo_sources *s)
{
    enum err err;
    const struct demo_call settings[] = {
        {"PUT",  S("/api/v1/link-hosts"),
         S("{\"items\":[\"course.agency.example\",\"shop.agency.example\"]}")},
        {"POST", S("/api/v1/utm-templates"),
         S("{\"name\":\"Meta Ads\",\"utm_source\":\"facebook\",\"utm_medium\":\"cpc\","
           "\"utm_campaign\":\"{{campaign.id}}\",\"utm_content\":\"{{ad.id}}\","
           "\"utm_term\":\"{{adset.id}}\",\"is_default\":true}")             },
    };

    for (size_t i = 0; i < COUNT(settings); i++)
        TRY(demo_ask(cx, &s->web, &settings[i], NULL));
    for (size_t i = 0; i < COUNT(links); i++) {
        TRY(make_link(cx, s, i));
        TRY(click_link(cx, s, i));
    }
out:
    return err;
}
