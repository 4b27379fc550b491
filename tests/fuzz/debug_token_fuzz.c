/* Any bytes as what is said about a token, or about a report run: read or refused. */
#include "fuzz.h"

#include "vendors/meta_auth.h"
#include "vendors/meta_reports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    const struct json_in *root = NULL;
    struct meta_token token;
    struct meta_report run;

    if (json_parse(&cx, fuzz_text(data, size), &root) == OK) {
        if (meta_token_read(&cx, root, &token) == OK) {
            must(!token.expires_at.known || token.expires_at.v > 0);
            must(str_is_utf8(token.why) && token.why.len <= 200);
            must(meta_scopes_missing(cx.arena, &token, S("ads_read")).len <= 8);
        }
        ctx_forgive(&cx);
        if (meta_report_read(&cx, root, &run) == OK) {
            must(run.percent >= 0 && run.percent <= 100);
            must((run.state == META_REPORT_FAILED) == (run.class != META_OK));
            must(run.state != META_REPORT_DONE || run.percent == 100);
        }
    }
    return fuzz_end(&cx);
}
