/* ads_versions.c: which API version is asked, and until when it will answer. */
#include "ads/ads.sql.h"
#include "ads/list_routes.h"
#include "base/calendar.h"
#include "core/answer.h"
#include "core/app.h"
#include "vendors/meta_versions.h"

static void write_day(struct json_out *j, const char *key, const char *day)
{
    json_key(j, key);
    if (day)
        json_str(j, str_of(day));
    else
        json_null(j);
}

/* When the platform itself last said that the version ends or has ended. */
static enum err load_warned(struct req *rq, int64_t *at)
{
    enum err err;
    struct tx *tx = NULL;

    *at = 0;
    TRY(tx_begin(&rq->cx, rq->app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_ads_version_warned, NO_ARGS, at, NULL));
out:
    tx_end(&tx);
    return err;
}

enum err api_versions(struct req *rq, struct resp *rs)
{
    enum err err;
    struct str setting = rq->app->config.meta_api_version;
    struct civil today = civil_at(rq->app->zone, now_ms(&rq->cx));
    const struct meta_version *found, *list;
    struct json_out *j = json_out_new(&rq->cx, 1024);
    int64_t warned_at;
    size_t n;

    enum meta_version_state state = meta_version_at(setting, today.date, &found);
    TRY(load_warned(rq, &warned_at));
    list = meta_versions(&n);
    json_obj(j);
    json_key(j, "setting"), json_str(j, setting);
    json_key(j, "state"), json_str(j, str_of(meta_version_slug(state)));
    write_day(j, "ends_on", found ? found->marketing_ends_on : NULL);
    json_key(j, "items"), json_arr(j);
    for (size_t i = 0; i < n; i++) {
        json_obj(j);
        json_key(j, "version"), json_str(j, str_of(list[i].name));
        write_day(j, "released_on", list[i].released_on);
        write_day(j, "core_ends_on", list[i].core_ends_on);
        write_day(j, "marketing_ends_on", list[i].marketing_ends_on);
        json_end(j);
    }
    json_end(j);
    json_key(j, "warned_at");
    if (warned_at)
        json_int(j, warned_at);
    else
        json_null(j);
    json_end(j);
    TRY(resp_json(rs, j));
out:
    return err;
}
