/* secrets.h: sealed vendor tokens. No route ever returns one. */
#pragma once
#include "core/app.h"

/* kind: "meta.token", "amocrm.token"; hint keeps the last four characters for the eye. */
enum err secret_put(struct tx *tx, const struct app *app, struct str kind, struct str plain,
                    int64_t *id) MUST_USE;
enum err secret_replace(struct tx *tx, const struct app *app, int64_t id,
                        struct str plain) MUST_USE;
enum err secret_open(struct tx *tx, const struct app *app, int64_t id, struct str *plain) MUST_USE;
enum err secret_erase(struct tx *tx, int64_t id) MUST_USE;
/* Keys on first start: reads <data>/secret.key and <data>/jwt.secret, or makes them (mode 0600);
 * settings win over files; a weak or unreadable one is refused with what to do. Fills app's keys.
 */
enum err keys_load(struct ctx *cx, struct app *app) MUST_USE;
