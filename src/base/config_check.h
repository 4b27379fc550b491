/* config_check.h: what makes a setting's value right. Used by config.c's table only. */
#pragma once
#include "base/base.h"

bool is_listen_address(struct str v); /* host:port, [v6]:port; port 0 lets the system choose */
bool is_base_url(struct str v);       /* http(s)://host[:port][/path], no query, no user */
bool is_amo_url(struct str v);        /* the same, "{subdomain}" may stand in it */
bool is_database_url(struct str v);
bool is_zone(struct str v);
bool is_currency(struct str v);
bool is_api_version(struct str v);   /* v25.0 */
bool is_strong_secret(struct str v); /* at least 32 bytes, not a few characters repeated */
bool is_strong_key(struct str v);    /* 64 hex digits, not a few repeated */
bool is_proxy_list(struct str v);    /* addresses or networks, comma between */
bool is_origin_list(struct str v);   /* scheme://host[:port], comma between; never "*" */
bool is_log_level(struct str v);
