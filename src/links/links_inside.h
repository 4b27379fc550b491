/* links_inside.h: what the files of this slice share; nobody else includes it. */
#pragma once
#include "core/auth.h"
#include "links/links.h"
#include "links/links_url.h"

/* ---- hosts that addresses may be on ---- */
struct link_hosts {
    struct str *at; /* lower case */
    size_t n, cap;
};
enum err link_hosts_load(struct tx *tx, const struct app *app, struct link_hosts *out) MUST_USE;
bool link_hosts_hold(const struct link_hosts *h, struct str host);

/* ---- codes in memory ---- */
struct link_cache; /* owns its lock */
struct link_cache *link_cache_new(void);
void link_cache_free(struct link_cache **c);
/* Reads all links, unless nothing has changed since the last time and force is false. */
enum err link_cache_load(struct link_cache *c, struct ctx *cx, struct app *app,
                         bool force) MUST_USE;
struct link_ask {
    struct str code, query; /* the query raw */
    int64_t now_ms;
};
enum link_state { LINK_UNKNOWN, LINK_ENDED, LINK_OPEN };
struct link_answer {
    enum link_state state;
    int64_t id;
    struct str location; /* in the arena given */
};
struct link_answer link_cache_answer(struct link_cache *c, struct arena *a,
                                     const struct link_ask *ask);

/* ---- clicks ---- */
enum click_class { CLICK_HUMAN, CLICK_BOT, CLICK_PREVIEW };
const char *click_class_name(enum click_class c);
enum click_class click_class_of(struct str agent);
/* "203.0.113.0/24", "2001:db8:1::/48": nobody in particular. */
struct str click_prefix(struct arena *a, struct str remote_ip);
struct str click_host(struct arena *a, struct str referrer); /* empty when there is none */
struct click {
    int64_t link_id, at;
    enum click_class class;
    struct str prefix, agent, host;
};
struct link_cache *links_codes(struct links_live *l);
/* Never waits for the database; a click that finds no room is counted and gone. */
void links_click(struct links_live *l, const struct click *c);
/* Stores clicks in one transaction. */
struct click_list {
    const struct click *at;
    size_t n;
};
enum err clicks_store(struct ctx *cx, struct app *app, const struct click_list *list) MUST_USE;

/* ---- routes ---- */
handler_fn link_redirect;
handler_fn link_clicks_show;
handler_fn link_build, link_hosts_show, link_hosts_replace;
handler_fn templates_list, template_create, template_update, template_archive;

/* ERR_NOT_FOUND also when it is another team's; owner may be NULL. */
enum err link_find(struct tx *tx, struct req *rq, int64_t id, struct str *json,
                   int64_t *owner) MUST_USE;

/* ---- input ---- */
/* Fields utm_source ... utm_term of a body; has says which were there. */
struct tags_input {
    struct link_tags tags;
    bool has[LINK_NTAGS];
};
void input_tags(struct ctx *cx, const struct json_in *body, struct tags_input *out);
/* The field target, taken apart and on a listed host; faults are noted. Absent: false. */
bool input_target(struct ctx *cx, const struct json_in *body, const struct link_hosts *hosts,
                  struct link_url *out);
/* A template that the user may see: fills the tags that has leaves empty; id 0 takes the team's
 * default. A wrong id is a fault of template_id. */
struct template_ask {
    int64_t id, team_id;
};
enum err template_fill(struct tx *tx, struct req *rq, const struct template_ask *ask,
                       struct tags_input *in) MUST_USE;
/* Who works in a team makes links and templates for it; an admin says whose they are, or nobody's.
 * Faults are of team_id. */
enum err link_team_check(struct tx *tx, struct req *rq, int64_t *team_id) MUST_USE;
