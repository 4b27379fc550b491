/* costs_read.c: columns by their names in three languages, amounts and days as people write them.
 */
#include "ads/costs_read.h"
#include "base/calendar.h"
#include "base/money.h"

#include <string.h>

/* Folded; the first column with one of the names is it. */
static const char *const names[COST_COLUMNS] = {
    [COST_PLATFORM] = "platform|network|source|платформа|сеть|источник|plataforma|rede|fonte",
    [COST_ACCOUNT] = "account|account id|account_id|account name|customer id|аккаунт|кабинет|"
                     "рекламный кабинет|conta|id da conta",
    [COST_CAMPAIGN] = "campaign|campaign name|campaign_name|кампания|название кампании|campanha|"
                      "nome da campanha",
    [COST_AD_SET] = "ad set|adset|ad_set|ad group|группа объявлений|группа|conjunto|"
                    "conjunto de anúncios|grupo de anúncios",
    [COST_AD] = "ad|ad name|объявление|anúncio|anuncio",
    [COST_DAY] = "date|day|stat_date|дата|день|data|dia",
    [COST_SPEND] = "spend|cost|costs|amount|amount spent|расход|расходы|затраты|стоимость|сумма|"
                   "gasto|custo|investimento|valor gasto",
    [COST_IMPRESSIONS] = "impressions|impr.|показы|impressões|impressoes",
    [COST_CLICKS] = "clicks|link clicks|клики|переходы|cliques",
    [COST_LEADS] = "leads|conversions|лиды|конверсии|conversões|conversoes",
    [COST_CURRENCY] = "currency|currency code|валюта|moeda",
    [COST_TEAM] = "team|команда|equipe|time",
};

static bool is_one_of(struct str name, struct str list)
{
    struct str one;

    while (str_cut(&list, '|', &one))
        if (str_eq(one, name))
            return true;
    return false;
}

bool cost_columns_read(struct arena *a, const struct csv_row *head, struct cost_columns *out)
{
    for (int c = 0; c < COST_COLUMNS; c++) {
        out->at[c] = -1;
        for (size_t i = 0; i < head->n && out->at[c] < 0; i++)
            if (is_one_of(str_fold(a, str_trim(head->at[i])), str_of(names[c])))
                out->at[c] = (int)i;
    }
    return out->at[COST_DAY] >= 0 && out->at[COST_SPEND] >= 0;
}

/* Digits, signs and marks alone; spaces of every width between thousands are taken out. */
static struct str squeeze(struct arena *a, struct str text)
{
    char *out = arena_alloc(a, text.len + 1, 1);
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == ' ' || c == '\'')
            continue;
        if (c == 0xC2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] == 0xA0) {
            i++;
            continue;
        }
        if (c == 0xE2 && i + 2 < text.len && (unsigned char)text.ptr[i + 1] == 0x80 &&
            ((unsigned char)text.ptr[i + 2] == 0xAF || (unsigned char)text.ptr[i + 2] == 0x89)) {
            i += 2;
            continue;
        }
        out[n++] = text.ptr[i];
    }
    return (struct str){out, n};
}

struct marks { /* where the marks of a number are */
    size_t dots, commas, last;
};

static struct marks marks_of(struct str s)
{
    struct marks m = {0, 0, s.len};

    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] != '.' && s.ptr[i] != ',')
            continue;
        m.dots += s.ptr[i] == '.';
        m.commas += s.ptr[i] == ',';
        m.last = i;
    }
    return m;
}

bool cost_amount_read(struct arena *a, struct str text, int64_t *micros)
{
    struct str s = squeeze(a, str_trim(text));
    struct marks m = marks_of(s);
    size_t after = s.len - m.last - (m.last < s.len);
    bool has_point = (m.dots == 1 && m.last < s.len && s.ptr[m.last] == '.') ||
                     (m.commas == 1 && m.last < s.len && s.ptr[m.last] == ',');
    char *plain = arena_alloc(a, s.len + 1, 1);
    size_t n = 0;

    if (!s.len)
        return false;
    /* "1,234" may be a thousand or one and a bit; "1.234" is what machines write. */
    if (m.commas == 1 && !m.dots && after == 3)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' || s.ptr[i] == ',') {
            if (has_point && i == m.last)
                plain[n++] = '.';
            continue;
        }
        plain[n++] = s.ptr[i];
    }
    return money_parse((struct str){plain, n}, micros);
}

bool cost_day_read(struct arena *a, struct str text, struct str *day)
{
    struct date date;
    int64_t d, m, y;
    struct str s = str_trim(text);

    if (s.len > 10 && (s.ptr[10] == ' ' || s.ptr[10] == 'T'))
        s.len = 10;
    if (s.len != 10)
        return false;
    if (s.ptr[4] == '/' && s.ptr[7] == '/')
        s = arena_fmt(a, "%.4s-%.2s-%.2s", s.ptr, s.ptr + 5, s.ptr + 8);
    else if ((s.ptr[2] == '.' && s.ptr[5] == '.') || (s.ptr[2] == '/' && s.ptr[5] == '/')) {
        if (!str_to_int((struct str){s.ptr, 2}, &d) ||
            !str_to_int((struct str){s.ptr + 3, 2}, &m) ||
            !str_to_int((struct str){s.ptr + 6, 4}, &y))
            return false;
        s = arena_fmt(a, "%04d-%02d-%02d", (int)y, (int)m, (int)d);
    }
    *day = s;
    return day_parse(s, &date);
}

static struct str cell(const struct cost_columns *c, const struct csv_row *row, enum cost_column at)
{
    int i = c->at[at];

    return i >= 0 && (size_t)i < row->n ? str_trim(row->at[i]) : (struct str){0};
}

static bool count_read(struct arena *a, struct str text, int64_t *out)
{
    int64_t micros;

    *out = 0;
    if (!text.len || str_eq(text, S("-")) || str_eq(text, S("--")))
        return true;
    if (str_to_int(squeeze(a, text), out))
        return *out >= 0;
    if (!cost_amount_read(a, text, &micros) || micros < 0)
        return false;
    *out = micros / MICROS;
    return true;
}

const char *cost_row_read(struct arena *a, const struct cost_columns *c, const struct csv_row *row,
                          struct cost_row *out)
{
    *out = (struct cost_row){.platform = str_fold(a, cell(c, row, COST_PLATFORM)),
                             .account = cell(c, row, COST_ACCOUNT),
                             .campaign = cell(c, row, COST_CAMPAIGN),
                             .ad_set = cell(c, row, COST_AD_SET),
                             .ad = cell(c, row, COST_AD),
                             .currency = cell(c, row, COST_CURRENCY),
                             .team = cell(c, row, COST_TEAM)};
    if (!cost_day_read(a, cell(c, row, COST_DAY), &out->day))
        return "the date is not understood";
    if (!cost_amount_read(a, cell(c, row, COST_SPEND), &out->spend_micros))
        return "the spend is not understood";
    if (out->spend_micros < 0)
        return "the spend is below zero";
    if (!count_read(a, cell(c, row, COST_IMPRESSIONS), &out->impressions) ||
        !count_read(a, cell(c, row, COST_CLICKS), &out->clicks) ||
        !count_read(a, cell(c, row, COST_LEADS), &out->leads))
        return "a count is not understood";
    return NULL;
}
