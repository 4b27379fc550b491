/* What people write about themselves, and what it comes to: phones, e-mails, times, forms. */
#include "leads/leads_inside.h"
#include "slice_app.h"

#include <string.h>

static struct str phone(struct ctx *cx, const char *raw)
{
    return phone_normal(cx->arena, str_of(raw));
}

TEST(a_phone_is_one_number_however_it_is_written)
{
    static const struct {
        const char *raw, *normal;
    } cases[] = {
  /* Kazakhstan and Russia */
        {"+7 701 222 33 44",              "77012223344"  },
        {"8 701 222 33 44",               "77012223344"  },
        {"87012223344",                   "77012223344"  },
        {"77012223344",                   "77012223344"  },
        {"7012223344",                    "77012223344"  },
        {"+7012223344",                   "77012223344"  },
        {"+8 (701) 222-33-44",            "77012223344"  },
        {"+7 8 701 222 33 44",            "77012223344"  },
        {"+7 7701 222 33 44",             "77012223344"  },
        {"8(701)222-33-44 доб. 12",    "77012223344"  },
        {"8 701 222 33 44 (WhatsApp)",    "77012223344"  },
        {"тел. 8-701-222-33-44",       "77012223344"  },
        {"8701 222 33 44, 8702 000 1122", "77012223344"  },
        {"8701 222 33 44 +77020001122",   "77012223344"  },
        {"8\xc2\xa0"
         "701\xc2\xa0"
         "222\xe2\x80\x91"
         "33\xe2\x80\x93"
         "44",                   "77012223344"  },
        {"007 701 222 33 44",             "77012223344"  },
        {"8 7172 55 44 33",               "77172554433"  },
        {"8 (495) 123-45-67",             "74951234567"  },
        {"+7 916 123-45-67",              "79161234567"  },
        {"8 800 555 35 35",               "78005553535"  },
 /* Brazil */
        {"+55 11 91234-5678",             "5511912345678"},
        {"+55 (11) 1234-5678",            "551112345678" },
        {"55 11 91234 5678",              "5511912345678"},
        {"55 11 8123 4567",               "5511981234567"},
        {"551181234567",                  "5511981234567"},
        {"+55 (011) 91234-5678",          "5511912345678"},
        {"011 91234-5678",                "5511912345678"},
        {"11 91234-5678",                 "5511912345678"},
        {"(21) 98765-4321",               "5521987654321"},
        {"71 91234-5678",                 "5571912345678"},
        {"+55 11 3123-4567",              "551131234567" },
        {"0055 11 91234 5678",            "5511912345678"},
 /* elsewhere */
        {"+49 151 23456789",              "4915123456789"},
        {"4915123456789",                 "4915123456789"},
        {"+1 (212) 555-0123",             "12125550123"  },
        {"+372 5551 2345",                "37255512345"  },
        {"+996 700 123 456",              "996700123456" },
        {"+998 90 123 45 67",             "998901234567" },
        {"+44 20 7946 0958",              "442079460958" },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        check_str(str_of(cases[i].normal), phone(cx, cases[i].raw));
}

TEST(a_number_that_names_no_line_in_particular_is_no_phone)
{
    static const char *const cases[] = {
        "",
        "-",
        "нет",
        "12345",
        "222-33-44",
        "9161234567", /* ten digits of some country */
        "2125550123",
        "77777777777", /* typed to get past the field */
        "+7 999 999 99 99",
        "00000000000",
        "0000",
        "11111111",
        "12345678901234567890", /* a card, an account */
        "+",
        "+7",
        "8 701 222",
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        check_str(S(""), phone(cx, cases[i]));
    check_str(S(""), phone_normal(cx->arena, (struct str){0}));
}

TEST(a_normal_number_stays_as_it_is)
{
    uint64_t seed = 20260120;

    for (int i = 0; i < 20000; i++) {
        char raw[24];
        size_t n = (size_t)test_random_between(&seed, 0, 20);
        for (size_t k = 0; k < n; k++)
            raw[k] = "0123456789+ ()-8755"[test_random_between(&seed, 0, 18)];
        struct str once = phone_normal(cx->arena, (struct str){raw, n});
        struct str plus = arena_fmt(cx->arena, "+%.*s", STR_FMT(once));
        if (once.len)
            check_str(once, phone_normal(cx->arena, plus));
    }
}

TEST(the_tail_is_the_last_four_digits_of_the_number)
{
    check_str(S("3344"), lead_phone_tail(cx->arena, S("8 (701) 222-33-44 доб. 77")));
    check_str(S(""), lead_phone_tail(cx->arena, S("33-44")));
}

TEST(an_address_is_trimmed_and_lower_case_and_nothing_more)
{
    static const struct {
        const char *raw, *normal;
    } cases[] = {
        {"  Anna.B@Mail.RU ",        "anna.b@mail.ru"          },
        {"anna+tag@mail.ru",         "anna+tag@mail.ru"        },
        {"АННА@почта.рф", "анна@почта.рф"},
        {"a@b.c",                    "a@b.c"                   },
        {"anna",                     ""                        },
        {"anna@",                    ""                        },
        {"@mail.ru",                 ""                        },
        {"anna@mail",                ""                        },
        {"anna@.ru",                 ""                        },
        {"anna@mail.",               ""                        },
        {"a@b@c.ru",                 ""                        },
        {"anna b@mail.ru",           ""                        },
        {"a@mail.ru, b@mail.ru",     ""                        },
        {"",                         ""                        },
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        check_str(str_of(cases[i].normal), email_normal(cx->arena, str_of(cases[i].raw)));
}

/* ---- keys ---- */

static struct identity_keys keys_of(struct ctx *cx, const struct app *app, const struct lead_keys k)
{
    struct identity_keys out = {0};

    identity_keys_of(cx->arena, app, &k, &out);
    return out;
}

TEST(a_key_is_a_hash_that_needs_the_programs_secret)
{
    struct app *app = arena_new_of(cx->arena, struct app),
               *other = arena_new_of(cx->arena, struct app);
    struct str phones[] = {S("8 701 222 33 44"), S("+77012223344"), S("nonsense")};
    struct lead_keys said = {.phones = phones, .nphones = 3, .leadgen_id = S("77012223344")};

    other->secret_key[0] = 1;
    struct identity_keys mine = keys_of(cx, app, said), theirs = keys_of(cx, other, said);
    check_int(2, mine.n); /* the same phone twice is one, and a lead's id is no phone */
    check_str(S("phone"), str_of(mine.at[0].kind));
    check_str(S("lead_ad"), str_of(mine.at[1].kind));
    check_int(32, mine.at[0].hash.len);
    check(!str_eq(mine.at[0].hash, mine.at[1].hash));
    check(!str_eq(mine.at[0].hash, theirs.at[0].hash));
}

TEST(a_click_id_of_a_few_letters_names_nobody)
{
    struct app *app = arena_new_of(cx->arena, struct app);

    check_int(0, keys_of(cx, app, (struct lead_keys){.fbclid = S("abc")}).n);
    check_int(2, keys_of(cx, app,
                         (struct lead_keys){.fbclid = S("IwAR0abcdefgh"),
                                            .ctwa_clid = S("IwAR0abcdefgh")})
                     .n);
}

/* ---- forms ---- */

static struct lead_said form(struct ctx *cx, const char *body)
{
    struct lead_said said;

    check_ok(lead_read(cx, S("application/x-www-form-urlencoded"), str_of(body), &said));
    return said;
}

static struct lead_said json(struct ctx *cx, const char *body)
{
    struct lead_said said;

    check_ok(lead_read(cx, S("application/json"), str_of(body), &said));
    return said;
}

TEST(fields_are_known_by_many_names)
{
    static const char *const phones[] = {"phone=8701", "Phone=8701", "tel=8701", "phone_2=8701",
                                         "%D0%A2%D0%B5%D0%BB%D0%B5%D1%84%D0%BE%D0%BD=8701"};

    for (size_t i = 0; i < COUNT(phones); i++)
        check_str(S("8701"), form(cx, phones[i]).phones[0]);
    struct lead_said s =
        form(cx, "Name=Anna+B&Email=a%40b.kz&tranid=1:22&formid=form9&utm_source=fb_a&UTM_Medium="
                 "cpc&utm_campaign=c&utm_content=9001&utm_term=t&fbclid=IwAR&referrer=https://x/"
                 "&page=https://y/&ad_id=5&campaign_id=6");
    check_str(S("Anna B"), s.name);
    check_str(S("a@b.kz"), s.emails[0]);
    check_str(S("1:22"), s.id);
    check_str(S("form9"), s.form_id);
    check_str(S("fb_a"), s.last.utm.source);
    check_str(S("cpc"), s.last.utm.medium);
    check_str(S("9001"), s.last.utm.content);
    check_str(S("IwAR"), s.last.clicks[0]);
    check_str(S("https://x/"), s.last.referrer);
    check_str(S("https://y/"), s.last.landing);
    check_str(S("5"), s.ad_id);
    check_str(S("6"), s.campaign_id);
    check(!s.is_bot && !s.is_test);
}

TEST(the_first_visit_is_told_beside_the_last)
{
    struct lead_said s =
        form(cx, "first_utm_source=fb_a&first_at=1768888800000&first_gclid=G1"
                 "&utm_source=fb_b&last_at=5&first_name=Anna&first_page=https://p/");

    check_str(S("fb_a"), s.first.utm.source);
    check_str(S("1768888800000"), s.first.at);
    check_str(S("G1"), s.first.clicks[2]);
    check_str(S("https://p/"), s.first.landing);
    check_str(S("fb_b"), s.last.utm.source);
    check_str(S("5"), s.last.at);
    check_str(S(""), s.name); /* a first name is no visit, and half a name */
}

TEST(json_may_be_flat_or_one_level_deep)
{
    struct lead_said s =
        json(cx, "{\"phone\":87012223344,\"name\":\"Anna\",\"first\":{\"utm_source\":"
                 "\"fb_a\",\"at\":7},\"utm\":{\"source\":\"fb_b\"},\"x\":[1],"
                 "\"email\":null,\"fbclid\":{}}");

    check_str(S("87012223344"), s.phones[0]);
    check_str(S("fb_a"), s.first.utm.source);
    check_str(S("7"), s.first.at);
    check_str(S("fb_b"), s.last.utm.source);
    check_int(0, s.nemails);
    check_err(lead_read(cx, S("application/json"), S("[1]"), &s), ERR_INPUT);
    ctx_forgive(cx);
    check_err(lead_read(cx, S("application/json"), S("{"), &s), ERR_INPUT);
    ctx_forgive(cx);
}

TEST(bots_fill_the_field_that_nobody_sees_and_builders_only_knock)
{
    check(form(cx, "phone=1&website=http://spam").is_bot);
    check(!form(cx, "phone=1&website=").is_bot);
    check(form(cx, "test=test").is_test);
    check(!form(cx, "test=yes").is_test);
}

TEST(a_flood_of_fields_is_cut_short_and_a_long_value_is_clipped_between_letters)
{
    struct str body = S("a=1");
    char *long_value = arena_alloc(cx->arena, 3000, 1);

    for (int i = 0; i < 300; i++)
        body = arena_fmt(cx->arena, "%.*s&a%d=1", STR_FMT(body), i);
    body = arena_fmt(cx->arena, "%.*s&phone=1", STR_FMT(body));
    check_int(0, form(cx, str_z(cx->arena, body)).nphones);
    long_value[0] = 'x';
    for (int i = 1; i + 1 < 2999; i += 2)
        memcpy(long_value + i, "\xd0\xb0", 2);
    struct lead_said s =
        form(cx, str_z(cx->arena, arena_fmt(cx->arena, "name=%s&phone=1&phone=2&phone=3&phone=4",
                                            long_value)));
    check(s.name.len <= 1000 && str_is_utf8(s.name));
    check_int(LEAD_MOST_CONTACTS, s.nphones);
}

/* ---- times ---- */

TEST(times_are_understood_as_forms_write_them)
{
    const struct zone *zone;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1768888800000",             1768888800000},
        {"1768888800",                1768888800000},
        {"2026-01-20T06:00:00Z",      1768888800000},
        {"2026-01-20T06:00:00.250Z",  1768888800000},
        {"2026-01-20T11:00:00+05:00", 1768888800000},
        {"2026-01-20T11:00:00+0500",  1768888800000},
        {"2026-01-20T01:30:00-04:30", 1768888800000},
        {"2026-01-20 11:00:00",       1768888800000},
        {"2026-01-20 11:00",          1768888800000},
        {"20.01.2026 11:00",          1768888800000},
        {"20.01.2026",                1768849200000},
        {"2026-01-20",                1768849200000},
        {" 2026-01-20T11:00:05 ",     1768888805000},
    };
    static const char *const wrong[] = {"",
                                        "soon",
                                        "2026-13-01",
                                        "2026-01-20x",
                                        "2026-01-20T25:00",
                                        "2026-01-20T11:60",
                                        "2026-01-20T11:00:61",
                                        "2026-01-20T11:00:00+5",
                                        "2026-01-20T11:00:00+05:0",
                                        "2026-01-20T1:00",
                                        "-5",
                                        "0",
                                        "99999999999999999"};
    int64_t ms;

    check_ok(zone_find(cx, S("Asia/Almaty"), &zone));
    for (size_t i = 0; i < COUNT(cases); i++) {
        ms = 0;
        check(lead_time(zone, str_of(cases[i].text), &ms));
        check_int(cases[i].ms, ms);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        check(!lead_time(zone, str_of(wrong[i]), &ms));
}
