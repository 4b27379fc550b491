/* Where a short link may lead, and the tags it puts on (D44, A51, P45). */
#include "links/links_url.h"
#include "test.h"

#include <string.h>

static const char *fault_of(struct ctx *cx, struct str text)
{
    struct link_url url;
    const char *fault = link_url_parse(cx->arena, text, &url);

    return fault ? fault : "none";
}

/* ---- hostile addresses ---- */

struct hostile {
    const char *text, *fault;
};

static const struct hostile corpus[] = {
  /* schemes */
    {"",                                          "missing"        },
    {"http://school.kz/",                         "not_https"      },
    {"HTTP://school.kz/",                         "not_https"      },
    {"ftp://school.kz/",                          "not_https"      },
    {"javascript:alert(1)",                       "not_https"      },
    {"JaVaScRiPt:alert(1)",                       "not_https"      },
    {"javascript://school.kz/%0aalert(1)",        "not_https"      },
    {"data:text/html,x",                          "not_https"      },
    {"vbscript:x",                                "not_https"      },
    {"file:///etc/passwd",                        "not_https"      },
    {"blob:https://school.kz/1",                  "not_https"      },
    {"view-source:https://school.kz/",            "not_https"      },
    {"intent://school.kz/#Intent;end",            "not_https"      },
    {"tg://resolve?domain=x",                     "not_https"      },
    {"mailto:a",                                  "not_https"      },
    {"wss://school.kz/",                          "not_https"      },
    {"https",                                     "not_https"      },
    {"https:",                                    "not_https"      },
    {"https:/school.kz/",                         "not_https"      },
    {"https:school.kz",                           "not_https"      },
    {"//school.kz/",                              "not_https"      },
    {"///school.kz/",                             "not_https"      },
    {"/s/abc",                                    "not_https"      },
    {"school.kz",                                 "not_https"      },
    {"https.school.kz/",                          "not_https"      },
    {"xhttps://school.kz/",                       "not_https"      },
 /* white space and controls */
    {" https://school.kz/",                       "bad_character"  },
    {"https://school.kz/ ",                       "bad_character"  },
    {"https://school.kz/a b",                     "bad_character"  },
    {"https://school .kz/",                       "bad_character"  },
    {"\thttps://school.kz/",                      "bad_character"  },
    {"ht\ntps://school.kz/",                      "bad_character"  },
    {"https://sch\tool.kz/",                      "bad_character"  },
    {"https://school.kz/\r\nSet-Cookie:a=b",      "bad_character"  },
    {"https://school.kz/\x7f",                    "bad_character"  },
    {"https://school.kz/\x01",                    "bad_character"  },
    {"https://school.kz/%0d%0aSet-Cookie:a",      "bad_character"  },
    {"https://school.kz/%00",                     "bad_escape"     },
    {"https://school.kz/?a=%00",                  "bad_escape"     },
    {"https://school.kz/#%00",                    "bad_escape"     },
    {"https://school.kz/%7f",                     "bad_character"  },
 /* user information */
    {"https://school.kz@evil.com/",               "user_in_address"},
    {"https://user:word@school.kz/",              "user_in_address"},
    {"https://@school.kz/",                       "user_in_address"},
    {"https://:@school.kz/",                      "user_in_address"},
    {"https://school.kz:443@evil.com/",           "user_in_address"},
    {"https://school.kz%2f@evil.com/",            "user_in_address"},
    {"https://school.kz/@evil.com",               "user_in_address"},
    {"https://school.kz/?a=@evil.com",            "user_in_address"},
    {"https://school.kz/#@evil.com",              "user_in_address"},
    {"https://evil.com#@school.kz/",              "user_in_address"},
    {"https://evil.com?@school.kz/",              "user_in_address"},
 /* backslashes */
    {"https:\\\\school.kz\\",                     "backslash"      },
    {"https://evil.com\\@school.kz/",             "backslash"      },
    {"https://school.kz\\.evil.com/",             "backslash"      },
    {"https://school.kz/\\evil.com",              "backslash"      },
    {"https:/\\school.kz/",                       "backslash"      },
    {"https://school.kz/?a=\\b",                  "backslash"      },
    {"https://school.kz/%5cevil.com",             "backslash"      },
    {"https://school.kz/a%5Cb",                   "backslash"      },
 /* slashes */
    {"https:///school.kz/",                       "no_host"        },
    {"https:////evil.com/",                       "no_host"        },
    {"https://",                                  "no_host"        },
    {"https://?a=b",                              "no_host"        },
    {"https://#a",                                "no_host"        },
    {"https://school.kz//evil.com",               "double_slash"   },
    {"https://school.kz/a//b",                    "double_slash"   },
    {"https://school.kz/%2fevil.com",             "double_slash"   },
    {"https://school.kz/%2F%2Fevil.com",          "double_slash"   },
    {"https://school.kz/a/%2fb",                  "double_slash"   },
    {"https://school.kz/?next=//evil.com",        "double_slash"   },
    {"https://school.kz/?next=https://evil.com/", "double_slash"   },
    {"https://school.kz/#//evil.com",             "double_slash"   },
 /* hosts that are no names */
    {"https://127.0.0.1/",                        "bad_host"       },
    {"https://2130706433/",                       "bad_host"       },
    {"https://0x7f000001/",                       "bad_host"       },
    {"https://0177.0.0.1/",                       "bad_host"       },
    {"https://127.1/",                            "bad_host"       },
    {"https://169.254.169.254/latest/meta-data",  "bad_host"       },
    {"https://[::1]/",                            "bad_host"       },
    {"https://[::1]:443/",                        "bad_host"       },
    {"https://localhost/",                        "bad_host"       },
    {"https://kz/",                               "bad_host"       },
    {"https://school.kz./",                       "bad_host"       },
    {"https://.school.kz/",                       "bad_host"       },
    {"https://school..kz/",                       "bad_host"       },
    {"https://-school.kz/",                       "bad_host"       },
    {"https://school-.kz/",                       "bad_host"       },
    {"https://sch_ool.kz/",                       "bad_host"       },
    {"https://school%2ekz/",                      "bad_host"       },
    {"https://school.kz%00.evil.com/",            "bad_host"       },
    {"https://*.school.kz/",                      "bad_host"       },
    {"https://sсhool.kz/",                       "bad_host"       }, /* a Cyrillic letter */
    {"https://школа.kz/",                    "bad_host"       },
    {"https://school。kz/",                      "bad_host"       },
    {"https://school\xe2\x80\xae.kz/",            "bad_host"       },
    {"https://school.kz:443/",                    "port_in_address"},
    {"https://school.kz:8443/",                   "port_in_address"},
    {"https://school.kz:/",                       "port_in_address"},
    {"https://school.kz:evil.com/",               "port_in_address"},
 /* marks that pages and scripts stumble over, and broken escapes */
    {"https://school.kz/\"onmouseover=x",         "bad_character"  },
    {"https://school.kz/<script>",                "bad_character"  },
    {"https://school.kz/?a=<b>",                  "bad_character"  },
    {"https://school.kz/`",                       "bad_character"  },
    {"https://school.kz/a|b",                     "bad_character"  },
    {"https://school.kz/^",                       "bad_character"  },
    {"https://school.kz/%",                       "bad_escape"     },
    {"https://school.kz/%2",                      "bad_escape"     },
    {"https://school.kz/%zz",                     "bad_escape"     },
    {"https://school.kz/?a=%f",                   "bad_escape"     },
    {"https://school.kz/%ff",                     "bad_escape"     },
    {"https://school.kz/\xff",                    "bad_character"  },
    {"https://school.kz/\xc0\xaf",                "bad_character"  },
};

TEST(every_hostile_address_is_refused_and_says_why)
{
    check(COUNT(corpus) >= 80);
    for (size_t i = 0; i < COUNT(corpus); i++)
        check_str(
            arena_fmt(cx->arena, "%s -> %s", corpus[i].text, corpus[i].fault),
            arena_fmt(cx->arena, "%s -> %s", corpus[i].text, fault_of(cx, str_of(corpus[i].text))));
}

TEST(a_zero_byte_is_refused_wherever_it_is)
{
    struct str good = S("https://school.kz/a?b=c#d");

    for (size_t i = 0; i <= good.len; i++) {
        char text[64] = {0};
        memcpy(text, good.ptr, i);
        memcpy(text + i + 1, good.ptr + i, good.len - i);
        check(strcmp("none", fault_of(cx, (struct str){text, good.len + 1})) != 0);
    }
}

TEST(an_address_may_be_long_but_not_endless)
{
    char text[LINK_URL_MOST + 2];

    memset(text, 'a', sizeof text);
    memcpy(text, "https://school.kz/", 18);
    check_str(S("none"), str_of(fault_of(cx, (struct str){text, LINK_URL_MOST})));
    check_str(S("too_long"), str_of(fault_of(cx, (struct str){text, LINK_URL_MOST + 1})));
    /* Letters that grow when they are escaped count as what goes out. */
    memcpy(text + LINK_URL_MOST - 2, "\xd0\xb0", 2);
    check_str(S("too_long"), str_of(fault_of(cx, (struct str){text, LINK_URL_MOST})));
    struct str many = S("https://school.kz/?a");
    for (int i = 0; i < LINK_MOST_PAIRS; i++)
        many = arena_fmt(cx->arena, "%.*s&b", STR_FMT(many));
    check_str(S("too_many_parameters"), str_of(fault_of(cx, many)));
}

TEST(good_addresses_come_out_as_they_went_in)
{
    static const char *const good[][2] = {
        {"https://school.kz",                         "https://school.kz/"                        },
        {"HTTPS://School.KZ/Path",                    "https://school.kz/Path"                    },
        {"https://a-b.school.kz/x/y/?a=1&b=&c#part",  "https://a-b.school.kz/x/y/?a=1&b=&c#part"  },
        {"https://xn--80ak6aa92e.com/",               "https://xn--80ak6aa92e.com/"               },
        {"https://wa.me/77010000000?text=A%0AB+%20c", "https://wa.me/77010000000?text=A%0AB+%20c" },
        {"https://school.kz?a=b",                     "https://school.kz/?a=b"                    },
        {"https://school.kz#a",                       "https://school.kz/#a"                      },
        {"https://school.kz/курс",                "https://school.kz/%D0%BA%D1%83%D1%80%D1%81"},
        {"https://school.kz/?utm_source={{ad.id}}",   "https://school.kz/?utm_source={{ad.id}}"   },
        {"https://school.kz/a%20b/%D0%BA",            "https://school.kz/a%20b/%D0%BA"            },
        {"https://school.kz/../a/./b;c=d,e!f*'()",    "https://school.kz/../a/./b;c=d,e!f*'()"    },
    };

    for (size_t i = 0; i < COUNT(good); i++) {
        struct link_url url;
        check_str(S("none"), str_of(fault_of(cx, str_of(good[i][0]))));
        check(!link_url_parse(cx->arena, str_of(good[i][0]), &url));
        check_str(str_of(good[i][1]), link_url_text(cx->arena, &url));
    }
}

/* ---- tags ---- */

static struct str tagged(struct ctx *cx, const char *target, enum link_merge merge,
                         const char *query)
{
    struct link_url url;
    struct link_tags own = {
        .at = {[TAG_SOURCE] = S("fb_arystan"), [TAG_MEDIUM] = S("cpc")}
    };
    struct link_visit visit = {merge, str_of(query)};

    check(!link_url_parse(cx->arena, str_of(target), &url));
    return link_url_tagged(cx->arena, &url, &own, &visit);
}

TEST(the_links_tags_go_over_those_of_its_address)
{
    check_str(S("https://school.kz/?utm_source=fb_arystan&utm_medium=cpc"),
              tagged(cx, "https://school.kz/", MERGE_KEEP, ""));
    check_str(
        S("https://school.kz/?a=1&utm_source=fb_arystan&b=2&utm_medium=cpc#x"),
        tagged(cx, "https://school.kz/?a=1&utm_source=old&b=2&utm_source=older#x", MERGE_KEEP, ""));
}

TEST(what_a_visitor_brings_along_follows_the_policy)
{
    const char *target = "https://school.kz/?utm_term=t",
               *query = "utm_source=theirs&utm_content=c&utm_term=x&fbclid=F1&evil=1&next=2";

    check_str(S("https://school.kz/?utm_term=t&utm_source=fb_arystan&utm_medium=cpc&fbclid=F1"),
              tagged(cx, target, MERGE_KEEP, query));
    check_str(S("https://school.kz/?utm_term=t&utm_source=fb_arystan&utm_medium=cpc&utm_content=c"
                "&fbclid=F1"),
              tagged(cx, target, MERGE_FILL, query));
    check_str(S("https://school.kz/?utm_term=x&utm_source=theirs&utm_medium=cpc&utm_content=c"
                "&fbclid=F1"),
              tagged(cx, target, MERGE_REPLACE, query));
}

TEST(only_tags_and_click_ids_are_ever_passed_on)
{
    const char *query = "next=//evil.com&UTM_SOURCE=a&utm_=b&utm_x%3Dy=c&utm_a1=d&gclid=1&yclid=2"
                        "&ttclid=3&ctwa_clid=4&utm_id=5&a=b&&=&%zz";

    check_str(S("https://school.kz/?utm_source=fb_arystan&utm_medium=cpc&gclid=1&yclid=2&ttclid=3"
                "&ctwa_clid=4&utm_id=5"),
              tagged(cx, "https://school.kz/", MERGE_REPLACE, query));
}

TEST(what_is_passed_on_cannot_leave_its_place)
{
    check_str(
        S("https://school.kz/?utm_source=a%26b%3Dc%23d%0D%0Ax%5C%2F%2F%40&utm_medium=cpc#e"),
        tagged(cx, "https://school.kz/#e", MERGE_REPLACE, "utm_source=a%26b%3Dc%23d%0d%0ax%5c//@"));
    check_str(S("https://school.kz/?utm_source=fb_arystan&utm_medium=cpc"),
              tagged(cx, "https://school.kz/", MERGE_REPLACE, "utm_source="));
}

TEST(a_flood_of_parameters_costs_little_and_keeps_the_address_whole)
{
    struct str query = S("fbclid=1");

    for (int i = 0; i < 300; i++)
        query = arena_fmt(cx->arena, "%.*s&utm_%c%c=1", STR_FMT(query), 'a' + i % 26, 'a' + i / 26);
    struct str out = tagged(cx, "https://school.kz/?keep=1", MERGE_REPLACE, query.ptr);
    check(str_starts(out, S("https://school.kz/?keep=1&utm_source=fb_arystan&utm_medium=cpc"
                            "&fbclid=1")));
    check(out.len < 1000);
}

TEST(macros_stay_as_they_are_written)
{
    struct link_url url;
    struct link_tags own = {
        .at = {S("{{campaign.name}}"), S("a {{ad.id}}/{{x}"), S("{{adset.id}}{{ad.id}}"), S("{}"),
               S("{{AD}}")}
    };
    struct link_visit nothing = {MERGE_KEEP, {0}};

    check(!link_url_parse(cx->arena, S("https://school.kz/"), &url));
    check_str(S("https://school.kz/?utm_source={{campaign.name}}&utm_medium=a%20{{ad.id}}%2F"
                "%7B%7Bx%7D&utm_campaign={{adset.id}}{{ad.id}}&utm_content=%7B%7D"
                "&utm_term=%7B%7BAD%7D%7D"),
              link_url_tagged(cx->arena, &url, &own, &nothing));
}

/* ---- warnings ---- */

static struct str warnings_of(struct ctx *cx, const char *source, const char *campaign)
{
    struct link_warning all[LINK_MOST_WARNINGS];
    struct link_tags tags = {
        .at = {[TAG_SOURCE] = str_of(source), [TAG_CAMPAIGN] = str_of(campaign)}
    };
    size_t n = link_tag_warnings(&tags, all);
    struct str out = S("");

    for (size_t i = 0; i < n; i++)
        out = arena_fmt(cx->arena, "%.*s%s%s:%s", STR_FMT(out), i ? " " : "", all[i].field,
                        all[i].code);
    return out;
}

TEST(what_is_often_a_mistake_is_pointed_out)
{
    check_str(S(""), warnings_of(cx, "fb_arystan", "{{campaign.name}}"));
    check_str(S(""), warnings_of(cx, "арыстан", ""));
    check_str(S("utm_source:missing"), warnings_of(cx, "", ""));
    check_str(S("utm_source:look_alike"), warnings_of(cx, "fb_аrystan", "")); /* one is Cyrillic */
    check_str(S("utm_source:spaces"), warnings_of(cx, "fb arystan", ""));
    check_str(S("utm_source:capitals"), warnings_of(cx, "fb_Arystan", ""));
    check_str(S("utm_source:capitals"), warnings_of(cx, "Арыстан", ""));
    check_str(S("utm_campaign:unknown_macro"), warnings_of(cx, "a", "{{campaign.nam}}"));
    check_str(S("utm_campaign:unknown_macro"), warnings_of(cx, "a", "{{campaign.name}"));
    check_str(S("utm_campaign:capitals utm_campaign:unknown_macro"),
              warnings_of(cx, "a", "{{CAMPAIGN.NAME}}"));
}

TEST(a_listed_host_is_a_name)
{
    check(link_host_is_name(S("school.kz")));
    check(link_host_is_name(S("a.b-c.d1.kz")));
    check(!link_host_is_name(S("kz")));
    check(!link_host_is_name(S("")));
    check(!link_host_is_name(S("School.kz")));
    check(!link_host_is_name(S("school.kz/")));
    check(!link_host_is_name(S("10.0.0.1")));
}
