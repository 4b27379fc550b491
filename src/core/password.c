/* password.c: which passwords are refused. Length counts, rules about signs and digits do not; what
 * is refused is what a guesser tries first. */
#include "core/auth.h"
#include "core/password_words.h"

#include <string.h>

enum {
    LEAST_CHARACTERS = 12,
    MOST_BYTES = 128,
    LEAST_DISTINCT = 5,
    LEAST_OWN_LETTERS = 4, /* what must remain once known words and digits are taken out */
    LEAST_IDENTITY = 4     /* shorter pieces of a name turn up by chance */
};

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t character_count(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += !is_continuation(s.ptr[i]);
    return n;
}

static bool holds(struct str whole, struct str part)
{
    return part.len && memmem(whole.ptr, whole.len, part.ptr, part.len);
}

/* "aaaaaaaaaaaa", "121212121212" and runs such as "123456789012" or "lkjihgfedcba". */
static bool is_monotonous(struct str s)
{
    bool seen[256] = {false};
    size_t distinct = 0, steps = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        distinct += !seen[c];
        seen[c] = true;
        if (i) {
            int step = c - (unsigned char)s.ptr[i - 1];
            steps += step == 1 || step == -1 || step == 9 || step == -9;
        }
    }
    return distinct < LEAST_DISTINCT || steps * 4 >= (s.len - 1) * 3;
}

static size_t known_word_at(struct str s)
{
    size_t longest = 0;

    for (size_t i = 0; i < password_nwords; i++) {
        struct str word = str_of(password_words[i]);
        if (word.len > longest && str_starts(s, word))
            longest = word.len;
    }
    return longest;
}

/* How many letters are the person's own, once the words everybody uses are taken out. */
static size_t own_letters(struct str folded)
{
    size_t own = 0;

    while (folded.len) {
        size_t step = known_word_at(folded);
        if (!step) {
            unsigned char c = (unsigned char)folded.ptr[0];
            own += (c >= 'a' && c <= 'z') || c >= 0xc0;
            step = 1;
        }
        folded.ptr += step;
        folded.len -= step;
    }
    return own;
}

static bool is_digits_or_signs(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c >= 'a' && c <= 'z') || c >= 0x80)
            return false;
    }
    return true;
}

/* Text without letters at all may be strong (a generated number); what has letters must have some
 * of its own. */
static bool is_common(struct str folded)
{
    if (is_monotonous(folded))
        return true;
    return !is_digits_or_signs(folded) && own_letters(folded) < LEAST_OWN_LETTERS;
}

static bool holds_identity(struct arena *a, struct str folded, struct str email, struct str name)
{
    struct str rest = str_fold(a, email), local, piece;

    if (str_cut(&rest, '@', &local) && local.len >= LEAST_IDENTITY && holds(folded, local))
        return true;
    rest = str_fold(a, name);
    while (str_cut(&rest, ' ', &piece))
        if (character_count(piece) >= LEAST_IDENTITY && holds(folded, piece))
            return true;
    return false;
}

const char *password_fault(struct str password, struct str email, struct str full_name)
{
    const char *fault = NULL;

    if (password.len > MOST_BYTES)
        return "too_long";
    if (!str_is_utf8(password))
        return "bad_text";
    if (character_count(password) < LEAST_CHARACTERS)
        return "too_short";
    struct arena *a = arena_new(64 << 10);
    struct str folded = str_fold(a, password);
    if (is_common(folded))
        fault = "too_common";
    else if (holds_identity(a, folded, email, full_name))
        fault = "contains_your_name";
    arena_free(&a);
    return fault;
}
