/* secrets.c: sealing. What is authenticated with a value is where it lies and which key sealed it,
 * so that a row copied over another does not open. */
#include "core/secrets.h"
#include "core/secrets.sql.h"

enum { HINT_CHARACTERS = 4, SHORTEST_HINTED = 12 };

/* The first bytes of the key's hash: says which key it was and nothing about it. */
static struct str place(struct arena *a, const struct app *app, int64_t id)
{
    unsigned char hash[CRYPTO_HASH];

    hash_blake2b(S("key id"), (struct str){(const char *)app->secret_key, CRYPTO_KEY}, hash);
    struct str key_id = hex_text(a, (struct str){(const char *)hash, 4});
    return arena_fmt(a, "secret|%lld|sealed|%.*s", (long long)id, STR_FMT(key_id));
}

/* A short secret would be half given away by four characters. */
static struct str hint_of(struct str plain)
{
    if (plain.len < SHORTEST_HINTED)
        return S("");
    struct str hint = {plain.ptr + plain.len - HINT_CHARACTERS, HINT_CHARACTERS};
    for (size_t i = 0; i < hint.len; i++)
        if (hint.ptr[i] <= ' ' || hint.ptr[i] > '~')
            return S("");
    return hint;
}

enum err secret_put(struct tx *tx, const struct app *app, struct str kind, struct str plain,
                    int64_t *id)
{
    enum err err;

    /* The place is part of the seal and the id is part of the place: the row comes first. */
    TRY(db_get_int(tx, &q_secret_insert,
                   ARGS(a_str("kind", kind), a_blob("sealed", S("-")),
                        a_str("hint", hint_of(plain)), a_int("now", now_ms(tx_ctx(tx)))),
                   id, NULL));
    TRY(secret_replace(tx, app, *id, plain));
out:
    return err;
}

enum err secret_replace(struct tx *tx, const struct app *app, int64_t id, struct str plain)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    struct str sealed = crypto_seal(a, app->secret_key, place(a, app, id), plain);
    int64_t changed = 0;

    TRY(db_exec(tx, &q_secret_update,
                ARGS(a_int("id", id), a_blob("sealed", sealed), a_str("hint", hint_of(plain)),
                     a_int("now", now_ms(tx_ctx(tx)))),
                &changed));
    if (!changed)
        err = tx_fail(tx, ERR_NOT_FOUND, "there is no secret %lld", (long long)id);
out:
    return err;
}

enum err secret_open(struct tx *tx, const struct app *app, int64_t id, struct str *plain)
{
    enum err err;
    struct arena *a = tx_ctx(tx)->arena;
    struct rows *rows = NULL;
    struct str sealed = S("");
    bool found;

    TRY(db_query(tx, &q_secret_sealed, ARGS(a_int("id", id)), &rows));
    found = rows_next(rows);
    if (found)
        sealed = col_str(rows, "sealed");
    TRY(rows_end(&rows));
    if (!found)
        TRY(tx_fail(tx, ERR_NOT_FOUND, "there is no secret %lld", (long long)id));
    TRY(crypto_open(tx_ctx(tx), app->secret_key, place(a, app, id), sealed, plain));
out:
    rows_drop(&rows);
    return err;
}

enum err secret_erase(struct tx *tx, int64_t id)
{
    return db_exec(tx, &q_secret_delete, ARGS(a_int("id", id)), NULL);
}
