/* amocrm_rest_rows_test.c: rows of amoCRM's REST API, as documented and as they should not be. */
#include "fake_vendor.h"
#include "test.h"
#include "vendors/amocrm_rest_inside.h"

#include <string.h>

static const struct json_in *kept(struct ctx *cx, const char *name)
{
    const struct json_in *root = NULL;

    check_ok(json_parse(cx, vendor_reply(cx->arena, name), &root));
    return root;
}

static const struct json_in *row_of(struct ctx *cx, const char *name, const char *rows, size_t i)
{
    const struct json_in *row = json_at(json_get(json_get(kept(cx, name), "_embedded"), rows), i);

    check(row != NULL);
    return row;
}

static const struct json_in *parsed(struct ctx *cx, const char *text)
{
    const struct json_in *root = NULL;

    check_ok(json_parse(cx, str_of(text), &root));
    return root;
}

TEST(a_deal_is_read_with_its_tags_and_its_main_contact_first)
{
    struct amo_deal d;

    check_ok(
        amo_rest_lead_read(cx, row_of(cx, "amocrm_rest/leads_page.json", "leads", 0), NULL, &d));
    check_str(S("10701093"), d.id);
    check_str(S("Заявка с сайта"), d.name);
    check_str(S("142"), d.status_id);
    check_str(S("9217056"), d.pipeline_id);
    check_str(S("2079676"), d.responsible_user_id);
    check_str(S("17769199"), d.account_id);
    check(d.price_micros.known && d.price_micros.v == 22500000000);
    check(d.closed_at.known && d.closed_at.v == 1539782664000);
    check_int(1539782209000, d.created_at.v);
    check_int(1539782664000, d.updated_at.v);
    check_str(S("facebook"), d.tracking.source);
    check_str(S(""), d.tracking.medium);
    check(!d.is_deleted && !d.prepaid_micros.known && !d.loss_reason_id.len);
    check_int(2, d.ncontact_ids);
    check_str(S("3"), d.contact_ids[0]);
    check_str(S("7"), d.contact_ids[1]);
    check_int(1, d.ntags);
    check_str(S("tilda"), d.tags[0]);
}

TEST(a_deal_may_have_no_custom_fields_at_all)
{
    struct amo_deal d;

    check_ok(amo_rest_lead_read(cx, kept(cx, "amocrm_rest/lead_without_fields.json"), NULL, &d));
    check_str(S(""), d.tracking.source);
    check_str(S("4203748"), d.loss_reason_id);
    check_str(S("Пропала потребность"), d.loss_reason);
    check_int(0, d.ncontact_ids);
    check(d.price_micros.known && d.price_micros.v == 0);
}

TEST(kopecks_are_kept_and_an_admins_map_names_fields)
{
    static const struct amo_field fields[] = {
        {S("1"), S("UTM_SOURCE")  },
        {S("2"), S("UTM_CAMPAIGN")},
        {S("4"), S("PREPAID")     }
    };
    struct amo_field_map map = {fields, COUNT(fields)};
    struct amo_deal d;

    check_ok(amo_rest_lead_read(cx, kept(cx, "amocrm_rest/lead_with_kopecks.json"), &map, &d));
    check_int(100500000, d.price_micros.v);
    check_str(S("kenesaryfb"), d.tracking.source);
    check_str(S("120200000000000001"), d.tracking.campaign); /* a code beats names and maps */
    check(d.prepaid_micros.known && d.prepaid_micros.v == 10000500000);
    check(!d.closed_at.known);
}

TEST(a_hook_and_rest_tell_the_same_of_a_deal)
{
    static const struct amo_field fields[] = {
        {S("4"), S("PREPAID")}
    };
    struct amo_body body = {.bytes =
                                S("leads[update][0][id]=10701095&leads[update][0][price]=100"
                                  "&leads[update][0][price_with_minor_units]=100.5"
                                  "&leads[update][0][custom_fields][0][id]=4"
                                  "&leads[update][0][custom_fields][0][name]=x"
                                  "&leads[update][0][custom_fields][0][values][0][value]=10000.50"),
                            .fields = fields,
                            .nfields = 1};
    struct amo_field_map map = {fields, 1};
    struct amo_hook hook;
    struct amo_deal d;

    check_ok(amo_hook_read(cx, &body, &hook));
    check_ok(amo_rest_lead_read(cx, kept(cx, "amocrm_rest/lead_with_kopecks.json"), &map, &d));
    check_int(1, hook.nevents);
    check_int(d.price_micros.v, hook.events[0].price_micros.v);
    check_int(d.prepaid_micros.v, hook.events[0].prepaid_micros.v);
}

TEST(a_row_is_kept_as_text_and_read_again)
{
    struct amo_deal before, after;
    const struct json_in *row = kept(cx, "amocrm_rest/lead_with_kopecks.json"), *again = NULL;
    struct str text;

    check_ok(amo_row_text(cx, row, &text));
    check_holds(S("\"price_with_minor_units\":100.5,"), text);
    check_ok(json_parse(cx, text, &again));
    check_ok(amo_rest_lead_read(cx, row, NULL, &before));
    check_ok(amo_rest_lead_read(cx, again, NULL, &after));
    check_str(before.name, after.name);
    check_int(before.price_micros.v, after.price_micros.v);
    check_str(before.tracking.campaign, after.tracking.campaign);
}

TEST(a_price_that_makes_no_sense_is_unknown)
{
    struct amo_deal d;

    check_ok(amo_rest_lead_read(cx, parsed(cx, "{\"id\":1,\"price\":-5}"), NULL, &d));
    check(!d.price_micros.known);
    check_ok(amo_rest_lead_read(cx, parsed(cx, "{\"id\":1,\"price\":null}"), NULL, &d));
    check(!d.price_micros.known);
    check_ok(amo_rest_lead_read(cx, parsed(cx, "{\"id\":1,\"price\":{}}"), NULL, &d));
    check(!d.price_micros.known);
    check_ok(amo_rest_lead_read(cx, parsed(cx, "{\"id\":\"1\",\"price\":\"12.34\"}"), NULL, &d));
    check_int(12340000, d.price_micros.v);
}

TEST(wrong_types_are_refused_and_named)
{
    static const char *const wrong[] = {
        "{}",
        "[]",
        "{\"id\":null}",
        "{\"id\":\"x\"}",
        "{\"id\":1.5}",
        "{\"id\":1,\"status_id\":{}}",
        "{\"id\":1,\"name\":[]}",
        "{\"id\":1,\"updated_at\":\"yesterday\"}",
        "{\"id\":1,\"is_deleted\":1}",
        "{\"id\":1,\"custom_fields_values\":{}}",
        "{\"id\":1,\"custom_fields_values\":[{\"field_id\":[]}]}",
        "{\"id\":1,\"custom_fields_values\":[{\"values\":7}]}",
        "{\"id\":1,\"_embedded\":{\"contacts\":[{\"is_main\":true}]}}",
        "{\"id\":1,\"_embedded\":{\"tags\":{}}}",
    };
    struct amo_deal d;

    for (size_t i = 0; i < COUNT(wrong); i++) {
        check_err(amo_rest_lead_read(cx, parsed(cx, wrong[i]), NULL, &d), ERR_UPSTREAM);
        check(cx->why[0]);
        ctx_forgive(cx);
    }
}

TEST(odd_shapes_that_do_no_harm_are_read)
{
    struct amo_deal d;

    check_ok(amo_rest_lead_read(
        cx,
        parsed(cx, "{\"id\":1,\"updated_at\":0,\"closed_at\":99999999999,\"_embedded\":[],"
                   "\"custom_fields_values\":[{\"field_code\":\"UTM_SOURCE\",\"values\":null},"
                   "{\"field_code\":\"UTM_SOURCE\",\"values\":[]},"
                   "{\"field_code\":\"UTM_SOURCE\",\"values\":[{\"value\":{\"a\":1}}]},"
                   "{\"field_code\":\"UTM_SOURCE\",\"values\":[{\"value\":7}]},{}]}"),
        NULL, &d));
    check_str(S("7"), d.tracking.source);
    check(!d.updated_at.known && !d.closed_at.known);
}

TEST(a_contact_has_its_phones_and_addresses)
{
    struct amo_contact c;

    check_ok(amo_rest_contact_read(cx, kept(cx, "amocrm_rest/contact.json"), &c));
    check_str(S("3"), c.id);
    check_int(2, c.nphones);
    check_str(S("+7 (701) 123-45-67"), c.phones[0]);
    check_str(S("87771112233"), c.phones[1]);
    check_int(1, c.nemails);
    check_str(S("aigerim@example.kz"), c.emails[0]);
    check_ok(amo_rest_contact_read(cx, parsed(cx, "{\"id\":4,\"custom_fields_values\":null}"), &c));
    check(!c.nphones && !c.nemails && !c.name.len);
    check_err(amo_rest_contact_read(cx, parsed(cx, "{\"name\":\"x\"}"), &c), ERR_UPSTREAM);
}

TEST(pipelines_come_with_their_statuses)
{
    struct amo_pipeline p;

    check_ok(amo_pipeline_read(cx, row_of(cx, "amocrm_rest/pipelines.json", "pipelines", 0), &p));
    check_str(S("9217056"), p.id);
    check_str(S("Продажи"), p.name);
    check(p.is_main && !p.is_archive);
    check_int(4, p.nstatuses);
    check_str(S("142"), p.statuses[2].id);
    check_str(S("Успешно реализовано"), p.statuses[2].name);
    check_int(10000, p.statuses[2].sort);
}

TEST(a_hook_that_was_switched_off_or_hears_too_little_is_seen)
{
    struct amo_webhook w;

    check_ok(amo_webhook_read(cx, row_of(cx, "amocrm_rest/webhooks.json", "webhooks", 0), &w));
    check_str(S("https://host/hooks/amo/SECRET"), w.destination);
    check(w.is_disabled && !w.covers_deals);
    check_int(1575539157000, w.created_at);
    check_ok(amo_webhook_read(cx, row_of(cx, "amocrm_rest/webhooks.json", "webhooks", 1), &w));
    check(!w.is_disabled && w.covers_deals);
}

TEST(the_account_users_and_fields_are_read)
{
    struct amo_account a;
    struct amo_user u;
    struct amo_lead_field f;

    check_ok(amo_account_read(cx, kept(cx, "amocrm_rest/account.json"), &a));
    check_str(S("17769199"), a.id);
    check_str(S("example"), a.subdomain);
    check_str(S("KZT"), a.currency);
    check_ok(amo_user_read(cx, parsed(cx, "{\"id\":8000000,\"name\":\"Мадина\"}"), &u));
    check_str(S("8000000"), u.id);
    check_ok(amo_lead_field_read(cx,
                                 parsed(cx, "{\"id\":66341,\"name\":\"utm_source\",\"code\":"
                                            "\"UTM_SOURCE\",\"type\":\"tracking_data\"}"),
                                 &f));
    check_str(S("tracking_data"), f.kind);
    check_err(amo_account_read(cx, parsed(cx, "{\"name\":\"x\"}"), &a), ERR_UPSTREAM);
    ctx_forgive(cx);
    check_err(amo_user_read(cx, parsed(cx, "{\"id\":{}}"), &u), ERR_UPSTREAM);
    ctx_forgive(cx);
    check_err(amo_lead_field_read(cx, parsed(cx, "{\"id\":7,\"type\":[]}"), &f), ERR_UPSTREAM);
}

/* ---- addresses ---- */

static void check_host(struct ctx *cx, const char *text, const char *want)
{
    struct str host = {0};

    if (!want) {
        check(!amo_host_parse(cx->arena, str_of(text), &host));
        return;
    }
    check(amo_host_parse(cx->arena, str_of(text), &host));
    check_str(str_of(want), host);
}

TEST(an_address_of_an_account_is_told_from_others)
{
    check_host(cx, "https://Example.amocrm.ru/leads/list/", "example.amocrm.ru");
    check_host(cx, " example.kommo.com ", "example.kommo.com");
    check_host(cx, "Example", "example");
    check_host(cx, "example.amocrm.com", "example.amocrm.com");
    check_host(cx, "", NULL);
    check_host(cx, "http://example.amocrm.ru", NULL);
    check_host(cx, "evil.example", NULL);
    check_host(cx, "example.amocrm.ru.evil.example", NULL);
    check_host(cx, "a.b.amocrm.ru", NULL);
    check_host(cx, "example.amocrm.ru:8443", NULL);
    check_host(cx, "user@example.amocrm.ru", NULL);
    check_host(cx, "evilamocrm.ru", NULL);
    check_host(cx, "-x.amocrm.ru", NULL);
    check_str(S("example"), amo_host_subdomain(S("example.amocrm.ru")));
    check_str(S("example"), amo_host_subdomain(S("example")));
}

TEST(a_token_says_where_its_account_can_be_asked_for)
{
    check_str(S("api-a.amocrm.ru"),
              amo_token_api_domain(
                  cx, S("eyJ0eXAiOiJKV1QifQ.eyJhcGlfZG9tYWluIjoiYXBpLWEuYW1vY3JtLnJ1In0.c2VhbA")));
    /* {"api_domain":"evil.example"}, no JSON, no token at all */
    check_str(S(""),
              amo_token_api_domain(cx, S("e30.eyJhcGlfZG9tYWluIjoiZXZpbC5leGFtcGxlIn0.c2VhbA")));
    check_str(S(""), amo_token_api_domain(cx, S("e30.bm90IGpzb24.c2VhbA")));
    check_str(S(""), amo_token_api_domain(cx, S("opaque")));
    check_str(S(""), amo_token_api_domain(cx, S("")));
    check_int(OK, cx->err);
}

static void check_base(struct ctx *cx, const char *template, const char *host, const char *want)
{
    struct upstream setting = {.name = "amocrm", .base_url = template}, up;
    struct amo_api api = {.upstream = &setting, .host = str_of(host)};

    check_ok(amo_upstream(cx, &api, &up));
    check_str(str_of(want), str_of(up.base_url));
}

TEST(an_account_is_called_in_its_own_domain_or_at_the_fake)
{
    check_base(cx, "https://{subdomain}.amocrm.ru", "example", "https://example.amocrm.ru");
    check_base(cx, "https://{subdomain}.amocrm.ru", "example.amocrm.ru",
               "https://example.amocrm.ru");
    check_base(cx, "https://{subdomain}.amocrm.ru", "example.kommo.com",
               "https://example.kommo.com");
    check_base(cx, "http://127.0.0.1:9000/amo/{subdomain}", "example.kommo.com",
               "http://127.0.0.1:9000/amo/example");
    check_base(cx, "https://crm.example/", "example.amocrm.ru", "https://crm.example/");
}
