/* assets.c: the web UI out of the binary. There are no files and no folders here: a path either is
 * the name of an embedded file or it is not. A file that packs well is carried packed alone
 * (name.gz, name.br) and unpacked for the rare client that takes neither. */
#include "base/crypto.h"
#include "base/embedded.h"
#include "http/private.h"

#define ZLIB_CONST
#include <string.h>
#include <zlib.h>

static const struct {
    const char *ending, *mime;
} mimes[] = {
    {".html",        "text/html; charset=utf-8"      },
    {".js",          "text/javascript; charset=utf-8"},
    {".css",         "text/css; charset=utf-8"       },
    {".json",        "application/json"              },
    {".webmanifest", "application/manifest+json"     },
    {".svg",         "image/svg+xml; charset=utf-8"  },
    {".png",         "image/png"                     },
    {".ico",         "image/x-icon"                  },
    {".woff2",       "font/woff2"                    },
    {".txt",         "text/plain; charset=utf-8"     },
};

static const char *mime_of(struct str name)
{
    for (size_t i = 0; i < COUNT(mimes); i++)
        if (str_ends(name, str_of(mimes[i].ending)))
            return mimes[i].mime;
    return "application/octet-stream";
}

static struct str last_segment(struct str path)
{
    size_t from = path.len;

    while (from > 0 && path.ptr[from - 1] != '/')
        from--;
    return (struct str){path.ptr + from, path.len - from};
}

/* "app-ABCD1234.js": eight letters or digits of a hash between a dash and the first dot after it.
 */
static bool has_hash(struct str name)
{
    struct str last = last_segment(name);

    for (size_t i = 0; i + 9 < last.len; i++) {
        size_t n = 0;
        if (last.ptr[i] != '-')
            continue;
        while (n < 8 && ((last.ptr[i + 1 + n] >= 'A' && last.ptr[i + 1 + n] <= 'Z') ||
                         (last.ptr[i + 1 + n] >= '0' && last.ptr[i + 1 + n] <= '9')))
            n++;
        if (n == 8 && last.ptr[i + 9] == '.')
            return true;
    }
    return false;
}

/* Does the client take this coding? Named with a weight other than zero, or covered by a star. */
static bool accepts(struct req *rq, struct str coding)
{
    struct str rest = req_header(rq, "Accept-Encoding"), item, name;
    bool star = false;

    while (str_cut(&rest, ',', &item)) {
        if (!str_cut(&item, ';', &name))
            continue;
        name = str_trim(name);
        item = str_trim(item);
        bool is_refused = str_starts(item, S("q=0"));
        for (size_t i = 3; is_refused && i < item.len; i++)
            is_refused = item.ptr[i] == '.' || item.ptr[i] == '0';
        if (str_eq_nocase(name, coding))
            return !is_refused;
        star = star || (str_eq(name, S("*")) && !is_refused);
    }
    return star;
}

static const struct embedded_file *find_form(struct arena *a, struct str name, const char *ending)
{
    return embedded_find(&embedded_web, arena_fmt(a, "%.*s%s", STR_FMT(name), ending));
}

static bool is_embedded(struct arena *a, struct str name)
{
    return embedded_find(&embedded_web, name) || find_form(a, name, ".gz");
}

/* A gzip file ends in the length of what it unpacks to, the lowest byte first. */
static enum err unpack(struct ctx *cx, const struct embedded_file *gz, struct str *out)
{
    const unsigned char *end = gz->data + gz->len;
    size_t len = (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16;
    char *room = arena_alloc(cx->arena, len, 1);
    z_stream z = {.next_in = gz->data,
                  .avail_in = (unsigned)gz->len,
                  .next_out = (unsigned char *)room,
                  .avail_out = (unsigned)len};
    bool is_whole;

    is_whole = inflateInit2(&z, 16 + MAX_WBITS) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END;
    inflateEnd(&z);
    *out = (struct str){room, len};
    return is_whole ? OK : fail(cx, ERR_BUG, "%s does not unpack", gz->name);
}

/* The smallest form the client takes; *coding is empty for the file itself. */
static enum err pick(struct req *rq, struct str name, struct str *coding, struct str *bytes)
{
    static const struct {
        const char *coding, *ending;
    } forms[] = {
        {"br",   ".br"},
        {"gzip", ".gz"},
        {"",     ""   }
    };

    for (size_t i = 0; i < COUNT(forms); i++) {
        const struct embedded_file *f = find_form(rq->cx.arena, name, forms[i].ending);
        *coding = str_of(forms[i].coding);
        if (f && (!coding->len || accepts(rq, *coding))) {
            *bytes = (struct str){(const char *)f->data, f->len};
            return OK;
        }
    }
    return unpack(&rq->cx, find_form(rq->cx.arena, name, ".gz"), bytes);
}

static struct str etag_of(struct arena *a, struct str bytes)
{
    unsigned char hash[CRYPTO_HASH];

    hash_blake2b(S(""), bytes, hash);
    return arena_fmt(a, "\"%.*s\"", STR_FMT(hex_text(a, (struct str){(const char *)hash, 12})));
}

static enum err send_file(struct req *rq, struct resp *rs, struct str name)
{
    enum err err;
    struct str coding, bytes;

    TRY(pick(rq, name, &coding, &bytes));
    resp_header(rs, "Vary", S("Accept-Encoding"));
    if (coding.len)
        resp_header(rs, "Content-Encoding", coding);
    if (has_hash(name)) {
        resp_header(rs, "Cache-Control", S("public, max-age=31536000, immutable"));
    } else {
        resp_header(rs, "Cache-Control", S("no-cache"));
        resp_header(rs, "ETag", etag_of(rq->cx.arena, bytes));
    }
    err = resp_body(rs, mime_of(name), bytes);
out:
    return err;
}

static const char no_ui[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<title>Traffic Dashboard</title></head><body><h1>Traffic Dashboard</h1>"
    "<p>This program was built without its web pages. The API is at work: see "
    "<a href=\"/api/openapi.json\">/api/openapi.json</a>.</p></body></html>\n";

enum err assets_serve(struct req *rq, struct resp *rs)
{
    struct str name = rq->path.len ? (struct str){rq->path.ptr + 1, rq->path.len - 1} : S("");
    bool is_page = !memchr(last_segment(rq->path).ptr, '.', last_segment(rq->path).len);
    bool is_form;

    if (is_page)
        name = S("index.html"); /* the pages' own router knows the rest of the address */
    is_form = str_ends(name, S(".br")) || str_ends(name, S(".gz"));
    if (!is_form && is_embedded(rq->cx.arena, name))
        return send_file(rq, rs, name);
    if (!is_page)
        return fail(&rq->cx, ERR_NOT_FOUND, "no such file");
    resp_header(rs, "Cache-Control", S("no-cache"));
    return resp_body(rs, "text/html; charset=utf-8", S(no_ui));
}
