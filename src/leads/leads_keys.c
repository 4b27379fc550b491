/* leads_keys.c: from what people write about themselves to keyed hashes: who steals the file learns
 * no number, since without the key even all numbers tried one by one tell nothing. */
#include "base/crypto.h"
#include "leads/leads_inside.h"

#include <string.h>

enum { LONGEST_EMAIL = 254, LEAST_CLICK = 8, LONGEST_ID = 1000 };

static const char *const kind_names[] = {
    [KEY_PHONE] = "phone", [KEY_EMAIL] = "email", [KEY_LEAD_AD] = "lead_ad",
    [KEY_CLICK] = "click", [KEY_DEAL] = "deal",   [KEY_EXTERNAL] = "external",
};

static bool has_space(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == ',' || s.ptr[i] == ';')
            return true;
    return false;
}

struct str email_normal(struct arena *a, struct str raw)
{
    struct str text = str_fold(a, str_trim(raw)), domain = text, name;

    if (text.len > LONGEST_EMAIL || has_space(text) ||
        !memchr(text.ptr ? text.ptr : "", '@', text.len))
        return (struct str){0};
    if (!str_cut(&domain, '@', &name) || !name.len || !domain.len ||
        memchr(domain.ptr, '@', domain.len))
        return (struct str){0};
    const char *dot = memchr(domain.ptr, '.', domain.len);
    if (!dot || dot == domain.ptr || domain.ptr[domain.len - 1] == '.')
        return (struct str){0};
    return text;
}

static void add(struct arena *a, const unsigned char key[CRYPTO_KEY], struct identity_keys *out,
                enum key_kind kind, struct str text)
{
    unsigned char hash[CRYPTO_HASH];
    struct str plain = arena_fmt(a, "%s:%.*s", kind_names[kind], STR_FMT(text));

    if (!text.len || text.len > LONGEST_ID)
        return;
    hash_blake2b((struct str){(const char *)key, CRYPTO_KEY}, plain, hash);
    struct str hashed = {(const char *)hash, sizeof hash};
    for (size_t i = 0; i < out->n; i++)
        if (str_eq(out->at[i].hash, hashed))
            return;
    *vec_add(a, out) = (struct identity_key){kind_names[kind], arena_str(a, hashed)};
}

static struct str click_of(struct arena *a, const char *name, struct str value)
{
    value = str_trim(value);
    return value.len < LEAST_CLICK ? (struct str){0}
                                   : arena_fmt(a, "%s:%.*s", name, STR_FMT(value));
}

void identity_keys_of(struct arena *a, const struct app *app, const struct lead_keys *said,
                      struct identity_keys *out)
{
    unsigned char key[CRYPTO_KEY];

    crypto_subkey(app->secret_key, "identity", key);
    for (size_t i = 0; i < said->nphones; i++)
        add(a, key, out, KEY_PHONE, phone_normal(a, said->phones[i]));
    for (size_t i = 0; i < said->nemails; i++)
        add(a, key, out, KEY_EMAIL, email_normal(a, said->emails[i]));
    for (size_t i = 0; i < said->nexternal; i++)
        add(a, key, out, KEY_EXTERNAL, str_trim(said->external[i]));
    add(a, key, out, KEY_LEAD_AD, str_trim(said->leadgen_id));
    add(a, key, out, KEY_DEAL, str_trim(said->deal_id));
    add(a, key, out, KEY_CLICK, click_of(a, "fbclid", said->fbclid));
    add(a, key, out, KEY_CLICK, click_of(a, "ctwa_clid", said->ctwa_clid));
}
