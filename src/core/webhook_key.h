/* webhook_key.h: the secrets in webhook paths. Only hashes are kept; two may be valid at once.
 * The one rule: after a change is committed call webhook_keys_forget, so that it acts at once. */
#pragma once
#include "core/app.h"

struct webhook_keys; /* the valid hashes in memory: a hook costs no query; owns its mutex */
struct webhook_keys *webhook_keys_new(void);
void webhook_keys_free(struct webhook_keys **k);
void webhook_keys_forget(struct webhook_keys *k); /* NULL is fine */

/* ERR_AUTH unless `presented` is a valid key of the source, or equals `setting` (a key given by the
 * settings; may be empty). Constant time. app->hooks may be NULL: then each call asks the database.
 */
enum err webhook_key_check(struct ctx *cx, struct app *app, struct str source, struct str setting,
                           struct str presented) MUST_USE;
/* A new key of 192 random bits, shown this once; of the older ones only the newest stays valid. */
enum err webhook_key_create(struct tx *tx, const struct app *app, struct str source,
                            struct str *plain) MUST_USE;
/* Ends every key of the source but its newest. */
enum err webhook_key_retire_old(struct tx *tx, struct str source) MUST_USE;
enum err webhook_key_exists(struct tx *tx, struct str source, bool *out) MUST_USE; /* a valid one */
