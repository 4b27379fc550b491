/* users.h: people with an account.
 * The one rule: nobody is deleted, only disabled; and the last admin stays one. */
#pragma once
#include "core/auth.h"

struct user_new {
    struct str email, full_name;
    enum role role;
    int64_t team_id;          /* 0 = none */
    struct str locale;        /* empty = ru */
    struct str password_hash; /* empty: chosen later through an invitation */
};
/* Checks the password rules and hashes; slow, so never inside a transaction. An empty password
 * gives an empty hash; ERR_FIELDS says what is wrong with it. */
enum err user_password_hash(struct ctx *cx, struct app *app, struct str password,
                            const struct user_new *u, struct str *hash) MUST_USE;
/* ERR_CONFLICT when the address is taken; ERR_FIELDS names what is wrong. */
enum err user_create(struct tx *tx, const struct user_new *u, int64_t *id) MUST_USE;
/* Who works in a team must have one, and it must be there: ERR_FIELDS under team_id. */
enum err user_check_team(struct tx *tx, enum role role, int64_t team_id) MUST_USE;
enum err user_find(struct tx *tx, struct str email, int64_t *id) MUST_USE; /* ERR_NOT_FOUND */
/* Both end the user's sessions at once. */
enum err user_set_password(struct tx *tx, int64_t id, struct str hash) MUST_USE;
enum err user_set_disabled(struct tx *tx, int64_t id, bool disabled) MUST_USE;
bool email_is_valid(struct str email); /* something@some.where, at most 254 bytes */

/* Prints every user to `row`, for the command line. */
struct user_row {
    int64_t id;
    struct str email, full_name, role, team_name;
    bool is_disabled;
};
enum err users_each(struct tx *tx, void (*row)(void *self, const struct user_row *u),
                    void *self) MUST_USE;

extern const struct route users_routes[];
extern const size_t users_nroutes;
