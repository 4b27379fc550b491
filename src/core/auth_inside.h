/* auth_inside.h: what the files of sign-in share. Included by core/auth_*.c and gate.c only.
 * The one rule: a token or code leaves these files only towards the one it was made for. */
#pragma once
#include "core/auth.h"

enum {
    ACCESS_LIFE_MS = 15 * 60 * 1000,
    GRACE_MS = 10 * 1000,
    TOUCH_MS = 60 * 1000,
    CODE_BYTES = 32,
    SESSION_ID_BYTES = 16,
    TOKEN_MOST = 4096
};
#define DAY_MS (24 * 3600 * 1000LL)
#define SESSION_LIFE_MS (30 * DAY_MS)
#define SESSION_IDLE_MS (7 * DAY_MS)
#define LOGIN_PERIOD_MS (15 * 60 * 1000LL)

/* What identify learned, for the gate; rq->user points at its first member. */
struct identity {
    struct user user;
    int64_t data_version; /* read with the session, so before any data */
    int64_t rate_left, rate_reset_ms;
    bool is_hit;
};
/* NULL on public routes. Only for requests that went through auth_identify. */
struct identity *identity_of(const struct req *rq);

/* ---- cookies ---- */
enum cookie { COOKIE_ACCESS, COOKIE_REFRESH };
struct str cookie_read(struct req *rq, enum cookie which); /* empty when absent */
bool cookie_any(struct req *rq);                           /* one of ours was sent */
void cookies_clear(struct req *rq, struct resp *rs);

/* ---- sessions ---- */
struct issued {
    struct str access, refresh;
    struct str user; /* as JSON; read before the commit, so that nothing can fail after it */
    int64_t access_expires_at; /* ms */
};
struct session_row { /* as far as its life goes */
    int64_t last_used_at, expires_at, ended_at, disabled_at;
};
/* Time as the session knows it: a clock that was set back does not bring a session back. */
int64_t session_now(const struct session_row *s, int64_t now);
bool session_is_live(const struct session_row *s, int64_t now);
enum err session_start(struct tx *tx, struct req *rq, int64_t user_id, struct issued *out) MUST_USE;
/* {"id":…} as the API shows a user to themselves. */
enum err user_card(struct tx *tx, int64_t user_id, struct str *json) MUST_USE;
struct str access_token(struct req *rq, int64_t user_id, struct str session_id,
                        int64_t *expires_at);
enum err session_end(struct tx *tx, struct str session_id, struct str reason) MUST_USE;
/* Ends the sessions of a user but one. */
enum err sessions_end_others(struct tx *tx, int64_t user_id, struct str except,
                             struct str reason) MUST_USE;
/* The answer to login, refresh and set-up: cookies, or the tokens in the body when asked for. */
enum err answer_signed_in(struct req *rq, struct resp *rs, const struct issued *in,
                          bool in_body) MUST_USE;

/* ---- refresh ---- */
enum err refresh_insert(struct tx *tx, struct req *rq, struct str session_id,
                        struct str *token) MUST_USE;
struct str secret_hash(struct arena *a, struct str text); /* BLAKE2b, for look-ups */
handler_fn auth_refresh, auth_logout;

/* ---- login ---- */
struct str clean_text(struct arena *a, struct str s, size_t most); /* UTF-8, cut, no controls */
enum err login_event(struct tx *tx, struct req *rq, int64_t user_id, struct str email,
                     const char *result) MUST_USE;
/* Checks a password behind the hashing door; an empty phc costs the same and never matches. */
enum err password_check(struct ctx *cx, struct app *app, struct str phc, struct str password,
                        bool *matches) MUST_USE;
enum err login_allowed(struct req *rq, struct str email) MUST_USE; /* ERR_RATE when locked */
void login_forgiven(struct req *rq, struct str email);             /* the password was right */
handler_fn auth_login, auth_change_password;

/* ---- set-up and invitations ---- */
handler_fn auth_setup_show, auth_setup_use;
/* Faults of a new password under `field`. */
void check_password(struct ctx *cx, const char *field, struct str password, struct str email,
                    struct str full_name);
/* Text exactly as sent: passwords and codes are not trimmed. */
bool input_exact(struct ctx *cx, const struct json_in *body, const char *field, struct str *out);
/* The parsed body, or an empty object when there is none. */
enum err optional_body(struct req *rq, const char *const *allowed,
                       const struct json_in **out) MUST_USE;
