/* overview_routes.h: the main dashboard's one call, listed in metrics_routes.c. */
#pragma once
#include "http/http.h"

enum err overview_show(struct req *rq, struct resp *rs) MUST_USE;
