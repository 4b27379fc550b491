/* list_routes.h: handlers of the slice beside accounts and connections, listed in ads_routes.c. */
#pragma once
#include "core/answer.h"

enum err reach_route(struct req *rq, struct resp *rs) MUST_USE;
enum err breakdowns_route(struct req *rq, struct resp *rs) MUST_USE;
enum err ad_set_list(struct req *rq, struct resp *rs) MUST_USE;
enum err ad_list(struct req *rq, struct resp *rs) MUST_USE;
/* {"is_tracked"} of the row that the path names; apply is handed a bool. */
enum err answer_track(struct req *rq, struct resp *rs, struct row_change *change) MUST_USE;
enum err campaign_track(struct req *rq, struct resp *rs) MUST_USE;
enum err campaigns_track(struct req *rq, struct resp *rs) MUST_USE;
enum err accounts_select(struct req *rq, struct resp *rs) MUST_USE;
enum err account_days(struct req *rq, struct resp *rs) MUST_USE;
enum err account_sync_now(struct req *rq, struct resp *rs) MUST_USE;
enum err ad_day(struct req *rq, struct resp *rs) MUST_USE;
enum err ad_day_raw(struct req *rq, struct resp *rs) MUST_USE;
enum err api_versions(struct req *rq, struct resp *rs) MUST_USE;
enum err costs_route(struct req *rq, struct resp *rs) MUST_USE;
