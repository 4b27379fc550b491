/* Any bytes as the body of a webhook, or as a lead: read or refused; whatever comes out is sound.
 */
#include "fuzz.h"

#include "vendors/meta_leads.h"

static void check_hook(const struct meta_hook *h)
{
    must(h->kind == META_HOOK_LEAD || h->kind == META_HOOK_MESSAGE || h->kind == META_HOOK_OTHER);
    must(h->kind != META_HOOK_LEAD || str_is_id(h->id));
    must(h->kind != META_HOOK_MESSAGE || (h->id.len > 0 && h->from.len > 0));
    must(!h->at.known || h->at.v > 0);
    must(str_is_utf8(h->text) && str_is_utf8(h->name) && str_is_utf8(h->ad_id));
}

static void read_lead(struct ctx *cx, struct str text)
{
    const struct json_in *root = NULL;
    struct meta_lead lead;

    if (json_parse(cx, text, &root) == OK && meta_lead_read(cx, root, &lead) == OK) {
        must(str_is_id(lead.id));
        must(str_is_utf8(lead.full_name) && str_is_utf8(lead.phone));
        for (size_t i = 0; i < lead.nanswers; i++)
            must(str_is_utf8(lead.answers[i].value));
    }
    ctx_forgive(cx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    const struct meta_hook *hooks;
    size_t n;

    if (meta_hooks_read(&cx, fuzz_text(data, size), &hooks, &n) == OK) {
        for (size_t i = 0; i < n; i++)
            check_hook(&hooks[i]);
    } else {
        must(n == 0 && cx.why[0]);
    }
    ctx_forgive(&cx);
    read_lead(&cx, fuzz_text(data, size));
    return fuzz_end(&cx);
}
