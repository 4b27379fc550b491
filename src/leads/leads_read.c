/* leads_read.c: what a form says, whatever its fields are called: by hand, by a form builder, in
 * Russian, or as JSON. Pure; every value is a view or lies in the arena. */
#include "base/calendar.h"
#include "base/form.h"
#include "leads/leads_inside.h"

#include <string.h>

enum { MOST_PAIRS = 200, LONGEST_NAME = 64, LONGEST_VALUE = 1000 };

const char *const lead_click_kinds[LEAD_CLICKS] = {"fbclid", "ctwa_clid", "gclid", "yclid",
                                                   "ttclid"};

/* ---- names ---- */

enum field {
    F_PHONE,
    F_EMAIL,
    F_NAME,
    F_ID,
    F_EVENT,
    F_FORM,
    F_AD,
    F_CAMPAIGN,
    F_LEADGEN,
    F_DEAL,
    F_STAGE,
    F_AT,
    F_BOT,
    F_TEST,
    F_SOURCE,
    F_MEDIUM,
    F_UTM_CAMPAIGN,
    F_CONTENT,
    F_TERM,
    F_REFERRER,
    F_PAGE,
    F_CLICK, /* and the others of lead_click_kinds */
};
static const struct {
    const char *name;
    enum field field;
} names[] = {
    {"phone",                       F_PHONE       },
    {"tel",                         F_PHONE       },
    {"telephone",                   F_PHONE       },
    {"phone_number",                F_PHONE       },
    {"mobile",                      F_PHONE       },
    {"whatsapp",                    F_PHONE       },
    {"телефон",              F_PHONE       },
    {"номер",                  F_PHONE       },
    {"номер телефона", F_PHONE       },
    {"telefone",                    F_PHONE       },
    {"email",                       F_EMAIL       },
    {"e-mail",                      F_EMAIL       },
    {"mail",                        F_EMAIL       },
    {"почта",                  F_EMAIL       },
    {"эл. почта",            F_EMAIL       },
    {"name",                        F_NAME        },
    {"full_name",                   F_NAME        },
    {"fio",                         F_NAME        },
    {"имя",                      F_NAME        },
    {"фио",                      F_NAME        },
    {"аты",                      F_NAME        },
    {"nome",                        F_NAME        },
    {"lead_id",                     F_ID          },
    {"tranid",                      F_ID          },
    {"external_id",                 F_ID          },
    {"event_id",                    F_EVENT       },
    {"form_id",                     F_FORM        },
    {"formid",                      F_FORM        },
    {"ad_id",                       F_AD          },
    {"campaign_id",                 F_CAMPAIGN    },
    {"leadgen_id",                  F_LEADGEN     },
    {"deal_id",                     F_DEAL        },
    {"stage",                       F_STAGE       },
    {"at",                          F_AT          },
    {"created_at",                  F_AT          },
    {"website",                     F_BOT         },
    {"test",                        F_TEST        },
    {"utm_source",                  F_SOURCE      },
    {"utm_medium",                  F_MEDIUM      },
    {"utm_campaign",                F_UTM_CAMPAIGN},
    {"utm_content",                 F_CONTENT     },
    {"utm_term",                    F_TERM        },
    {"referrer",                    F_REFERRER    },
    {"referer",                     F_REFERRER    },
    {"page",                        F_PAGE        },
    {"page_url",                    F_PAGE        },
    {"landing",                     F_PAGE        },
};

static bool find_field(struct str name, enum field *out)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        *out = names[i].field;
        if (str_eq(name, str_of(names[i].name)))
            return true;
    }
    for (size_t i = 0; i < LEAD_CLICKS; i++) {
        *out = (enum field)(F_CLICK + i);
        if (str_eq(name, str_of(lead_click_kinds[i])))
            return true;
    }
    return false;
}

/* ---- values ---- */

static struct str clip(struct str value)
{
    value = str_trim(value);
    if (value.len > LONGEST_VALUE) {
        value.len = LONGEST_VALUE;
        while (value.len && ((unsigned char)value.ptr[value.len] & 0xc0) == 0x80)
            value.len--;
    }
    return value;
}

/* The first that says something stands. */
static void set(struct str *to, struct str value)
{
    if (!to->len)
        *to = value;
}

static void add_contact(struct str list[LEAD_MOST_CONTACTS], size_t *n, struct str value)
{
    if (*n < LEAD_MOST_CONTACTS)
        list[(*n)++] = value;
}

static void set_visit(struct lead_visit *v, enum field field, struct str value)
{
    struct str *const places[] = {&v->utm.source, &v->utm.medium, &v->utm.campaign, &v->utm.content,
                                  &v->utm.term,   &v->referrer,   &v->landing};

    if (field >= F_CLICK)
        set(&v->clicks[field - F_CLICK], value);
    else
        set(places[field - F_SOURCE], value);
}

static void set_field(struct lead_said *out, enum field field, struct str value)
{
    struct str *const places[] = {[F_NAME] = &out->name,          [F_ID] = &out->id,
                                  [F_EVENT] = &out->event_id,     [F_FORM] = &out->form_id,
                                  [F_AD] = &out->ad_id,           [F_CAMPAIGN] = &out->campaign_id,
                                  [F_LEADGEN] = &out->leadgen_id, [F_DEAL] = &out->deal_id,
                                  [F_STAGE] = &out->stage,        [F_AT] = &out->at};

    if (field >= F_SOURCE)
        set_visit(&out->last, field, value);
    else if (field == F_PHONE)
        add_contact(out->phones, &out->nphones, value);
    else if (field == F_EMAIL)
        add_contact(out->emails, &out->nemails, value);
    else if (field == F_BOT)
        out->is_bot = true;
    else if (field == F_TEST)
        out->is_test = str_eq(value, S("test"));
    else
        set(places[field], value);
}

/* Form builders call the second field of a kind "phone_2". */
static struct str without_number(struct str key)
{
    size_t n = key.len;

    while (n && key.ptr[n - 1] >= '0' && key.ptr[n - 1] <= '9')
        n--;
    return n && n < key.len && key.ptr[n - 1] == '_' ? (struct str){key.ptr, n - 1} : key;
}

static void take_pair(struct ctx *cx, struct lead_said *out, struct str name, struct str value)
{
    struct str key = str_trim(name), first = S("first_"), last = S("last_");
    enum field field;

    value = clip(value);
    if (!value.len || key.len > LONGEST_NAME)
        return;
    key = without_number(str_fold(cx->arena, key));
    bool is_first = str_starts(key, first);
    if (is_first || str_starts(key, last)) {
        struct lead_visit *v = is_first ? &out->first : &out->last;
        size_t skip = is_first ? first.len : last.len;
        struct str rest = {key.ptr + skip, key.len - skip};
        if (str_eq(rest, S("at")))
            set(&v->at, value);
        else if (find_field(rest, &field) && field >= F_SOURCE)
            set_visit(v, field, value);
        return;
    }
    if (find_field(key, &field))
        set_field(out, field, value);
}

/* ---- bodies ---- */

static void read_form(struct ctx *cx, struct str body, struct lead_said *out)
{
    struct form f = form_start(body, MOST_PAIRS);
    struct str key, value;

    while (form_next(&f, cx->arena, &key, &value))
        take_pair(cx, out, key, value);
}

/* {"phone": ..., "first": {"utm_source": ...}}: an object's name goes before those within. */
static void read_object(struct ctx *cx, const struct json_in *object, struct str prefix,
                        struct lead_said *out)
{
    struct json_iter it = json_iter(object);
    const struct json_in *v;
    struct str key, value;

    for (int left = MOST_PAIRS; left > 0 && (v = json_next(&it, &key)) != NULL; left--) {
        struct str name =
            prefix.len ? arena_fmt(cx->arena, "%.*s_%.*s", STR_FMT(prefix), STR_FMT(key)) : key;
        if (json_type(v) == JSON_OBJ && !prefix.len)
            read_object(cx, v, key, out);
        else if (json_as_text(v, cx->arena, &value))
            take_pair(cx, out, name, value);
    }
}

static bool is_json(struct str content_type, struct str body)
{
    struct str text = str_trim(body);

    return str_starts(content_type, S("application/json")) || (text.len && text.ptr[0] == '{');
}

enum err lead_read(struct ctx *cx, struct str content_type, struct str body, struct lead_said *out)
{
    enum err err = OK;
    const struct json_in *root;

    *out = (struct lead_said){0};
    if (!is_json(content_type, body)) {
        read_form(cx, body, out);
        goto out;
    }
    TRY(json_parse(cx, body, &root));
    if (json_type(root) != JSON_OBJ)
        return fail(cx, ERR_INPUT, "the lead is no JSON object");
    read_object(cx, root, S(""), out);
out:
    return err;
}

/* ---- times ---- */

enum { LEAST_MS_DIGITS = 12 };

static bool two_digits(const char *at, int most, int *out)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *out = (at[0] - '0') * 10 + at[1] - '0';
    return *out <= most;
}

/* "Z", "+05:00", "+0500" or nothing; *is_said tells whether. Seconds east of UTC. */
static bool read_offset(struct str text, bool *is_said, int *seconds)
{
    int hours, minutes = 0;

    *is_said = text.len > 0;
    *seconds = 0;
    if (!text.len || str_eq(text, S("Z")) || str_eq(text, S("z")))
        return true;
    if (text.len < 3 || (text.ptr[0] != '+' && text.ptr[0] != '-') ||
        !two_digits(text.ptr + 1, 14, &hours))
        return false;
    size_t at = text.len > 3 && text.ptr[3] == ':' ? 4 : 3;
    if (text.len > 3 && (text.len != at + 2 || !two_digits(text.ptr + at, 59, &minutes)))
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (text.ptr[0] == '-' ? -1 : 1);
    return true;
}

/* ":05" and ".123" behind "10:20", taken off the front. */
static bool read_seconds(struct str *rest, int *seconds)
{
    *seconds = 0;
    if (!rest->len || rest->ptr[0] != ':')
        return true;
    if (rest->len < 3 || !two_digits(rest->ptr + 1, 59, seconds))
        return false;
    *rest = (struct str){rest->ptr + 3, rest->len - 3};
    if (rest->len && rest->ptr[0] == '.')
        do
            *rest = (struct str){rest->ptr + 1, rest->len - 1};
        while (rest->len && rest->ptr[0] >= '0' && rest->ptr[0] <= '9');
    return true;
}

static bool read_clock(const struct zone *zone, struct date day, struct str text, int64_t *ms)
{
    int hour, minute, second, offset;
    bool is_said;

    if (text.len < 5 || !two_digits(text.ptr, 23, &hour) || text.ptr[2] != ':' ||
        !two_digits(text.ptr + 3, 59, &minute))
        return false;
    struct str rest = {text.ptr + 5, text.len - 5};
    if (!read_seconds(&rest, &second) || !read_offset(str_trim(rest), &is_said, &offset))
        return false;
    *ms = is_said ? (day_number(day) * 86400 + hour * 3600 + minute * 60 - offset) * 1000
                  : instant_of(zone, day, hour, minute);
    *ms += second * 1000;
    return true;
}

/* "20.01.2026" as people write it; turned into the order of the calendar. */
static struct str turned(struct str text, char out[10])
{
    const char *t = text.ptr;

    if (text.len < 10 || t[2] != '.' || t[5] != '.')
        return (struct str){text.ptr, 10};
    memcpy(out, (const char[]){t[6], t[7], t[8], t[9], '-', t[3], t[4], '-', t[0], t[1]}, 10);
    return (struct str){out, 10};
}

bool lead_time(const struct zone *zone, struct str text, int64_t *ms)
{
    struct date day;
    char room[10];

    text = str_trim(text);
    if (str_to_int(text, ms)) {
        if (*ms > 0 && text.len < LEAST_MS_DIGITS)
            *ms *= 1000;
        return *ms > 0 && *ms < 32503680000000LL; /* the year 3000 */
    }
    if (text.len < 10 || !day_parse(turned(text, room), &day))
        return false;
    if (text.len == 10) {
        *ms = instant_of(zone, day, 0, 0);
        return true;
    }
    if (text.ptr[10] != 'T' && text.ptr[10] != ' ')
        return false;
    return read_clock(zone, day, (struct str){text.ptr + 11, text.len - 11}, ms);
}
