/* inbox_routes.h: what came in, for the admin's eye; once more through the door; what vanished. */
#pragma once
#include "http/http.h"

extern const struct route inbox_routes[];
extern const size_t inbox_nroutes;
