/* leads_accept.c: from what a site or another system sent to leads, touches and stages. */
#include "base/calendar.h"
#include "base/crypto.h"
#include "leads/leads.sql.h"
#include "leads/leads_inside.h"

#include <string.h>

enum { SHORT_HASH = 16, LONGEST_TYPE = 100, LONGEST_STAGE = 64, MOST_TOLD = 100 };
static const char *const parser_name = "lead/1";

/* ---- what a site's event is ---- */

struct str lead_content_type(struct arena *a, struct str said, int64_t site_id)
{
    struct str rest = said, type = {0};

    if (!str_cut(&rest, ';', &type) || type.len > LONGEST_TYPE)
        type = S("application/octet-stream");
    return arena_fmt(a, "%.*s; site=%lld", STR_FMT(str_trim(type)), (long long)site_id);
}

int64_t lead_site_of(struct str content_type)
{
    struct str rest = content_type, part, name = S("site=");
    int64_t id = 0;

    while (str_cut(&rest, ';', &part)) {
        part = str_trim(part);
        if (str_starts(part, name) &&
            !str_to_int((struct str){part.ptr + name.len, part.len - name.len}, &id))
            id = 0;
    }
    return id;
}

static struct str short_hash(struct arena *a, struct str text)
{
    unsigned char hash[CRYPTO_HASH];

    hash_blake2b((struct str){0}, text, hash);
    return hex_text(a, (struct str){(const char *)hash, SHORT_HASH});
}

struct str lead_own_key(struct arena *a, int64_t site_id, struct str id, struct str body,
                        struct str day)
{
    if (id.len)
        return arena_fmt(a, "%lld/%.*s", (long long)site_id, STR_FMT(id));
    return arena_fmt(a, "%lld/%.*s/%.*s", (long long)site_id, STR_FMT(short_hash(a, body)),
                     STR_FMT(day));
}

static struct str first_tail(struct arena *a, const struct lead_said *said)
{
    struct str tail = {0};

    for (size_t i = 0; i < said->nphones && !tail.len; i++)
        tail = lead_phone_tail(a, said->phones[i]);
    return tail;
}

bool lead_is_somebody(struct arena *a, const struct lead_said *said)
{
    bool is_known = said->name.len > 0 || first_tail(a, said).len > 0;

    for (size_t i = 0; i < said->nemails && !is_known; i++)
        is_known = email_normal(a, said->emails[i]).len > 0;
    return is_known;
}

/* ---- leads ---- */

struct heard { /* one of the events about a lead */
    int64_t id, received_at;
    int64_t at; /* when it happened, as far as this one knows */
    bool has_time;
    struct lead_said said;
};
struct heard_list {
    struct heard *at;
    size_t n, cap;
};
struct taking { /* one event of source "lead" or "event" */
    struct tx *tx;
    struct app *app;
    const struct inbox_event *event;
    struct lead_said said;
    int64_t site_id, at, id;
    struct str key; /* the lead's external id, or the stage's key */
};

static bool utm_is_said(const struct utm *u)
{
    return u->source.len || u->medium.len || u->campaign.len || u->content.len || u->term.len;
}

static size_t click_of(const struct lead_visit *v)
{
    size_t i = 0;

    while (i < LEAD_CLICKS && !v->clicks[i].len)
        i++;
    return i;
}

static bool is_visit(const struct lead_visit *v)
{
    return utm_is_said(&v->utm) || click_of(v) < LEAD_CLICKS || v->referrer.len || v->landing.len;
}

static enum err put_touch(struct taking *t, const struct heard *h, bool is_first)
{
    const struct lead_visit *v = is_first ? &h->said.first : &h->said.last;
    size_t click = click_of(v);
    int64_t at = h->at, said;
    bool has_click = click < LEAD_CLICKS;

    if (v->at.len && lead_time(t->app->zone, v->at, &said) && said < at)
        at = said;
    return lead_touch_put(
        t->tx, t->id,
        &(struct lead_touch){.is_first = is_first,
                             .at = at,
                             .utm = v->utm,
                             .click_kind = has_click ? str_of(lead_click_kinds[click]) : S(""),
                             .click_id = has_click ? v->clicks[click] : S(""),
                             .referrer = v->referrer,
                             .landing = v->landing});
}

/* A page's clock is anybody's; when we heard of it is ours. */
static bool said_time(const struct taking *t, const struct lead_said *said, int64_t *at)
{
    return !t->site_id && said->at.len && lead_time(t->app->zone, said->at, at);
}

static void hear(struct taking *t, struct heard_list *list, const struct heard *h)
{
    struct heard *now = vec_add(tx_ctx(t->tx)->arena, list);

    *now = *h;
    now->at = h->received_at;
    now->has_time = said_time(t, &h->said, &now->at);
}

/* All that was told of the lead, this event in its place among the others: newest first. */
static enum err hear_all(struct taking *t, struct heard_list *out)
{
    enum err err;
    struct rows *rows = NULL;
    struct ctx quiet = *tx_ctx(t->tx);
    const struct inbox_event *e = t->event;
    struct heard own = {.id = e->id, .received_at = e->received_at, .said = t->said}, other;

    TRY(db_query(t->tx, &q_leads_other_events,
                 ARGS(a_str("subject", t->key), a_int("id", e->id), a_int("limit", MOST_TOLD)),
                 &rows));
    while (rows_next(rows)) {
        other =
            (struct heard){.id = col_int(rows, "id"), .received_at = col_int(rows, "received_at")};
        if (lead_read(&quiet, col_str(rows, "content_type"), col_str(rows, "body"), &other.said))
            continue;
        if (own.id && (other.received_at < own.received_at ||
                       (other.received_at == own.received_at && other.id < own.id))) {
            hear(t, out, &own);
            own.id = 0;
        }
        hear(t, out, &other);
    }
    TRY(rows_end(&rows));
    if (own.id || !out->n)
        hear(t, out, &own);
out:
    rows_drop(&rows);
    return err;
}

static void keep(struct str *to, struct str said)
{
    if (!to->len)
        *to = said;
}

/* Of each thing what was said last; without a time of its own, which is told, it happened when it
 * was first heard of. */
static bool fold(struct taking *t, const struct heard_list *told, struct lead_new *lead)
{
    struct arena *a = tx_ctx(t->tx)->arena;
    bool has_time = false;

    for (size_t i = 0; i < told->n; i++) {
        const struct heard *h = &told->at[i];
        const struct lead_said *s = &h->said;
        if (!has_time && (h->has_time || !lead->created_at || h->at < lead->created_at))
            lead->created_at = h->at;
        has_time = has_time || h->has_time;
        if (!utm_is_said(&lead->utm))
            lead->utm = utm_is_said(&s->last.utm) ? s->last.utm : s->first.utm;
        keep(&lead->ad_external_id, s->ad_id);
        keep(&lead->campaign_external_id, s->campaign_id);
        keep(&lead->form_id, s->form_id);
        keep(&lead->name, s->name);
        keep(&lead->phone_tail, first_tail(a, s));
    }
    return has_time;
}

static enum err put_touches(struct taking *t, const struct heard_list *told)
{
    enum err err = OK;
    bool has_first = false, has_last = false;

    for (size_t i = 0; i < told->n; i++) {
        const struct heard *h = &told->at[i];
        if (!has_first && is_visit(&h->said.first)) {
            has_first = true;
            TRY(put_touch(t, h, true));
        }
        if (!has_last && is_visit(&h->said.last)) {
            has_last = true;
            TRY(put_touch(t, h, false));
        }
    }
out:
    return err;
}

/* What is no longer in the inbox was heard before what is: it lends what nobody has said since. */
static enum err put_lead(struct taking *t)
{
    enum err err;
    struct heard_list told = {0};
    struct lead_known known;
    struct lead_new lead = {.source_kind = t->site_id ? S("landing") : S("import"),
                            .external_id = t->key,
                            .site_id = t->site_id};

    TRY(lead_find(t->tx, lead.source_kind, t->key, &known));
    TRY(hear_all(t, &told));
    t->id = known.id;
    if (known.learned_at > told.at[0].received_at ||
        (known.learned_at == told.at[0].received_at && known.inbox_id > told.at[0].id))
        goto out;
    if (!fold(t, &told, &lead) && known.id && known.created_at < lead.created_at)
        lead.created_at = known.created_at;
    if (!utm_is_said(&lead.utm))
        lead.utm = known.utm;
    lead.day = day_at(tx_ctx(t->tx)->arena, t->app->zone, lead.created_at);
    lead.learned_at = told.at[0].received_at;
    lead.inbox_id = told.at[0].id;
    TRY(lead_put(t->tx, &lead, &t->id));
    TRY(put_touches(t, &told));
out:
    return err;
}

/* A page's key can be read by anybody, so a page says nothing about deals and lead ads. */
static enum err identify(struct taking *t)
{
    const struct lead_said *s = &t->said;
    struct str own = arena_fmt(tx_ctx(t->tx)->arena, "site %.*s", STR_FMT(t->key));
    struct lead_keys keys = {.phones = s->phones,
                             .nphones = s->nphones,
                             .emails = s->emails,
                             .nemails = s->nemails,
                             .external = &own,
                             .nexternal = t->site_id && s->id.len ? 1 : 0};

    keys.fbclid = s->last.clicks[0].len ? s->last.clicks[0] : s->first.clicks[0];
    keys.ctwa_clid = s->last.clicks[1].len ? s->last.clicks[1] : s->first.clicks[1];
    if (!t->site_id) {
        keys.leadgen_id = s->leadgen_id;
        keys.deal_id = s->deal_id;
    }
    return lead_identify(t->tx, t->app, t->id, &keys);
}

static enum err begin(struct taking *t)
{
    enum err err;
    const struct inbox_event *e = t->event;

    t->site_id = lead_site_of(e->content_type);
    t->at = e->received_at;
    TRY(lead_read(tx_ctx(t->tx), e->content_type, e->body, &t->said));
out:
    return err;
}

enum err leads_accept_form(struct tx *tx, struct app *app, const struct inbox_event *e,
                           struct inbox_result *out, struct lead_refs *touched)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    struct taking t = {.tx = tx, .app = app, .event = e};
    const char *day;

    out->parser = parser_name;
    TRY(begin(&t));
    if (!lead_is_somebody(a, &t.said) && (t.site_id || !t.said.id.len))
        return tx_fail(tx, ERR_INPUT, "neither a phone, an e-mail nor a name is in it");
    day = t.site_id ? str_z(a, day_at(a, app->zone, e->received_at)) : "";
    t.key = lead_own_key(a, t.site_id, t.said.id, e->body, str_of(day));
    TRY(put_lead(&t));
    TRY(identify(&t));
    *vec_add(a, touched) = t.id;
    out->outcome = S("lead");
    out->subject = t.key;
out:
    return err;
}

/* ---- stages ---- */

static void stage_keys(struct taking *t, struct identity_keys *out)
{
    struct arena *a = tx_ctx(t->tx)->arena;
    const struct lead_said *s = &t->said;
    struct str own = arena_fmt(a, "site %lld/%.*s", (long long)t->site_id, STR_FMT(s->id));

    identity_keys_of(a, t->app,
                     &(struct lead_keys){.phones = s->phones,
                                         .nphones = s->nphones,
                                         .emails = s->emails,
                                         .nemails = s->nemails,
                                         .external = &own,
                                         .nexternal = s->id.len ? 1 : 0,
                                         .leadgen_id = s->leadgen_id,
                                         .deal_id = s->deal_id},
                     out);
}

/* Without an id of its own an event is what it says: who, what and when. */
static struct str stage_key(struct taking *t, const struct identity_keys *keys, bool has_time)
{
    struct arena *a = tx_ctx(t->tx)->arena;
    struct str day = day_at(a, t->app->zone, t->at), said = t->said.stage;

    if (t->said.event_id.len)
        return lead_own_key(a, t->site_id, t->said.event_id, S(""), day);
    if (has_time)
        said = arena_fmt(a, "%.*s|%lld", STR_FMT(said), (long long)t->at);
    for (size_t i = 0; i < keys->n; i++)
        said = arena_fmt(a, "%.*s|%.*s", STR_FMT(said), STR_FMT(hex_text(a, keys->at[i].hash)));
    return lead_own_key(a, t->site_id, S(""), said, day);
}

static enum err put_stage(struct taking *t, const struct identity_keys *keys,
                          struct lead_refs *touched)
{
    enum err err;
    struct arena *a = tx_ctx(t->tx)->arena;
    int64_t lead = 0;

    TRY(db_get_int(t->tx, &q_leads_stage_put,
                   ARGS(a_str("stage", t->said.stage), a_int("at", t->at),
                        a_str("day", day_at(a, t->app->zone, t->at)),
                        a_int("learned_at", t->event->received_at), a_str("event_key", t->key),
                        a_id("inbox_id", t->event->id)),
                   &t->id, NULL));
    TRY(person_join(t->tx, t->app, &(struct identity_subject){"stage", t->id}, keys));
    TRY(db_get_int(t->tx, &q_leads_of_stage, ARGS(a_int("id", t->id)), &lead, NULL));
    if (lead)
        *vec_add(a, touched) = lead;
out:
    return err;
}

enum err leads_accept_event(struct tx *tx, struct app *app, const struct inbox_event *e,
                            struct inbox_result *out, struct lead_refs *touched)
{
    enum err err;
    struct taking t = {.tx = tx, .app = app, .event = e};
    struct identity_keys keys = {0};
    bool has_time;

    out->parser = "event/1";
    TRY(begin(&t));
    if (!t.said.stage.len || t.said.stage.len > LONGEST_STAGE)
        return tx_fail(tx, ERR_INPUT, "it does not say which stage was reached");
    stage_keys(&t, &keys);
    if (!keys.n)
        return tx_fail(tx, ERR_INPUT, "it does not say whose stage it is");
    has_time = t.said.at.len && lead_time(app->zone, t.said.at, &t.at);
    t.key = stage_key(&t, &keys, has_time);
    TRY(put_stage(&t, &keys, touched));
    out->outcome = touched->n ? S("stage") : S("stage of nobody yet");
    out->subject = t.key;
out:
    return err;
}

/* ---- rows of files ---- */

static bool is_named_before(const struct lead_row *row, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(row->names[k], row->names[i]) && row->values[k].len)
            return true;
    return false;
}

enum err leads_import(struct ctx *cx, const struct lead_row *row, struct inbox_new *out)
{
    enum err err;
    struct json_out *j = json_out_new(cx, 512);
    struct lead_said said;
    struct str body;

    json_obj(j);
    for (size_t i = 0; i < row->n; i++) {
        if (!row->values[i].len || !row->names[i].len || is_named_before(row, i))
            continue;
        json_key(j, str_z(cx->arena, row->names[i]));
        json_str(j, row->values[i]);
    }
    json_end(j);
    TRY(json_finish(j, &body));
    TRY(lead_read(cx, S("application/json"), body, &said));
    if (!lead_is_somebody(cx->arena, &said) && !said.id.len)
        return fail(cx, ERR_INPUT, "neither a phone, an e-mail, a name nor an id is in the row");
    *out = (struct inbox_new){.source = S("lead"),
                              .dedupe_key = short_hash(cx->arena, body),
                              .content_type = S("application/json"),
                              .body = body};
out:
    return err;
}
