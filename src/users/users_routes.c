/* users_routes.c: the admin's list of people. */
#include "core/answer.h"
#include "core/input.h"
#include "users/users.h"
#include "users/users.sql.h"

static void write_user(struct json_out *j, struct rows *rows)
{
    json_obj(j);
    json_key(j, "id"), json_int(j, col_int(rows, "id"));
    json_key(j, "email"), json_str(j, col_str(rows, "email"));
    json_key(j, "full_name"), json_str(j, col_str(rows, "full_name"));
    json_key(j, "role"), json_str(j, col_str(rows, "role"));
    json_opt_int(j, "team_id", rows, "team_id");
    json_opt_str(j, "team_name", rows, "team_name");
    json_key(j, "locale"), json_str(j, col_str(rows, "locale"));
    json_key(j, "created_at"), json_int(j, col_int(rows, "created_at"));
    json_opt_int(j, "disabled_at", rows, "disabled_at");
    json_key(j, "has_password"), json_bool(j, col_int(rows, "has_password"));
    json_opt_int(j, "last_login_at", rows, "last_login_at");
    json_end(j);
}

static enum err user_json(struct tx *tx, int64_t id, struct str *out)
{
    return row_json(tx, &q_users_one, ARGS(a_int("id", id)), write_user, out);
}

static enum err list(struct req *rq, struct resp *rs)
{
    return answer_list(rq, rs, &q_users_list, NO_ARGS, write_user);
}

static void read_role(struct ctx *cx, const struct json_in *body, enum role *role)
{
    struct str name;

    if (!input_text(cx, body, "role", 1, 20, &name))
        return;
    if (!role_parse(name, role) || *role == ROLE_PUBLIC)
        fail_field(cx, "role", "not_a_choice");
}

static void read_locale(struct ctx *cx, const struct json_in *body, struct str *locale)
{
    if (input_text_opt(cx, body, "locale", 2, 2, locale) && !str_eq(*locale, S("ru")) &&
        !str_eq(*locale, S("kk")) && !str_eq(*locale, S("en")) && !str_eq(*locale, S("pt")))
        fail_field(cx, "locale", "not_a_choice");
}

static enum err read_new(struct req *rq, struct user_new *u)
{
    enum err err;
    static const char *const allowed[] = {"email",  "full_name", "role", "team_id",
                                          "locale", "password",  NULL};
    const struct json_in *body;
    struct str password = {0};

    *u = (struct user_new){0};
    TRY(req_json(rq, allowed, &body));
    if (input_text(&rq->cx, body, "email", 3, 254, &u->email) && !email_is_valid(u->email))
        fail_field(&rq->cx, "email", "not_an_email");
    input_text(&rq->cx, body, "full_name", 1, 200, &u->full_name);
    read_role(&rq->cx, body, &u->role);
    input_id(&rq->cx, body, "team_id", &u->team_id);
    read_locale(&rq->cx, body, &u->locale);
    if (input_has(body, "password") &&
        (!json_as_str(json_get(body, "password"), &password) || !password.len))
        fail_field(&rq->cx, "password", "missing");
    TRY(ctx_fields(&rq->cx));
    TRY(user_password_hash(&rq->cx, rq->app, password, u, &u->password_hash));
out:
    return err;
}

static struct str with_invite(struct arena *arena, struct str user, struct str link)
{
    if (!link.len)
        return arena_fmt(arena, "{\"user\":%.*s,\"invite_link\":null}", STR_FMT(user));
    /* The link is made of URL characters only, so it needs no escapes. */
    return arena_fmt(arena, "{\"user\":%.*s,\"invite_link\":\"%.*s\"}", STR_FMT(user),
                     STR_FMT(link));
}

static enum err create(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct user_new u;
    struct str json, link = {0};
    int64_t id;

    TRY(read_new(rq, &u));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(user_create(tx, &u, &id));
    if (!u.password_hash.len)
        TRY(auth_invite_link(tx, rq->app, id, &link));
    TRY(user_json(tx, id, &json));
    TRY(audit_change(tx, rq, "user.create", "app_user", id, (struct str){0}, json));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 201, with_invite(rq->cx.arena, json, link)));
out:
    tx_end(&tx);
    return err;
}

struct user_patch {
    struct str full_name, locale;
    enum role role; /* ROLE_PUBLIC = as it is */
    int64_t team_id;
    bool team_given;
};

static enum err read_patch(struct req *rq, struct user_patch *p)
{
    enum err err;
    static const char *const allowed[] = {"full_name", "role", "team_id", "locale", NULL};
    const struct json_in *body;

    *p = (struct user_patch){0};
    TRY(req_json(rq, allowed, &body));
    input_text_opt(&rq->cx, body, "full_name", 1, 200, &p->full_name);
    if (input_has(body, "role"))
        read_role(&rq->cx, body, &p->role);
    read_locale(&rq->cx, body, &p->locale);
    p->team_given = input_has(body, "team_id");
    input_id(&rq->cx, body, "team_id", &p->team_id);
    TRY(ctx_fields(&rq->cx));
out:
    return err;
}

struct place { /* where someone stands */
    enum role role;
    int64_t team_id;
};

static enum err load_place(struct tx *tx, int64_t id, struct place *out)
{
    enum err err;
    struct rows *rows = NULL;

    *out = (struct place){0};
    TRY(db_query(tx, &q_users_place, ARGS(a_int("id", id)), &rows));
    while (rows_next(rows)) {
        out->team_id = col_int(rows, "team_id");
        if (!role_parse(col_str(rows, "role"), &out->role))
            out->role = ROLE_PUBLIC;
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* A new role or team takes effect at once: the old sessions end. */
static enum err apply_place(struct tx *tx, int64_t id, const struct user_patch *p)
{
    enum err err;
    struct place was, is;
    int64_t may_leave = 1;

    TRY(load_place(tx, id, &was));
    is = (struct place){p->role ? p->role : was.role, p->team_given ? p->team_id : was.team_id};
    if (is.role == was.role && is.team_id == was.team_id)
        goto out;
    TRY(user_check_team(tx, is.role, is.team_id));
    if (is.role != ROLE_ADMIN)
        TRY(db_get_int(tx, &q_users_not_last_admin, ARGS(a_int("id", id)), &may_leave, NULL));
    if (!may_leave)
        TRY(tx_fail(tx, ERR_CONFLICT, "the last admin must stay one"));
    TRY(auth_end_sessions(tx, id, S("role")));
out:
    return err;
}

static enum err apply_patch(struct tx *tx, int64_t id, const void *what)
{
    enum err err;
    const struct user_patch *p = what;

    TRY(apply_place(tx, id, p));
    TRY(db_exec(tx, &q_users_update,
                ARGS(a_int("id", id), a_opt("full_name", p->full_name),
                     a_opt("role", p->role ? str_of(role_name(p->role)) : (struct str){0}),
                     a_opt("locale", p->locale), a_int("team_given", p->team_given),
                     a_id("team_id", p->team_id)),
                NULL));
out:
    return err;
}

static enum err user_before_after(struct tx *tx, struct req *rq, int64_t id, struct str *out)
{
    (void)rq; /* only admins come here, and they see everybody */
    return user_json(tx, id, out);
}

static enum err update(struct req *rq, struct resp *rs)
{
    enum err err;
    struct user_patch patch;
    struct row_change change = {.entity = "app_user",
                                .action = "user.update",
                                .json = user_before_after,
                                .apply = apply_patch,
                                .what = &patch};

    TRY(param_id(rq, 0, &change.id));
    TRY(read_patch(rq, &patch));
    TRY(answer_change(rq, rs, &change));
out:
    return err;
}

static enum err apply_disabled(struct tx *tx, int64_t id, const void *disabled)
{
    return user_set_disabled(tx, id, *(const bool *)disabled);
}

static enum err set_disabled(struct req *rq, struct resp *rs, bool disabled)
{
    enum err err;
    struct row_change change = {.entity = "app_user",
                                .action = disabled ? "user.disable" : "user.enable",
                                .json = user_before_after,
                                .apply = apply_disabled,
                                .what = &disabled};

    TRY(param_id(rq, 0, &change.id));
    TRY(answer_change(rq, rs, &change));
out:
    return err;
}

static enum err disable(struct req *rq, struct resp *rs)
{
    return set_disabled(rq, rs, true);
}

static enum err enable(struct req *rq, struct resp *rs)
{
    return set_disabled(rq, rs, false);
}

static enum err invite(struct req *rq, struct resp *rs)
{
    enum err err;
    struct tx *tx = NULL;
    struct str json, link;
    int64_t id;

    TRY(param_id(rq, 0, &id));
    TRY(tx_begin(&rq->cx, rq->app->db, TX_WRITE, &tx));
    TRY(user_json(tx, id, &json));
    TRY(auth_invite_link(tx, rq->app, id, &link));
    TRY(audit_change(tx, rq, "user.invite", "app_user", id, (struct str){0}, (struct str){0}));
    TRY(tx_commit(tx));
    TRY(answer_json(rs, 200, with_invite(rq->cx.arena, json, link)));
out:
    tx_end(&tx);
    return err;
}

const struct route users_routes[] = {
    {GET,   "/api/v1/users",              ROLE_ADMIN, RATE_READ,  list,    0, 0},
    {POST,  "/api/v1/users",              ROLE_ADMIN, RATE_WRITE, create,  0, 0},
    {PATCH, "/api/v1/users/{id}",         ROLE_ADMIN, RATE_WRITE, update,  0, 0},
    {POST,  "/api/v1/users/{id}/disable", ROLE_ADMIN, RATE_WRITE, disable, 0, 0},
    {POST,  "/api/v1/users/{id}/enable",  ROLE_ADMIN, RATE_WRITE, enable,  0, 0},
    {POST,  "/api/v1/users/{id}/invite",  ROLE_ADMIN, RATE_WRITE, invite,  0, 0},
};
const size_t users_nroutes = COUNT(users_routes);
