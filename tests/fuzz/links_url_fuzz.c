/* Any bytes as the target of a short link, and as what a visitor brings along: refused, or an
 * address that stays on its host whatever is put on it. */
#include "fuzz.h"

#include "links/links_url.h"

#include <string.h>

static void check_out(struct arena *a, const struct link_url *url, struct str out)
{
    struct link_url again;
    struct str front = arena_fmt(a, "https://%.*s/", STR_FMT(url->host));

    must(str_starts(out, front));
    for (size_t i = 0; i < out.len; i++)
        must(out.ptr[i] > ' ' && out.ptr[i] < 127 && out.ptr[i] != '\\');
    must(!memchr(out.ptr, '@', out.len));
    if (out.len <= LINK_URL_MOST && !link_url_parse(a, out, &again))
        must(str_eq(again.host, url->host) && str_eq(again.path, url->path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct str rest = fuzz_text(data, size), target = {0}, tag = {0};
    struct link_url url;

    str_cut(&rest, '\n', &target);
    if (size && !link_url_parse(cx.arena, target, &url)) {
        struct link_tags tags = {0};
        struct link_warning warnings[LINK_MOST_WARNINGS];
        struct str query = rest;
        must(link_host_is_name(url.host));
        check_out(cx.arena, &url, link_url_text(cx.arena, &url));
        str_cut(&query, '\n', &tag);
        tags.at[TAG_SOURCE] = tag;
        must(link_tag_warnings(&tags, warnings) <= LINK_MOST_WARNINGS);
        for (int m = MERGE_KEEP; m <= MERGE_REPLACE; m++)
            check_out(cx.arena, &url,
                      link_url_tagged(cx.arena, &url, &tags,
                                      &(struct link_visit){(enum link_merge)m, query}));
    }
    return fuzz_end(&cx);
}
