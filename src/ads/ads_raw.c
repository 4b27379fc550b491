/* ads_raw.c: answers kept as they came, packed, when something in them was new;
 * and one row of one opened again. */
#include "ads/ads_inside.h"
#include "ads/raw.sql.h"
#include "base/crypto.h"
#include "core/deflate.h"
#include "vendors/meta.h"

enum err raw_pack(struct ctx *cx, struct arena *into, const struct net_page *page,
                  struct raw_page *out)
{
    unsigned char hash[CRYPTO_HASH];
    struct str packed;
    enum err err = deflate_bytes(cx, page->raw, &packed);

    if (err)
        return err;
    sha256(page->raw, hash);
    *out =
        (struct raw_page){.packed = arena_str(into, packed),
                          .sha256 = arena_str(into, (struct str){(const char *)hash, sizeof hash}),
                          .size = (int64_t)page->raw.len,
                          .n_rows = (int64_t)page->n};
    return OK;
}

enum err raw_keep(struct tx *tx, const struct raw_of *of, struct raw_page *page, int64_t *id)
{
    enum err err = OK;

    *id = 0;
    if (!page)
        return OK;
    if (!page->id)
        TRY(db_get_int(tx, &q_raw_insert,
                       ARGS(a_int("account_id", of->account_id), a_str("kind", str_of(of->kind)),
                            a_int("at", now_ms(tx_ctx(tx))), a_int("n_rows", page->n_rows),
                            a_int("size", page->size), a_blob("sha256", page->sha256),
                            a_blob("body", page->packed)),
                       &page->id, NULL));
    *id = page->id;
out:
    return err;
}

/* A page that holds one row is that row; otherwise ad and day are looked for.
 */
static enum err find_row(struct ctx *cx, struct str rows, int64_t n_rows, struct raw_row *out)
{
    struct str row;

    while (meta_raw_next(&rows, &row)) {
        const struct json_in *root;
        struct str ad = {0}, day = {0};
        enum err err = json_parse(cx, row, &root);
        if (err)
            return err;
        if (!json_as_text(json_get(root, "ad_id"), cx->arena, &ad))
            ad = (struct str){0};
        if (!json_as_str(json_get(root, "date_start"), &day))
            day = (struct str){0};
        if (n_rows != 1 && !(str_eq(ad, out->ad) && str_eq(day, out->day)))
            continue;
        out->row = row;
        return OK;
    }
    return OK;
}

enum err raw_find(struct tx *tx, int64_t raw_id, struct raw_row *out)
{
    enum err err;
    struct ctx *cx = tx_ctx(tx);
    struct rows *rows = NULL;
    struct str packed = {0}, plain;
    int64_t size = 0, n_rows = 0;

    TRY(db_query(tx, &q_raw_one, ARGS(a_int("id", raw_id)), &rows));
    if (rows_next(rows)) {
        packed = col_str(rows, "body");
        out->sha256 = col_str(rows, "sha256");
        out->received_at = col_int(rows, "received_at");
        size = col_int(rows, "size");
        n_rows = col_int(rows, "n_rows");
    }
    TRY(rows_end(&rows));
    out->row = (struct str){0};
    if (!packed.len)
        goto out;
    TRY(inflate_bytes(cx, packed, (size_t)size, &plain));
    TRY(find_row(cx, plain, n_rows, out));
out:
    rows_drop(&rows);
    return err;
}
