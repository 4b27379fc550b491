/* nbk.c: the feed of the National Bank, read by expat. */
#include "vendors/nbk.h"

#include "base/calendar.h"
#include "base/money.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

enum { MAX_DEPTH = 16, MAX_VALUE = 64, MAX_QUANT = 1000000 };

/* <title> and <description> also stand at the top with other meanings; so a value counts only at
 * its own depth: rates > date, rates > item > title. */
enum { DEPTH_TOP = 2, DEPTH_ITEM = 3 };

struct item {
    struct str currency, rate, quant;
};
struct reader {
    struct arena *arena;
    XML_Parser parser;
    const char *refused; /* why the text was given up; NULL = it was not */
    int depth;
    bool is_feed, is_in_item;
    char value[MAX_VALUE];
    size_t nvalue;
    bool is_too_long;
    struct item item;
    struct str day;
    VEC(struct nbk_rate) rates;
};

static void refuse(struct reader *r, const char *why)
{
    if (!r->refused)
        r->refused = why;
    XML_StopParser(r->parser, XML_FALSE);
}

static void on_start(void *self, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *r = self;

    (void)attributes;
    r->depth++;
    r->nvalue = 0;
    r->is_too_long = false;
    if (r->depth > MAX_DEPTH)
        refuse(r, "it is nested too deep");
    if (r->depth == 1) {
        r->is_feed = strcmp(name, "rates") == 0;
        if (!r->is_feed)
            refuse(r, "it is not a list of rates");
    }
    if (r->depth == DEPTH_TOP) {
        r->is_in_item = strcmp(name, "item") == 0;
        r->item = (struct item){0};
    }
}

static void on_text(void *self, const XML_Char *text, int n)
{
    struct reader *r = self;

    if ((size_t)n > MAX_VALUE - r->nvalue) {
        r->is_too_long = true;
        return;
    }
    memcpy(r->value + r->nvalue, text, (size_t)n);
    r->nvalue += (size_t)n;
}

/* "01.04.2026" to "2026-04-01"; empty when it is no date. */
static struct str day_of(struct arena *a, struct str text)
{
    struct str year = {0}, month = {0}, day = {0};
    struct date ignored;

    if (text.len != 10 || !str_cut(&text, '.', &day) || !str_cut(&text, '.', &month) ||
        day.len != 2 || month.len != 2)
        return (struct str){0};
    year = text;
    struct str iso = arena_fmt(a, "%.*s-%.*s-%.*s", STR_FMT(year), STR_FMT(month), STR_FMT(day));
    return day_parse(iso, &ignored) ? iso : (struct str){0};
}

static void add_item(struct reader *r)
{
    int64_t rate, quant = 1;

    if (!currency_is_valid(r->item.currency) || !money_parse(r->item.rate, &rate) || rate <= 0)
        return;
    if (!str_to_int(r->item.quant, &quant) || quant < 1 || quant > MAX_QUANT)
        return;
    *vec_add(r->arena, &r->rates) = (struct nbk_rate){r->item.currency, rate, quant};
}

static void on_end(void *self, const XML_Char *name)
{
    struct reader *r = self;
    struct str value = str_trim((struct str){r->value, r->is_too_long ? 0 : r->nvalue});

    if (r->depth == DEPTH_TOP && strcmp(name, "date") == 0)
        r->day = day_of(r->arena, value);
    if (r->depth == DEPTH_TOP && r->is_in_item)
        add_item(r);
    if (r->depth == DEPTH_ITEM && r->is_in_item) {
        if (strcmp(name, "title") == 0)
            r->item.currency = arena_str(r->arena, value);
        else if (strcmp(name, "description") == 0)
            r->item.rate = arena_str(r->arena, value);
        else if (strcmp(name, "quant") == 0)
            r->item.quant = arena_str(r->arena, value);
    }
    r->nvalue = 0;
    r->depth--;
}

/* A document type may define entities that unfold without end; the feed has none. */
static void on_doctype(void *self, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int has_internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)has_internal;
    refuse(self, "it has a document type");
}

enum err nbk_read(struct ctx *cx, struct str xml, struct nbk_rates *out)
{
    enum err err = OK;
    struct reader r = {.arena = cx->arena};

    *out = (struct nbk_rates){0};
    if (xml.len > NBK_MAX_BYTES)
        return fail(cx, ERR_UPSTREAM, "nbk: a feed of %zu bytes", xml.len);
    r.parser = XML_ParserCreate(NULL);
    if (!r.parser)
        abort();
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    if (XML_Parse(r.parser, xml.len ? xml.ptr : "", (int)xml.len, 1) != XML_STATUS_OK) {
        err = fail(cx, ERR_UPSTREAM, "nbk: the feed cannot be read: %s",
                   r.refused ? r.refused : XML_ErrorString(XML_GetErrorCode(r.parser)));
        goto out;
    }
    *out = (struct nbk_rates){r.day, r.rates.at, r.rates.n};
out:
    XML_ParserFree(r.parser);
    return err;
}

const struct nbk_rate *nbk_find(const struct nbk_rates *rates, struct str currency)
{
    for (size_t i = 0; i < rates->n; i++)
        if (str_eq(rates->at[i].currency, currency))
            return &rates->at[i];
    return NULL;
}

struct call nbk_call(struct arena *a, const char *base_url, struct str day)
{
    struct str wanted = arena_fmt(a, "%.2s.%.2s.%.4s", day.ptr + 8, day.ptr + 5, day.ptr);

    /* The setting may already end where the date begins. */
    if (str_ends(str_of(base_url), S("?fdate=")))
        return (struct call){.path = wanted};
    return (struct call){.path = arena_fmt(a, "?fdate=%.*s", STR_FMT(wanted))};
}
