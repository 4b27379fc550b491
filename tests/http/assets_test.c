/* The embedded pages: names, encodings, caching, and that there is nothing else to be had. */
#include "ask.h"
#include "base/embedded.h"
#include "http/http.h"
#include "test.h"

#include <string.h>

#define FILE_OF(name, text)                                                                        \
    {                                                                                              \
        name, (const unsigned char *)(text), sizeof(text) - 1                                      \
    }

#define PACKED_TEXT "packed script, packed script, packed script"
#define PACKED_GZ                                                                                  \
    "\037\213\010\000\000\000\000\000\002\003\053\110\114\316\116\115\121\050\116\056"             \
    "\312\054\050\321\121\050\300\303\005\000\114\177\221\236\053\000\000\000"

/* Stands in for the real pages: this definition comes before the library's. */
static const struct embedded_file files[] = {
    FILE_OF("assets/app-ABCD1234.js", "plain script"),
    FILE_OF("assets/app-ABCD1234.js.br", "brotli script"),
    FILE_OF("assets/app-ABCD1234.js.gz", "gzip script"),
    FILE_OF("assets/packed-ABCD1234.js.gz", PACKED_GZ),
    FILE_OF("assets/style-2345WXYZ.css", "plain style"),
    FILE_OF("assets/void-ABCD1234.js", ""),
    FILE_OF("favicon.svg", "<svg/>"),
    FILE_OF("index.html", "<!doctype html>plain"),
    FILE_OF("index.html.gz", "gzip page"),
};
const struct embedded_folder embedded_web = {files, COUNT(files)};

static enum err api(struct req *rq, struct resp *rs)
{
    (void)rq;
    return resp_body(rs, "text/plain", S("api"));
}

static const struct route routes[] = {
    {GET, "/api/v1/thing", 0, RATE_NONE, api, 0, 0}
};
static const struct route_set sets[] = {ROUTES(routes)};

static struct server *start(struct ctx *cx)
{
    struct server_opts o = {.listen = "127.0.0.1:0",
                            .threads = 4,
                            .sets = sets,
                            .nsets = COUNT(sets),
                            .fallback = assets_serve};
    struct server *s = NULL;

    check_ok(server_start(cx, NULL, &o, &s));
    return s;
}

static struct answer get(struct ctx *cx, const struct server *s, const char *target,
                         const char *headers)
{
    return ask_for(cx, server_port(s), "GET", target, headers, S(""));
}

TEST(a_hashed_file_may_be_kept_for_a_year)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/assets/app-ABCD1234.js", NULL);

    check_int(200, a.status);
    check_str(S("plain script"), a.body);
    check_str(S("public, max-age=31536000, immutable"), answer_header(&a, "Cache-Control"));
    check_str(S("text/javascript; charset=utf-8"), answer_header(&a, "Content-Type"));
    check_str(S("Accept-Encoding"), answer_header(&a, "Vary"));
    check_str(S("nosniff"), answer_header(&a, "X-Content-Type-Options"));
    server_stop(&s);
}

TEST(the_page_is_asked_for_again_each_time_and_mostly_not_sent)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/", NULL);

    check_int(200, a.status);
    check_str(S("no-cache"), answer_header(&a, "Cache-Control"));
    check_str(S("text/html; charset=utf-8"), answer_header(&a, "Content-Type"));
    check_holds(S("script-src 'self'"), answer_header(&a, "Content-Security-Policy"));
    struct str etag = answer_header(&a, "ETag");
    check(etag.len > 10);
    struct str condition = arena_fmt(cx->arena, "If-None-Match: %.*s\r\n", STR_FMT(etag));
    a = get(cx, s, "/", condition.ptr);
    check_int(304, a.status);
    check_str(S("no-cache"), answer_header(&a, "Cache-Control"));
    a = get(cx, s, "/", arena_fmt(cx->arena, "%sAccept-Encoding: gzip\r\n", condition.ptr).ptr);
    check_int(200, a.status); /* another form, another tag */
    check_str(S("gzip page"), a.body);
    server_stop(&s);
}

TEST(the_smallest_form_the_client_takes_is_sent)
{
    static const struct {
        const char *accept, *body, *coding;
    } cases[] = {
        {"Accept-Encoding: gzip, deflate, br\r\n",   "brotli script", "br"  },
        {"Accept-Encoding: gzip\r\n",                "gzip script",   "gzip"},
        {"Accept-Encoding: GZIP;q=0.5\r\n",          "gzip script",   "gzip"},
        {"Accept-Encoding: br;q=0, gzip;q=1.0\r\n",  "gzip script",   "gzip"},
        {"Accept-Encoding: br;q=0.000,gzip;q=0\r\n", "plain script",  ""    },
        {"Accept-Encoding: br;q=0.001\r\n",          "brotli script", "br"  },
        {"Accept-Encoding: *\r\n",                   "brotli script", "br"  },
        {"Accept-Encoding: *, br;q=0\r\n",           "gzip script",   "gzip"},
        {"Accept-Encoding: *;q=0\r\n",               "plain script",  ""    },
        {"Accept-Encoding: identity\r\n",            "plain script",  ""    },
        {"Accept-Encoding: brotli, xgzip\r\n",       "plain script",  ""    },
        {"Accept-Encoding:\r\n",                     "plain script",  ""    },
    };
    struct server *s = start(cx);

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct answer a = get(cx, s, "/assets/app-ABCD1234.js", cases[i].accept);
        check_str(str_of(cases[i].body), a.body);
        check_str(str_of(cases[i].coding), answer_header(&a, "Content-Encoding"));
        check_str(S("text/javascript; charset=utf-8"), answer_header(&a, "Content-Type"));
    }
    server_stop(&s);
}

TEST(a_file_carried_packed_alone_is_unpacked_for_who_cannot)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/assets/packed-ABCD1234.js", NULL);

    check_int(200, a.status);
    check_str(S(PACKED_TEXT), a.body);
    check_str(S(""), answer_header(&a, "Content-Encoding"));
    check_str(S("text/javascript; charset=utf-8"), answer_header(&a, "Content-Type"));
    a = get(cx, s, "/assets/packed-ABCD1234.js", "Accept-Encoding: br, gzip\r\n");
    check_str(S(PACKED_GZ), a.body);
    check_str(S("gzip"), answer_header(&a, "Content-Encoding"));
    server_stop(&s);
}

TEST(an_empty_script_is_still_a_script)
{
    struct server *s = start(cx);
    struct answer a = get(cx, s, "/assets/void-ABCD1234.js", NULL);

    check_int(200, a.status);
    check_holds(S("javascript"), answer_header(&a, "Content-Type"));
    check_str(S("0"), answer_header(&a, "Content-Length"));
    server_stop(&s);
}

TEST(addresses_of_pages_get_the_page)
{
    static const char *const pages[] = {"/",       "/index.html", "/login",    "/teams/7",
                                        "/a/b/c/", "/?x=1",       "/caf%C3%A9"};
    struct server *s = start(cx);

    for (size_t i = 0; i < COUNT(pages); i++)
        check_str(S("<!doctype html>plain"), get(cx, s, pages[i], NULL).body);
    check_int(200, ask_for(cx, server_port(s), "HEAD", "/login", NULL, S("")).status);
    server_stop(&s);
}

TEST(addresses_beside_the_api_are_never_pages)
{
    struct server *s = start(cx);

    check_int(404, get(cx, s, "/api", NULL).status);
    check_int(404, get(cx, s, "/api/v1/nothing", NULL).status);
    check_int(404, get(cx, s, "/api/v2", NULL).status);
    server_stop(&s);
}

TEST(nothing_but_the_embedded_names_can_be_had)
{
    static const char *const absent[] = {
        "/nothing.js",
        "/assets/app-ABCD1234.js.br",
        "/assets/app-ABCD1234.js.gz",
        "/index.html.gz",
        "/assets/app-ABCD1235.js",
        "/assets/APP-ABCD1234.js",
        "/app-ABCD1234.js",
        "/assets/app-ABCD1234.j%73",
        "/etc/passwd.txt",
        "/.env",
        "/.git/config.txt",
        "/..index.html",
        "/index.html/x.js",
        "/index.html.",
        "/C:/index.html",
        "/index.html::$DATA.",
        "/index.html;.css",
        "/trafficd.db",
        "/server-status.html",
        "/WEB-INF/web.xml",
    };
    static const char *const refused[] = {
        "/../etc/passwd",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/%2e%2e/index.html",
        "/assets/%2e%2e%2findex.html",
        "/assets/..%5cindex.html",
        "/assets/..\\index.html",
        "/assets/....//index.html",
        "/./index.html",
        "/index.html%00.js",
        "/%00",
        "//index.html",
        "/assets//app-ABCD1234.js",
        "/%c0%ae%c0%ae%c0%af",
        "/..%c0%afetc%c0%afpasswd",
        "/%uff0e%uff0e/index.html",
    };
    struct server *s = start(cx);

    for (size_t i = 0; i < COUNT(absent); i++) {
        struct answer a = get(cx, s, absent[i], NULL);
        if (a.status != 404)
            test_fail(TEST_AT("absent"), "%s was answered with %d", absent[i], a.status);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct answer a = get(cx, s, refused[i], NULL);
        if (a.status != 400)
            test_fail(TEST_AT("refused"), "%s was answered with %d", refused[i], a.status);
    }
    server_stop(&s);
}
