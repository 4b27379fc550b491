/* head.c: the header lines of a reply. */
#include "base/calendar.h"
#include "fetch/inside.h"

#include <stdio.h>
#include <string.h>

static struct str lower(struct arena *a, struct str s)
{
    char *text = arena_alloc(a, s.len + 1, 1);

    for (size_t i = 0; i < s.len; i++)
        text[i] = (char)(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? s.ptr[i] + 32 : s.ptr[i]);
    return (struct str){text, s.len};
}

/* "Wed, 21 Oct 2026 07:28:00 GMT" to UTC ms. */
static bool http_date(struct str text, int64_t *at_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char z[40], month[4], rest[4];
    int day, year, hour, minute, second;

    if (!text.len || text.len >= sizeof z)
        return false;
    memcpy(z, text.ptr, text.len);
    z[text.len] = 0;
    if (sscanf(z, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d %3s", &day, month, &year, &hour,
               &minute, &second, rest) != 7)
        return false;
    const char *m = strstr(months, month);
    if (!m || strlen(month) != 3 || (m - months) % 3 || strcmp(rest, "GMT") != 0)
        return false;
    struct date d = {year, (int)((m - months) / 3) + 1, day};
    if (year < 1970 || day < 1 || hour < 0 || minute < 0 || second < 0)
        return false;
    *at_ms = ((day_number(d) * 24 + hour) * 60 + minute) * 60000 + second * 1000LL;
    return true;
}

static int64_t retry_after(struct ctx *cx, struct str text)
{
    enum { LONGEST_S = 7 * 24 * 3600 };
    int64_t n, at;

    if (str_to_int(text, &n))
        return n <= 0 ? 0 : (n > LONGEST_S ? LONGEST_S : n) * 1000;
    if (!http_date(text, &at))
        return 0;
    n = at - now_ms(cx);
    return n <= 0 ? 0 : n > LONGEST_S * 1000LL ? LONGEST_S * 1000LL : n;
}

struct str reply_header(const struct reply *r, const char *lower_case_name)
{
    for (size_t i = 0; i < r->nheaders; i++)
        if (!strcmp(r->headers[i].name, lower_case_name))
            return r->headers[i].value;
    return (struct str){0};
}

void head_read(struct ctx *cx, struct str raw, struct reply *out)
{
    struct str rest = raw, line, name;
    VEC(struct pair) pairs = {0};

    while (str_cut(&rest, '\n', &line)) {
        struct str value = line;
        if (!memchr(line.ptr, ':', line.len) || !str_cut(&value, ':', &name))
            continue;
        struct pair *p = vec_add(cx->arena, &pairs);
        p->name = str_z(cx->arena, lower(cx->arena, str_trim(name)));
        p->value = arena_str(cx->arena, str_trim(value));
    }
    out->headers = pairs.at;
    out->nheaders = pairs.n;
    struct str type = reply_header(out, "content-type"), mime = {0};
    if (str_cut(&type, ';', &mime))
        out->mime = lower(cx->arena, str_trim(mime));
    out->retry_after_ms = retry_after(cx, reply_header(out, "retry-after"));
}
