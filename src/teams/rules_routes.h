/* rules_routes.h: the rules' handlers, listed in teams_routes.c. */
#pragma once
#include "http/http.h"

enum err rules_show(struct req *rq, struct resp *rs) MUST_USE;
enum err rules_replace(struct req *rq, struct resp *rs) MUST_USE;
