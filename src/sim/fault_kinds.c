/* fault_kinds.c: the table of faults that have names. */
#include "sim/fault_kinds.h"

#define REDUCE "Please reduce the amount of data you're asking for, then retry your request"
#define HTML                                                                                       \
    "<html><head><title>Error</title></head><body>Sorry, something went wrong.</body></html>\n"
#define CAPPED                                                                                     \
    "{\"0\":[{\"type\":\"ads_insights\",\"call_count\":100,\"total_cputime\":40,"                  \
    "\"total_time\":52.5,\"estimated_time_to_regain_access\":7,"                                   \
    "\"ads_api_access_tier\":\"development_access\"}]}"
#define LOOP                                                                                       \
    "{\"data\":[],\"paging\":{\"cursors\":{\"before\":\"MAZDZD\",\"after\":\"MAZDZD\"},"           \
    "\"next\":\"http://127.0.0.1/graph/again?after=MAZDZD\"}}"

const struct fault_kind fault_kinds[] = {
    {.name = "unknown",
     .status = 500,
     .code = 1,
     .subcode = 99,
     .text = "An unknown error occurred"},
    {.name = "reduce",                                                   .status = 500,                                                                                  .code = 1,                                                                                                                                                                                                 .text = REDUCE},
    {.name = "unavailable",
     .status = 503,
     .code = 2,
     .is_transient = true,
     .text = "Service temporarily unavailable"},
    {.name = "unavailable_sub",
     .status = 500,
     .code = 2,
     .subcode = 1504044,
     .text = "Service temporarily unavailable"},
    {.name = "bad_breakdown",
     .status = 400,
     .code = 2,
     .subcode = 1504041,
     .text = "This combination of breakdowns is not supported"},
    {.name = "capability",
     .status = 400,
     .code = 3,
     .text = "(#3) Application does not have the capability to make this API call."},
    {.name = "app_limit",
     .status = 400,
     .code = 4,
     .subcode = 1504022,
     .text = "(#4) Application request limit reached"},
    {.name = "permission",
     .status = 403,
     .code = 10,
     .text = "(#10) Application does not have permission for this action"},
    {.name = "account_limit",
     .status = 400,
     .code = 17,
     .subcode = 2446079,
     .text = "(#17) User request limit reached"},
    {.name = "page_limit",                                                                             .status = 400,                                                                                                     .code = 32,                                                                                                                                                                                                       .text = "(#32) Page request limit reached"},
    {.name = "invalid",                                                                  .status = 400,                                                                                                          .code = 100,                                                                                                                                                                                                                                             .text = "(#100) Invalid parameter"},
    {.name = "no_object",
     .status = 400,
     .code = 100,
     .subcode = 33,
     .text = "Unsupported get request. Object with ID '1' does not exist"},
    {.name = "too_much",
     .status = 400,
     .code = 100,
     .subcode = 1487534,
     .text = "(#100) Too many rows"},
    {.name = "timeout",
     .status = 400,
     .code = 100,
     .subcode = 1504018,
     .text = "(#100) Your request timed out"},
    {.name = "session",
     .status = 401,
     .code = 102,
     .text = "Session key invalid or no longer valid"},
    {.name = "signature",                                                                                     .status = 401,                                                                                                  .code = 104,                                                                                                                                                                                                                                          .text = "Incorrect signature"},
    {.name = "app_removed",
     .status = 400,
     .code = 190,
     .subcode = 458,
     .text = "Error validating access token: The user has not authorized application."},
    {.name = "checkpoint",
     .status = 400,
     .code = 190,
     .subcode = 459,
     .text = "Error validating access token: You cannot access the app till you log in."},
    {.name = "password",
     .status = 400,
     .code = 190,
     .subcode = 460,
     .text = "Error validating access token: The session has been invalidated because the user "
             "changed their password."},
    {.name = "expired",
     .status = 400,
     .code = 190,
     .subcode = 463,
     .text =
         "Error validating access token: Session has expired on Tuesday, 03-Feb-26 10:00:00 PST."},
    {.name = "unconfirmed",
     .status = 400,
     .code = 190,
     .subcode = 464,
     .text = "Error validating access token: Sessions for the user are not allowed because the "
             "user is not a confirmed user."},
    {.name = "logged_out",
     .status = 400,
     .code = 190,
     .subcode = 467,
     .text = "Error validating access token: This may be because the user logged out."},
    {.name = "not_granted",
     .status = 403,
     .code = 200,
     .text = "(#200) Ad account owner has NOT grant ads_management or ads_read permission"},
    {.name = "some_limit",
     .status = 400,
     .code = 341,
     .text = "(#341) Feed action request limit reached"},
    {.name = "blocked",
     .status = 400,
     .code = 368,
     .text = "(#368) The action attempted has been deemed abusive or is otherwise disallowed"},
    {.name = "duplicate",                                                                                     .status = 400,                                                                                                   .code = 506,                                                                                                                                                                                                                                          .text = "(#506) Duplicate status message"},
    {.name = "custom_limit",
     .status = 400,
     .code = 613,
     .subcode = 1487742,
     .text = "(#613) Calls to this api have exceeded the rate limit."},
    {.name = "batch_timeout",
     .status = 500,
     .code = 960,
     .text = "Request aborted. This could happen if a dependent request failed or the entire "
             "request timed out."},
    {.name = "version",
     .status = 400,
     .code = 2635,
     .text = "(#2635) You are calling a deprecated version of the Ads API. Please upgrade to the "
             "latest version: v26.0."},
    {.name = "insights_limit",
     .status = 400,
     .code = 80000,
     .subcode = 2446079,
     .text =
         "(#80000) There have been too many calls from this ad-account. Wait a bit and try again."},
    {.name = "ads_limit",
     .status = 400,
     .code = 80004,
     .subcode = 2446079,
     .text =
         "(#80004) There have been too many calls to this ad-account. Wait a bit and try again."},
    {.name = "slow",
     .status = 500,
     .code = 2,
     .subcode = 1504018,
     .text = "(#2) Your request timed out"},
    {.name = "too_old",
     .status = 400,
     .code = 100,
     .subcode = 3018,
     .text = "(#3018) The start date of the time range cannot be beyond 37 months from the current "
             "date"},
    {.name = "invalid_session",
     .status = 400,
     .code = 190,
     .subcode = 492,
     .text = "Error validating access token: Session does not match current stored session."},
    {.name = "custom_limit_too",
     .status = 400,
     .code = 613,
     .subcode = 1996,
     .text = "(#613) We have detected an inconsistent API request volume."},
    {.name = "leads_limit",
     .status = 400,
     .code = 80005,
     .text = "(#80005) There have been too many leadgen api calls to this page account."},
    {.name = "pages_limit",
     .status = 400,
     .code = 80001,
     .text = "(#80001) There have been too many calls to this Page account."},
    {.name = "not_confirmed",                                                                    .status = 200,                                                       .text = "{\"success\":false}"                                                                                                                                                                                    },
    {.name = "report_failed",
     .status = 500,
     .code = -2,
     .subcode = 2490547,
     .text = "The report failed"},
    {.name = "ok_with_error",
     .status = 200,
     .code = 17,
     .subcode = 2446079,
     .text = "(#17) User request limit reached"},
    {.name = "html",                                                                                     .status = 502,                                                                                             .mime = "text/html",                                                                                                                                                                                                                                          .text = HTML},
    {.name = "ok_html",                                                                    .status = 200,                          .mime = "text/html",                                                                                                                                                        .text = HTML},
    {.name = "empty",                                                                         .status = 200,                                                                                                          .text = ""                                                                                                                                                                                                                                    },
    {.name = "half",                                                                                     .status = 200,                                                                                                       .text = "{\"data\":[{\"spend\":\"14."                                                                                                                                                                                                                                         },
    {.name = "wrong_types",                                                                    .status = 200,                                                                                  .text = "{\"data\":{\"spend\":[1]},\"paging\":7}"                                                                                                                                                                                                               },
    {.name = "wrong_row",
     .status = 200,
     .text = "{\"data\":[{\"id\":{},\"ad_id\":[],\"spend\":{\"a\":1},\"date_start\":5}]}"                                                                                                                                                                                                                                       },
    {.name = "loop",                                                                                     .status = 200,                                                                                            .text = LOOP                                                                                                                                                                                                                                         },
    {.name = "redirect",
     .status = 302,
     .header = "Location",
     .value = "http://127.0.0.1:1/elsewhere",
     .text = "{}"},
    {.name = "full_window",                                                                         .header = "x-business-use-case-usage",                                                                                                            .value = CAPPED                                                                                                                                                                                                                                       },
    {.name = "ending_version",
     .header = "X-Ad-Api-Version-Warning",
     .value = "The call has been auto-upgraded to v26.0 as v25.0 will be deprecated."                                                                                                                                                                                                                                         },
};
const size_t fault_nkinds = COUNT(fault_kinds);

const struct fault_kind *fault_kind(struct str name)
{
    for (size_t i = 0; i < COUNT(fault_kinds); i++)
        if (str_eq(str_of(fault_kinds[i].name), name))
            return &fault_kinds[i];
    for (size_t i = 0; i < amo_fault_nkinds; i++)
        if (str_eq(str_of(amo_fault_kinds[i].name), name))
            return &amo_fault_kinds[i];
    return NULL;
}

struct str fault_kind_body(struct arena *a, const struct fault_kind *k)
{
    struct str sub = S(""), transient = S("");

    if (!k->code)
        return str_of(k->text);
    if (k->subcode)
        sub = arena_fmt(a, "\"error_subcode\":%d,", k->subcode);
    if (k->is_transient)
        transient = S("\"is_transient\":true,");
    return arena_fmt(a,
                     "{\"error\":{\"message\":\"%s\",\"type\":\"OAuthException\",\"code\":%d,"
                     "%.*s%.*s\"fbtrace_id\":\"AFault%dx\"}}",
                     k->text, k->code, STR_FMT(sub), STR_FMT(transient), k->code);
}

static void write_value(struct json_out *out, struct arena *a, const struct json_in *v)
{
    struct json_iter it = json_iter(v);
    const struct json_in *item;
    struct str text;
    bool yes = false;

    switch (json_type(v)) {
    case JSON_OBJ:
        json_obj(out);
        while ((item = json_next(&it, &text))) {
            json_key(out, str_z(a, text));
            write_value(out, a, item);
        }
        json_end(out);
        return;
    case JSON_ARR:
        json_arr(out);
        while ((item = json_next(&it, NULL)))
            write_value(out, a, item);
        json_end(out);
        return;
    case JSON_STR:
        json_as_str(v, &text);
        json_str(out, text);
        return;
    case JSON_NUM:
        if (json_as_text(v, a, &text))
            json_raw(out, text);
        else
            json_null(out);
        return;
    case JSON_BOOL:
        json_as_bool(v, &yes);
        json_bool(out, yes);
        return;
    case JSON_NULL:
    case JSON_NONE:
        break;
    }
    json_null(out);
}

enum err fault_body_text(struct ctx *cx, const struct json_in *value, struct str *out)
{
    struct json_out *j = json_out_new(cx, 512);

    write_value(j, cx->arena, value);
    return json_finish(j, out);
}
