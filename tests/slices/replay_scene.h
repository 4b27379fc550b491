/* replay_scene.h: events of every source of the inbox, about the same people and deals, and all
 * facts they come to, by names instead of row numbers.
 * The one rule: an event keeps its bytes and when it was received, whatever order it is told in. */
#pragma once
#include "core/inbox.h"
#include "deals.h"

#include <string.h>

enum { SCENE_MOST = 200 };
#define SCENE_JSON "application/json"
#define SCENE_FORM "application/x-www-form-urlencoded"
#define SITE "; site=1"

struct told { /* one event, as it came */
    const char *source, *type;
    struct str body, key;
    int64_t at_ms;
};
struct scene {
    struct told at[SCENE_MOST];
    size_t n;
};

static inline void say(struct ctx *cx, struct scene *sc, const struct told *e)
{
    check(sc->n < SCENE_MOST);
    sc->at[sc->n] = *e;
    /* Each comes at a millisecond of its own. */
    sc->at[sc->n].at_ms = (JAN20 * 1000) + e->at_ms * 1000 + (int64_t)sc->n;
    sc->at[sc->n].key = arena_fmt(cx->arena, "e%03zu", sc->n);
    sc->n++;
}
#define SAY(source, type, after_s, body)                                                           \
    say(cx, sc, &(struct told){source, type, body, {0}, after_s})

static inline struct str file_of(struct ctx *cx, const char *path)
{
    struct str full = arena_fmt(cx->arena, "%s/%s", TEST_FOLDER, path);
    enum { CAP = 1 << 18 };
    char *bytes = arena_alloc(cx->arena, CAP, 1);
    FILE *f = fopen(str_z(cx->arena, full), "rb");

    if (!f)
        test_fail(TEST_AT(path), "cannot open %.*s", STR_FMT(full));
    size_t n = fread(bytes, 1, CAP, f);
    fclose(f);
    return (struct str){bytes, n};
}

/* What the CRM was seen to send, each way of it. */
static inline void say_oddities(struct ctx *cx, struct scene *sc)
{
    static const char *const names[] = {
        "add_empty_price_raw_spaces.txt",
        "api_field_names.json",
        "bad_utf8.txt",
        "both_time_names.txt",
        "broken_keys.txt",
        "code_beats_name.txt",
        "cut.json",
        "delete.txt",
        "digital_pipeline.txt",
        "index_gaps.txt",
        "names_without_codes.txt",
        "new_time_names.txt",
        "note.txt",
        "odd_prices.txt",
        "odd_times.txt",
        "other_entities.txt",
        "repeated_keys.txt",
        "responsible.txt",
        "restore.txt",
        "several_and_cut_key.txt",
        "status_won.json",
        "status_won.txt",
        "unknown_action.txt",
        "windows_1251.txt",
        "wrong_types.json",
    };

    for (size_t i = 0; i < COUNT(names); i++) {
        const char *path =
            str_z(cx->arena, arena_fmt(cx->arena, "vendor_replies/amocrm/%s", names[i]));
        SAY("amocrm", strstr(names[i], ".json") ? SCENE_JSON : SCENE_FORM,
            1300000 + (int64_t)(i * 7 % COUNT(names)) * 600, file_of(cx, path));
    }
}

/* A deal's life: made, prepaid, won, handed over, and for some of them lost, taken away, or given
 * back; each step told alone, and all of it once more in one. */
static inline void say_deal(struct ctx *cx, struct scene *sc, int deal)
{
    static const char *const sources[] = {"fb_a", "fb_b", NULL, "strange"};
    const char *source = sources[deal % 4];
    int64_t t = (deal - 100) * 7200;
    struct event life[] = {
        {"add",         deal, JAN20 + t,        "100",                    "7",  "5000", source, "Deal",       JAN20 + t},
        {"status",      deal, JAN20 + t + 60,   "501",                    "7",  "2000", source, "Deal",       JAN20 + t},
        {"status",      deal, JAN20 + t + 600,  "142",                    "7",  "5000", source, "Deal",       JAN20 + t},
        {"update",      deal, JAN20 + t + 600,  "142",                    "7",  "6500", source, "Deal again", JAN20 + t},
        {"responsible", deal, JAN20 + t + 700,  NULL,                     NULL, NULL,   NULL,   NULL,         0        },
        {"status",      deal, 0,                deal % 2 ? "143" : "142", "7",  "6500", NULL,   NULL,         0        },
        {"delete",      deal, JAN20 + t + 9000, NULL,                     NULL, NULL,   NULL,   NULL,         0        },
        {"restore",     deal, JAN20 + t + 9100, "142",                    "7",  "7000", source, NULL,         0        },
    };
    size_t n = deal % 3 == 0 ? 8 : deal % 3 == 1 ? 7 : 6;

    for (size_t i = 0; i < n; i++)
        SAY("amocrm", SCENE_FORM, t + 1000 * (int64_t)i, body_of(cx, 1, &life[i], 1));
    SAY("amocrm", SCENE_FORM, t + 50000, body_of(cx, 1, life, n));
}

struct read_deal { /* as the CRM's API gives it */
    int deal, status, price;
    int64_t changed_s;
    const char *name, *phone, *email;
    bool is_deleted;
};

static inline void say_read(struct ctx *cx, struct scene *sc, int64_t after_s,
                            const struct read_deal *d)
{
    long long made = JAN20 + (d->deal % 100) * 7200LL;

    SAY("amocrm.read", SCENE_JSON, after_s,
        arena_fmt(
            cx->arena,
            "{\"sync\":null,\"account\":{\"id\":1,\"subdomain\":\"shop\"},\"lead\":{\"id\":%d,"
            "\"name\":\"Read\",\"price\":%d,\"status_id\":%d,\"pipeline_id\":7,"
            "\"responsible_user_id\":77,\"created_at\":%lld,\"updated_at\":%lld,\"is_deleted\":%s,"
            "\"closed_at\":%lld,\"custom_fields_values\":null},\"contacts\":[{\"id\":%d,"
            "\"name\":\"%s\",\"custom_fields_values\":[{\"field_id\":1,\"field_name\":"
            "\"Phone\",\"field_code\":\"PHONE\",\"values\":[{\"value\":\"%s\"}]},{\"field_id\":2,"
            "\"field_name\":\"E\",\"field_code\":\"EMAIL\",\"values\":[{\"value\":\"%s\"}]}]}]}",
            d->deal, d->price, d->status, made, made + (long long)d->changed_s,
            d->is_deleted ? "true" : "false", made + 500, d->deal + 500, d->name, d->phone,
            d->email));
}

static inline void say_reads(struct ctx *cx, struct scene *sc)
{
    static const struct read_deal reads[] = {
        {102, 142, 6500, 900,   "Anna",       "+7 701 222 33 44", "",          false},
        {102, 142, 6600, 90000, "Anna K",     "+7 701 222 33 45", "anna@x.kz", false},
        {103, 142, 8000, 5000,  "Boris",      "+7 777 000 11 22", "",          false},
        {104, 143, 6500, 8000,  "Boris' son", "+7 777 000 11 22", "",          false},
        {105, 142, 6500, 9500,  "",           "",                 "",          true },
        {105, 142, 6500, 20,    "Early",      "+7 705 555 55 55", "",          false},
        {121, 142, 9000, 9000,  "Clara",      "+7 705 000 00 01", "c@x.kz",    false},
    };

    for (size_t i = 0; i < COUNT(reads); i++)
        say_read(cx, sc, 60000 + (int64_t)i * 40000, &reads[i]);
}

/* Rows of files: the same sale by two tables, a refund, a sale that no webhook told of. */
static inline void say_files(struct ctx *cx, struct scene *sc)
{
#define ROW(deal, price, date, more)                                                               \
    S("{\"lead_id\":\"" deal "\",\"sale_amount\":\"" price "\",\"sale_date\":\"" date "\"," more   \
      "\"_table\":\"all_sales_tracking\",\"_account\":\"1\",\"_currency\":\"KZT\"}")
#define RATE(day, rate)                                                                            \
    S("{\"from_currency\":\"USD\",\"to_currency\":\"KZT\",\"rate_date\":\"" day                    \
      "\",\"rate\":\"" rate "\",\"_table\":\"fx\"}")
    const struct str sales[] = {
        ROW("102", "5000", "2026-01-20", "\"utm_source\":\"fb_a\","),
        ROW("102", "5000", "2026-01-20", "\"utm_source\":\"fb_a\",\"deal_name\":\"By the table\","),
        ROW("120", "22500", "2026-01-21", "\"deal_name\":\"One\",\"_product\":\"express\","),
        ROW("120", "22500", "2026-01-21", "\"deal_name\":\"Two\",\"_product\":\"express\","),
        ROW("120", "22500", "2026-01-21", "\"responsible_id\":\"77\",\"_product\":\"express\","),
        ROW("120", "22500", "2026-01-25", "\"status\":\"refunded\",\"_product\":\"express\","),
        ROW("122", "900", "2026-01-22", "\"prepaid\":\"yes\",\"utm_source\":\"fb_b\","),
        ROW("122", "900", "2026-01-22", "\"sale_currency\":\"USD\","), /* parked */
    };
    const struct str rates[] = {RATE("2026-01-20", "500"), RATE("2026-01-20", "510.5"),
                                RATE("2026-01-20", "505"), RATE("2026-01-23", "480"),
                                RATE("2026-01-24", "-1")};

    for (size_t i = 0; i < COUNT(sales); i++)
        SAY("import.sale", SCENE_JSON, 90000 + (int64_t)i * 100, sales[i]);
    for (size_t i = 0; i < COUNT(rates); i++)
        SAY("import.rate", SCENE_JSON, 95000 + (int64_t)i * 100, rates[i]);
}

/* Pages, rows of files about leads that come again with other words, and stages before and after
 * their leads. */
static inline void say_forms(struct ctx *cx, struct scene *sc)
{
    static const struct {
        const char *source, *type, *body;
        int64_t after_s;
    } said[] = {
        {"lead",  SCENE_FORM SITE, "lead_id=A&name=Anna&phone=87012223344&utm_source=fb_a&gclid=G1",
         -7200                                                                                                   },
        {"lead",  SCENE_FORM SITE,
         "lead_id=B&name=Boris&phone=87770001122&utm_source=fb_b&utm_content=9001",                        -3600 },
        {"lead",  SCENE_FORM SITE, "lead_id=A2&name=Anna&phone=8 701 222 33 44&email=anna@x.kz",
         600                                                                                                     },
        {"lead",  SCENE_FORM SITE,
         "lead_id=C&name=Clara&email=ANNA@x.kz&utm_source=strange&fbclid=IwAR0clicks",                     86400 },
        {"lead",  SCENE_FORM SITE, "lead_id=B&phone=87770001122",                                          259200},
        {"lead",  SCENE_JSON SITE,
         "{\"lead_id\":\"D\",\"email\":\"dana@x.kz\",\"first_utm_source\":\"fb_a\"}",                      300   },
        {"lead",  SCENE_JSON SITE, "{\"name\":\"Only a name\",\"utm_campaign\":\"Spring\"}",               400   },
        {"lead",  SCENE_JSON SITE, "{\"utm_source\":\"nobody\"}",                                          410   },
        {"lead",  SCENE_FORM SITE, "lead_id=E&name=Eva&phone=+55 11 98123-4567&fbclid=IwAR0clicks",
         500000                                                                                                  },
        {"lead",  SCENE_JSON,
         "{\"lead_id\":\"77\",\"name\":\"Zhan\",\"utm_source\":\"fb_a\",\"created_at\":\"2026-01-"
         "21 10:00\"}",                                                                                    70000 },
        {"lead",  SCENE_JSON,
         "{\"lead_id\":\"77\",\"phone\":\"87051112233\",\"created_at\":\"2026-01-21 10:05\"}",             70500 },
        {"lead",  SCENE_JSON,
         "{\"lead_id\":\"77\",\"name\":\"Zhan "
         "B\",\"form_id\":\"5\",\"landing\":\"https://p.kz/x\"}",                                          71000 },
        {"lead",  SCENE_JSON,      "{\"lead_id\":\"77\",\"email\":\"zhan@x.kz\",\"campaign_id\":\"101\"}",
         71500                                                                                                   },
        {"lead",  SCENE_JSON,      "{\"lead_id\":\"78\",\"deal_id\":\"106\",\"phone\":\"87051112233\"}",
         72000                                                                                                   },
        {"event", SCENE_FORM SITE, "stage=webinar&phone=87012223344",                                      700   },
        {"event", SCENE_FORM SITE, "stage=webinar&phone=87770001122",                                      -9000 },
        {"event", SCENE_FORM SITE, "stage=form&lead_id=C",                                                 3600  },
        {"event", SCENE_JSON,      "{\"stage\":\"call\",\"event_id\":\"c1\",\"phone\":\"87051112233\"}",
         900                                                                                                     },
        {"event", SCENE_JSON,
         "{\"stage\":\"second call\",\"event_id\":\"c1\",\"email\":\"dana@x.kz\"}",                        1900  },
        {"event", SCENE_JSON,
         "{\"stage\":\"paid\",\"deal_id\":\"103\",\"email\":\"b@x.kz\",\"at\":1768950000}",                2900  },
        {"event", SCENE_JSON,      "{\"stage\":\"nobody\",\"phone\":\"87009998877\"}",                     3900  },
        {"event", SCENE_JSON,      "{\"stage\":\"\",\"phone\":\"87009998877\"}",                           4900  },
    };

    for (size_t i = 0; i < COUNT(said); i++)
        SAY(said[i].source, said[i].type, said[i].after_s, str_of(said[i].body));
}

#define FORM_CHANGE(id, ad, made)                                                                  \
    "{\"field\":\"leadgen\",\"value\":{\"leadgen_id\":\"" id "\",\"page_id\":\"77\",\"form_id\":"  \
    "\"5\",\"ad_id\":\"" ad "\",\"created_time\":" made "}}"
#define FORM_HOOK(changes)                                                                         \
    S("{\"object\":\"page\",\"entry\":[{\"id\":\"77\",\"time\":1768889290,\"changes\":[" changes   \
      "]}]}")
#define FORM_READ(id, made, more, phone)                                                           \
    S("{\"id\":\"" id "\",\"created_time\":\"" made "\"," more "\"field_data\":[{\"name\":"        \
      "\"full_name\",\"values\":[\"Boris\"]},{\"name\":\"phone_number\",\"values\":[\"" phone      \
      "\"]}]}")
#define CHAT(id, from, more)                                                                       \
    "{\"from\":\"" from "\",\"id\":\"" id                                                          \
    "\",\"timestamp\":\"1768890000\",\"type\":\"text\",\"text\":"                                  \
    "{\"body\":\"hi\"}" more "}"
#define FROM_AD(ad, click)                                                                         \
    ",\"referral\":{\"source_type\":\"ad\",\"source_url\":\"https://fb.me/x\",\"source_id\":\"" ad \
    "\",\"ctwa_clid\":\"" click "\"}"
#define CHATS(name, wa, messages)                                                                  \
    S("{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\",\"changes\":[{"          \
      "\"field\":"                                                                                 \
      "\"messages\",\"value\":{\"messaging_product\":\"whatsapp\",\"metadata\":{\"phone_number_"   \
      "id\":"                                                                                      \
      "\"5\"},\"contacts\":[{\"profile\":{\"name\":\"" name "\"},\"wa_id\":\"" wa                  \
      "\"}],\"messages\":[" messages "]}}]}]}")

/* Lead Ads and chats: one by one and in batches, the answers before and after their webhook. */
static inline void say_lead_ads(struct ctx *cx, struct scene *sc)
{
    SAY("leadgen", SCENE_JSON, 500, FORM_HOOK(FORM_CHANGE("901", "9001", "1768889280")));
    SAY("leadgen", SCENE_JSON, 900,
        FORM_HOOK(
            FORM_CHANGE("902", "9001", "1768889300") "," FORM_CHANGE("901", "9001", "1768889280")));
    SAY("leadgen", SCENE_JSON, 200, FORM_HOOK(FORM_CHANGE("903", "9002", "1768889900")));
    SAY("leadgen", SCENE_JSON, 100,
        FORM_HOOK(
            FORM_CHANGE("903", "9002", "1768889900") "," FORM_CHANGE("904", "444", "1768889950")));
    SAY("leadgen", SCENE_JSON, 5000, FORM_HOOK(""));
    SAY("leadgen.read", SCENE_JSON, 560,
        FORM_READ("901", "2026-01-20T06:08:02+0000", "\"ad_id\":\"9001\",\"campaign_id\":\"101\",",
                  "+77770001122"));
    SAY("leadgen.read", SCENE_JSON, 4000,
        FORM_READ("904", "2026-01-20T06:19:10+0000", "\"ad_id\":\"9001\",", "+77051112233"));
    SAY("leadgen.read", SCENE_JSON, 180000,
        FORM_READ("905", "2026-01-22T06:19:10+0000", "\"is_organic\":true,", "+77012223344"));
}

static inline void say_chats(struct ctx *cx, struct scene *sc)
{
    SAY("whatsapp", SCENE_JSON, 1300,
        CHATS("Anna", "77012223344",
              CHAT("wamid.A", "77012223344", FROM_AD("9001", "ctwa-click-a"))));
    SAY("whatsapp", SCENE_JSON, 1200,
        CHATS("Anna of the shop", "77012223344",
              CHAT("wamid.A", "77012223344",
                   FROM_AD("9001", "ctwa-click-a")) "," CHAT("wamid.B", "77012223344", "")));
    SAY("whatsapp", SCENE_JSON, 499000,
        CHATS("Eva", "5511981234567",
              CHAT("wamid.C", "5511981234567", FROM_AD("9002", "ctwa-click-c"))));
}

/* Every third event is delivered a second time, later. */
static inline void say_again(struct ctx *cx, struct scene *sc)
{
    size_t n = sc->n;

    for (size_t i = 0; i < n; i += 3) {
        const struct told *e = &sc->at[i];
        SAY(e->source, e->type, (e->at_ms / 1000 - JAN20) + 5 + (int64_t)(i % 7) * 900, e->body);
    }
}

static inline void write_scene(struct ctx *cx, struct scene *sc)
{
    sc->n = 0;
    for (int deal = 101; deal <= 106; deal++)
        say_deal(cx, sc, deal);
    say_reads(cx, sc);
    say_files(cx, sc);
    say_forms(cx, sc);
    say_lead_ads(cx, sc);
    say_chats(cx, sc);
    say_oddities(cx, sc);
    say_again(cx, sc);
}
