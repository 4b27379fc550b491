/* users_store.c: rows in, rows out. */
#include "core/version.h"
#include "users/users.h"
#include "users/users.sql.h"

bool email_is_valid(struct str email)
{
    struct str rest = email, name, dot;

    if (email.len > 254 || !str_cut(&rest, '@', &name) || !name.len || !rest.len)
        return false;
    for (size_t i = 0; i < email.len; i++) {
        unsigned char c = (unsigned char)email.ptr[i];
        if (c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' || c == ',' || c == ';')
            return false;
    }
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] == '@')
            return false;
    return str_cut(&rest, '.', &dot) && dot.len && rest.len && rest.ptr[rest.len - 1] != '.';
}

enum err user_find(struct tx *tx, struct str email, int64_t *id)
{
    enum err err;
    bool found;

    TRY(db_get_int(tx, &q_users_find,
                   ARGS(a_str("email", str_fold(tx_ctx(tx)->arena, str_trim(email)))), id, &found));
    if (!found)
        err = tx_fail(tx, ERR_NOT_FOUND, "there is no user %.*s", STR_FMT(email));
out:
    return err;
}

enum err user_password_hash(struct ctx *cx, struct app *app, struct str password,
                            const struct user_new *u, struct str *hash)
{
    const char *fault;

    *hash = (struct str){0};
    if (!password.len)
        return OK;
    fault = password_fault(password, u->email, u->full_name);
    if (fault) {
        fail_field(cx, "password", fault);
        return fail(cx, ERR_FIELDS, "the password is refused: %s", fault);
    }
    return auth_password_hash(cx, app, password, hash);
}

enum err user_check_team(struct tx *tx, enum role role, int64_t team_id)
{
    enum err err = OK;
    int64_t id;
    bool is_there = true;

    if (team_id)
        TRY(db_get_int(tx, &q_users_team, ARGS(a_int("id", team_id)), &id, &is_there));
    if (!is_there)
        fail_field(tx_ctx(tx), "team_id", "not_found");
    if (!team_id && (role == ROLE_TARGETOLOGIST || role == ROLE_TEAM_LEAD))
        fail_field(tx_ctx(tx), "team_id", "missing");
    if (ctx_fields(tx_ctx(tx)))
        err = tx_fail(tx, ERR_FIELDS, "the role and the team do not fit");
out:
    return err;
}

enum err user_create(struct tx *tx, const struct user_new *u, int64_t *id)
{
    enum err err;
    struct ctx *cx = tx_ctx(tx);
    struct str email = str_fold(cx->arena, str_trim(u->email));
    int64_t other;
    bool taken;

    if (!email_is_valid(email)) {
        fail_field(cx, "email", "not_an_email");
        TRY(tx_fail(tx, ERR_FIELDS, "%.*s is not an e-mail address", STR_FMT(email)));
    }
    TRY(db_get_int(tx, &q_users_find, ARGS(a_str("email", email)), &other, &taken));
    if (taken)
        TRY(tx_fail(tx, ERR_CONFLICT, "there is a user %.*s already", STR_FMT(email)));
    TRY(user_check_team(tx, u->role, u->team_id));
    TRY(db_get_int(tx, &q_users_insert,
                   ARGS(a_str("email", email), a_str("full_name", u->full_name),
                        a_str("role", str_of(role_name(u->role))), a_id("team_id", u->team_id),
                        a_opt("password_hash", u->password_hash),
                        a_str("locale", u->locale.len ? u->locale : S("ru")),
                        a_int("created_at", now_ms(cx)),
                        a_id("password_changed_at", u->password_hash.len ? now_ms(cx) : 0)),
                   id, NULL));
    TRY(version_bump(tx));
out:
    return err;
}

enum err user_set_password(struct tx *tx, int64_t id, struct str hash)
{
    enum err err;

    TRY(db_exec(
        tx, &q_users_set_password,
        ARGS(a_str("password_hash", hash), a_int("at", now_ms(tx_ctx(tx))), a_int("id", id)),
        NULL));
    TRY(auth_end_sessions(tx, id, S("password")));
out:
    return err;
}

enum err user_set_disabled(struct tx *tx, int64_t id, bool disabled)
{
    enum err err;
    int64_t others = 1;

    if (disabled)
        TRY(db_get_int(tx, &q_users_not_last_admin, ARGS(a_int("id", id)), &others, NULL));
    if (!others)
        TRY(tx_fail(tx, ERR_CONFLICT, "the last admin cannot be disabled"));
    TRY(db_exec(tx, &q_users_set_disabled,
                ARGS(a_id("disabled_at", disabled ? now_ms(tx_ctx(tx)) : 0), a_int("id", id)),
                NULL));
    if (disabled)
        TRY(auth_end_sessions(tx, id, S("disabled")));
    TRY(version_bump(tx));
out:
    return err;
}

enum err users_each(struct tx *tx, void (*row)(void *self, const struct user_row *u), void *self)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_users_list, NO_ARGS, &rows));
    while (rows_next(rows))
        row(self, &(struct user_row){.id = col_int(rows, "id"),
                                     .email = col_str(rows, "email"),
                                     .full_name = col_str(rows, "full_name"),
                                     .role = col_str(rows, "role"),
                                     .team_name = col_str(rows, "team_name"),
                                     .is_disabled = !col_is_null(rows, "disabled_at")});
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}
