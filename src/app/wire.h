/* wire.h: settings become a struct app.
 * The one rule: what app_open made, app_close takes apart; in between nothing in it changes. */
#pragma once
#include "core/app.h"

/* Opens the data directory (made when absent), the keys and the database, and brings it to this
 * version. cx->arena must live as long as the app. */
enum err app_open(struct ctx *cx, const struct config *config, const struct clock *clock,
                  struct app *app) MUST_USE;
void app_close(struct app *app); /* also after a failed app_open */
