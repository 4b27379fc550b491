/* query.h: queries written in a test, as gen/embed.c would make them of a .sql file.
 * The one rule: the names after the text are the parameters in the order of $1, $2 ... */
#pragma once
#include "db/db.h"

#define QUERY(name_, text, ...)                                                                    \
    static const char *const name_##_params[] = {__VA_ARGS__};                                     \
    __attribute__((unused)) static const struct query name_ = {                                    \
        .name = #name_, .sql = (text), .params = name_##_params, .nparams = COUNT(name_##_params)}
#define QUERY0(name_, text)                                                                        \
    __attribute__((unused)) static const struct query name_ = {.name = #name_, .sql = (text)}
