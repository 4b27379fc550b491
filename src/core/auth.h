/* auth.h: who is asking. Sessions are rows; a token only names one.
 * The one rule: rows a user may see are found through user_scope() and nothing else. */
#pragma once
#include "core/app.h"
#include "core/job.h"
#include "core/roles.h"
#include "http/http.h"

struct user { /* the signed-in user of this request; in the request's arena */
    int64_t id;
    enum role role;
    int64_t team_id; /* 0 = none */
    struct str email, full_name, locale;
    struct str session_id;
    bool by_cookie; /* unsafe methods then need our header and a same-origin fetch */
};

/* The visible set of teams as query arguments: every read that shows team rows binds
 * :scope_all and :scope_team. An admin sees all; others their own team; without a team nothing. */
struct scope {
    bool all;
    int64_t team_id; /* -1 when the user has none: matches no row */
};
struct scope user_scope(const struct user *u);
#define SCOPE_ARGS(s) a_int("scope_all", (s).all ? 1 : 0), a_int("scope_team", (s).team_id)

extern const struct route auth_routes[];
extern const size_t auth_nroutes;

/* Access token (JWT, HS256): see auth_token.c. Times in seconds since 1970, UTC. */
struct token_claims {
    int64_t user_id;
    struct str session_id;
    int64_t issued_at, expires_at;
    struct str token_id; /* jti; empty: token_make draws one */
};
struct str token_make(struct arena *a, const unsigned char key[CRYPTO_KEY],
                      const struct token_claims *c);
enum err
token_read(struct ctx *cx, const unsigned char key[CRYPTO_KEY], struct str token,
           struct token_claims *out) MUST_USE; /* ERR_AUTH for every defect and when expired */

/* Fills rq->user from the cookie or the Authorization header; ERR_AUTH when missing or wrong. */
enum err auth_identify(struct req *rq) MUST_USE;

/* Makes the one-time link that lets the first admin choose a password (15 minutes, single use).
 * Sets *link to an empty view when there is an admin already. */
enum err auth_setup_link(struct ctx *cx, struct app *app, struct str *link) MUST_USE;

/* Makes a single-use invitation link (7 days) for a user who has no password yet or must choose a
 * new one; earlier invitations of that user stop working. */
enum err auth_invite_link(struct tx *tx, const struct app *app, int64_t user_id,
                          struct str *link) MUST_USE;

/* password_hash behind the door that lets two hashes run at once; ERR_BUSY beyond its queue. Never
 * call it inside a transaction. */
enum err auth_password_hash(struct ctx *cx, struct app *app, struct str password,
                            struct str *phc) MUST_USE;

extern const struct job auth_jobs[]; /* auth.sweep: forgets what can no longer be used */
extern const size_t auth_njobs;

/* Password rules (ASVS 6.2): slug of what is wrong, or NULL. Context: e-mail and name are refused.
 */
const char *password_fault(struct str password, struct str email, struct str full_name);

/* Ends every session of a user at once: disable, new password, new role. */
enum err auth_end_sessions(struct tx *tx, int64_t user_id, struct str reason) MUST_USE;
