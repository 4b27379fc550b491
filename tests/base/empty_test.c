/* The empty view without an address: {NULL, 0} is text like any other. */
#include "base/calendar.h"
#include "base/cron.h"
#include "base/crypto.h"
#include "base/csv.h"
#include "base/embedded.h"
#include "base/form.h"
#include "base/json.h"
#include "base/log.h"
#include "base/money.h"
#include "test.h"

static const struct str empty = {0};

TEST(words_about_text_take_the_empty_view)
{
    struct str rest = empty, part;
    int64_t n;

    check(!str_to_int(empty, &n));
    check(str_is_utf8(empty));
    check(str_starts(empty, empty) && str_ends(empty, empty) && str_eq_nocase(empty, empty));
    check(!str_cut(&rest, ',', &part));
    check_int(0, str_trim(empty).len);
    check_int(0, str_fold(cx->arena, empty).len);
    check_int(0, arena_str(cx->arena, empty).len);
    check_int(0, str_z(cx->arena, empty)[0]);
    check_str(S("()"), arena_fmt(cx->arena, "(%.*s)", STR_FMT(empty)));
}

TEST(readers_refuse_or_pass_over_the_empty_view)
{
    const struct json_in *v;
    const struct zone *z;
    struct form form = form_start(empty, 5);
    struct csv_row row;
    struct str key, value;
    struct date d;
    struct cron c;
    int64_t n;

    check(!money_parse(empty, &n) && !decimal_read(empty, 0, DECIMAL_JSON, &n));
    check(!currency_is_valid(empty));
    check(!day_parse(empty, &d));
    check(!form_next(&form, cx->arena, &key, &value));
    check(!csv_next(csv_open(cx, empty), &row));
    check(url_decode(cx->arena, empty, true, &value) && !value.len);
    check(hex_bytes(cx->arena, empty, &value) && !value.len);
    check(base64url_bytes(cx->arena, empty, &value) && !value.len);
    check(embedded_find(&embedded_zoneinfo, empty) == NULL);
    check_err(json_parse(cx, empty, &v), ERR_INPUT);
    check_err(cron_parse(cx, empty, &c), ERR_INPUT);
    check_err(zone_find(cx, empty, &z), ERR_INPUT);
}

TEST(writers_write_the_empty_view)
{
    struct json_out *j = json_out_new(cx, 0);
    struct csv_out *c = csv_out_new(cx, 0);
    struct str text;

    json_str(j, empty);
    check_ok(json_finish(j, &text));
    check_str(S("\"\""), text);
    csv_str(c, empty), csv_str(c, empty);
    check_str(S(","), csv_text(c));
    check_int(0, url_encode(cx->arena, empty).len);
    check_int(0, hex_text(cx->arena, empty).len);
    check_int(0, base64url_text(cx->arena, empty).len);
    LOG(cx, LOG_INFO, "empty", l_str("value", empty));
}

TEST(primitives_take_the_empty_view)
{
    unsigned char key[CRYPTO_KEY] = {1}, out[CRYPTO_HASH];
    struct str plain;

    hmac_sha256(empty, empty, out);
    hash_blake2b(empty, empty, out);
    sha256(empty, out);
    check(crypto_same(empty, S("")));
    check(!password_matches(empty, empty));
    check(password_is_stale(empty));
    check_ok(crypto_open(cx, key, empty, crypto_seal(cx->arena, key, empty, empty), &plain));
    check_int(0, plain.len);
    check_err(crypto_open(cx, key, empty, empty, &plain), ERR_BUG);
}
