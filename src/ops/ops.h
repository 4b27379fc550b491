/* ops.h: what runs the program asks: is it alive, and what can be asked of it. */
#pragma once
#include "http/http.h"

extern const struct route ops_routes[];
extern const size_t ops_nroutes;
