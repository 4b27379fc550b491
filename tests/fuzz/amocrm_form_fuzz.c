/* Any bytes as webhook body: read as a form or as JSON, or refused; whatever comes out is sound. */
#include "fuzz.h"

#include "vendors/amocrm.h"

static void check_event(const struct ctx *cx, const struct amo_event *e)
{
    must(str_is_id(e->deal_id));
    must(!e->status_id.len || str_is_id(e->status_id));
    must(!e->account_id.len || str_is_id(e->account_id));
    must(e->subdomain.len <= 63);
    must(str_is_utf8(e->name) && str_is_utf8(e->tracking.source));
    must(!e->price_micros.known || e->price_micros.v >= 0);
    must(!e->updated_at.known || e->updated_at.v > 0);
    for (size_t i = 0; i < e->ntags; i++)
        must(e->tags[i].len > 0);
    must(amo_event_key(cx->arena, e).len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    struct amo_body body = {
        .bytes = {(const char *)data, size}
    };
    struct amo_hook hook;

    if (amo_hook_read(&cx, &body, &hook) == OK) {
        must(hook.nevents <= AMO_MAX_PAIRS);
        for (size_t i = 0; i < hook.nevents; i++) {
            check_event(&cx, &hook.events[i]);
            must(!i || hook.events[i - 1].action <= hook.events[i].action);
        }
    } else {
        must(cx.err == ERR_INPUT && cx.why[0]);
    }
    return fuzz_end(&cx);
}
