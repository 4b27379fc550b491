/* leads_phone.c: one number however it is written: with 8 or +7, with or without Brazil's ninth
 * digit. Two people must never become one because of a number that is short of its country. */
#include "leads/leads_inside.h"

#include <string.h>

enum { MOST_DIGITS = 15, LEAST_DIGITS = 8, ENOUGH = 7, TAIL = 4 };

struct digits {
    char at[MOST_DIGITS + 3]; /* room for "00" in front, and for one too many */
    size_t n;
    bool has_plus;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* White space, brackets, dashes and other marks of punctuation, in UTF-8 too. */
static bool is_letter(char c)
{
    unsigned char b = (unsigned char)c;

    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= 0xc3 && b <= 0xdf);
}

/* After a whole number whatever is no mark ends it: an extension, or a second number. */
static bool is_end(char c)
{
    return is_letter(c) || memchr(",;/#|&\n", c, 7) != NULL;
}

/* False when there are too many digits for a number. */
static bool take_digits(struct str raw, struct digits *d)
{
    *d = (struct digits){0};
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (is_digit(c)) {
            if (d->n == sizeof d->at)
                return false;
            d->at[d->n++] = c;
        } else if (c == '+') {
            if (d->n >= ENOUGH)
                break;
            d->has_plus = d->has_plus || d->n == 0;
        } else if (d->n >= ENOUGH && is_end(c)) {
            break;
        }
    }
    return true;
}

static void drop_front(struct digits *d, size_t n)
{
    memmove(d->at, d->at + n, d->n - n);
    d->n -= n;
}

static void put_front(struct digits *d, const char *prefix)
{
    size_t len = strlen(prefix);

    memmove(d->at + len, d->at, d->n);
    memcpy(d->at, prefix, len);
    d->n += len;
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c) != NULL;
}

/* Kazakhstan and Russia: eleven digits from 7, whose second says which region it is. */
static bool fix_seven(struct digits *d)
{
    const char *regions = "346789";

    if (d->n == 10 && d->at[0] == '7') {
        put_front(d, "7");
    } else if (d->n == 11 && d->at[0] == '8' && is_one_of(d->at[1], "34789")) {
        d->at[0] = '7';
    } else if (d->n == 12 && d->at[0] == '7' && is_one_of(d->at[1], "78") &&
               is_one_of(d->at[2], regions)) {
        drop_front(d, 1); /* "+7" stood in the field, and a whole number was typed after it */
        d->at[0] = '7';
    }
    return d->n == 11 && d->at[0] == '7' && is_one_of(d->at[1], regions);
}

/* An area code of Brazil, by its first digit: none ends in 0, and some were never given. */
static bool is_brazil_area(const char *at)
{
    static const char *const ends[] = {"",     "123456789", "12478",  "1234578",   "123456789",
                                       "1345", "123456789", "134579", "123456789", "123456789"};

    return is_one_of(at[1], ends[at[0] - '0']);
}

/* Mobile numbers have nine digits after the area, the first of them 9; it is left out by many. */
static bool fix_brazil(struct digits *d)
{
    bool has_country = d->n >= 12 && d->at[0] == '5' && d->at[1] == '5';

    if (has_country && d->at[2] == '0' && is_brazil_area(d->at + 3)) {
        memmove(d->at + 2, d->at + 3, d->n - 3);
        d->n--;
    }
    if (!has_country && !d->has_plus && d->n == 11 && d->at[2] == '9' && is_brazil_area(d->at)) {
        put_front(d, "55");
        has_country = true;
    }
    if (!has_country || !is_brazil_area(d->at + 2))
        return false;
    if (d->n == 12 && is_one_of(d->at[4], "6789")) {
        memmove(d->at + 5, d->at + 4, d->n - 4);
        d->at[4] = '9';
        d->n++;
    }
    return d->n == 12 || d->n == 13;
}

/* "77777777777", "79999999999": typed to get past a field, by many. */
static bool is_made_up(const struct digits *d)
{
    size_t same = 1;

    while (same < d->n && d->at[d->n - 1 - same] == d->at[d->n - 1])
        same++;
    return same >= 10 || same + 1 >= d->n;
}

struct str phone_normal(struct arena *a, struct str raw)
{
    struct digits d;

    if (!take_digits(raw, &d))
        return (struct str){0};
    if (!d.has_plus && d.n > 2 && d.at[0] == '0' && d.at[1] == '0') {
        drop_front(&d, 2);
        d.has_plus = true;
    }
    if (!d.has_plus && d.n == 12 && d.at[0] == '0')
        drop_front(&d, 1); /* of a call within Brazil */
    bool is_known = fix_seven(&d) || fix_brazil(&d);
    if (!is_known && (d.n < (d.has_plus ? LEAST_DIGITS : 11) || d.at[0] == '0'))
        return (struct str){0};
    if (d.n > MOST_DIGITS || is_made_up(&d))
        return (struct str){0};
    return arena_str(a, (struct str){d.at, d.n});
}

struct str lead_phone_tail(struct arena *a, struct str raw)
{
    struct str whole = phone_normal(a, raw);

    return whole.len ? (struct str){whole.ptr + whole.len - TAIL, TAIL} : whole;
}
