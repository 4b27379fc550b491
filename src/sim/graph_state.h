/* graph_state.h: what the fake Graph API remembers between calls: codes, tokens, runs, hooks.
 * The one rule: what is handed out is a copy whose texts live as long as the simulator. */
#pragma once
#include "sim/sim_inside.h"
#include "sim/world_forms.h"

struct graph_code { /* of one consent */
    struct str code, app_id, redirect_uri, scopes;
};
struct graph_person { /* a token that was made out of one */
    struct str token, app_id, scopes;
    int64_t expires_ms; /* 0: never */
    bool is_revoked;
};
struct graph_run { /* a report */
    int64_t id, started_ms;
    struct str node, form; /* "act_1"; what was asked, as a form */
    int token_index;
    enum sim_report fate;
    int polls;
};
struct graph_hook { /* where an app wants its webhooks */
    struct str app_id, url;
};

struct graph_state *graph_state_new(struct arena *a);
void graph_state_free(struct graph_state **s);

/* Keeps a copy and gives it its code. */
struct str graph_code_put(struct sim *s, const struct graph_code *code);
/* A code is good once. */
bool graph_code_take(struct sim *s, struct str code, struct graph_code *out);
/* lives_s: 0 = for ever. */
struct graph_person graph_person_put(struct sim *s, const struct graph_code *code, int64_t lives_s);
bool graph_person_find(struct sim *s, struct str token, struct graph_person *out);
void graph_person_revoke(struct sim *s, struct str token);

/* Gives it id, time and fate. */
struct graph_run graph_run_put(struct sim *s, const struct graph_run *run);
/* Counts the question when is_poll. */
bool graph_run_find(struct sim *s, struct str id, bool is_poll, struct graph_run *out);

void graph_page_set(struct sim *s, int page, bool is_subscribed);
bool graph_page_is_set(struct sim *s, int page);
void graph_hook_set(struct sim *s, const struct graph_hook *hook);
struct graph_hook graph_hook_of(struct sim *s);
/* Until when the hook was told of leads; moves it on when to is above it. */
int64_t graph_told_until(struct sim *s, int64_t to);
