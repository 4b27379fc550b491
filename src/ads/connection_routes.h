/* connection_routes.h: the connections' handlers, listed in ads_routes.c. */
#pragma once
#include "http/http.h"

enum err connection_list(struct req *rq, struct resp *rs) MUST_USE;
enum err connection_paste(struct req *rq, struct resp *rs) MUST_USE;
enum err connection_check(struct req *rq, struct resp *rs) MUST_USE;
enum err connection_remove(struct req *rq, struct resp *rs) MUST_USE;
enum err connection_oauth(struct req *rq, struct resp *rs) MUST_USE;
enum err connection_callback(struct req *rq, struct resp *rs) MUST_USE;
enum err connection_disconnect(struct req *rq, struct resp *rs) MUST_USE;
