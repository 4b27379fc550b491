/* ads_meta.h: the files of this slice that speak to Meta by name: tokens and
 * consent. */
#pragma once
#include "core/app.h"
#include "vendors/meta.h"

struct meta meta_of(const struct app *app, struct str token);
