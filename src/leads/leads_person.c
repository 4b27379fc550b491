/* leads_person.c: who is who. Every subject with a key is a person of its own; two that share a key
 * are joined by a merge that can be taken back; a person is all that hang together. */
#include "core/dirty.h"
#include "leads/leads_inside.h"
#include "leads/people.sql.h"

struct member {          /* of those who hang together */
    int64_t id, root_id; /* under whom it is so far */
};
struct members {
    struct member *at;
    size_t n, cap;
};

/* The person that the subject alone is; made when it has none yet. */
static enum err own_person(struct tx *tx, const struct identity_subject *s, int64_t *id)
{
    enum err err;
    bool found;

    TRY(db_get_int(tx, &q_people_of_subject,
                   ARGS(a_str("subject_kind", str_of(s->kind)), a_int("subject_id", s->id)), id,
                   &found));
    if (!found)
        TRY(db_get_int(tx, &q_people_new, ARGS(a_int("at", now_ms(tx_ctx(tx)))), id, NULL));
out:
    return err;
}

static enum err put_merge(struct tx *tx, int64_t person, int64_t other,
                          const struct identity_key *key)
{
    return db_exec(tx, &q_people_merge_put,
                   ARGS(a_int("person_id", person < other ? person : other),
                        a_int("other_id", person < other ? other : person),
                        a_str("kind", str_of(key->kind)), a_blob("hash", key->hash),
                        a_int("at", now_ms(tx_ctx(tx)))),
                   NULL);
}

static enum err add_key(struct tx *tx, const struct identity_subject *s, int64_t person,
                        const struct identity_key *key, bool *is_news)
{
    enum err err;
    int64_t added = 0, other = 0;

    TRY(db_exec(tx, &q_people_key_put,
                ARGS(a_str("kind", str_of(key->kind)), a_blob("hash", key->hash),
                     a_str("subject_kind", str_of(s->kind)), a_int("subject_id", s->id),
                     a_int("person_id", person), a_int("at", now_ms(tx_ctx(tx)))),
                &added));
    if (!added)
        goto out;
    *is_news = true;
    TRY(db_get_int(tx, &q_people_with_key,
                   ARGS(a_str("kind", str_of(key->kind)), a_blob("hash", key->hash),
                        a_int("person_id", person)),
                   &other, NULL));
    if (other)
        TRY(put_merge(tx, person, other, key));
out:
    return err;
}

/* ---- settling ---- */

static enum err read_together(struct tx *tx, int64_t person, struct members *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_people_together, ARGS(a_int("person_id", person)), &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, out) =
            (struct member){col_int(rows, "id"), col_int(rows, "root_id")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* All of them go under the oldest; the one that has just come may have subjects under nobody. */
static enum err move_under(struct tx *tx, const struct members *persons, int64_t newcomer)
{
    enum err err = OK;
    int64_t root = persons->at[0].id;

    for (size_t i = 0; i < persons->n; i++) {
        const struct member *m = &persons->at[i];
        const struct arg args[] = {a_int("root_id", root), a_int("id", m->id)};
        if (m->root_id == root && m->id != newcomer)
            continue;
        TRY(db_exec(tx, &q_people_root_put, args, COUNT(args), NULL));
        TRY(db_exec(tx, &q_people_leads_move, args, COUNT(args), NULL));
        TRY(db_exec(tx, &q_people_stages_move, args, COUNT(args), NULL));
    }
    TRY(db_exec(tx, &q_people_crm_stages_move, ARGS(a_int("person_id", root)), NULL));
out:
    return err;
}

static enum err read_leads(struct tx *tx, int64_t root, struct person_leads *out)
{
    enum err err;
    struct rows *rows = NULL;

    TRY(db_query(tx, &q_people_leads, ARGS(a_int("person_id", root)), &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, out) =
            (struct person_lead){.id = col_int(rows, "id"),
                                 .source_kind = col_str(rows, "source_kind"),
                                 .external_id = col_str(rows, "external_id"),
                                 .created_at = col_int(rows, "created_at"),
                                 .day = col_str(rows, "day"),
                                 .old_duplicate_of = col_int(rows, "duplicate_of")};
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

/* The product of what counts may be the deal's, so the day of what is repeated changes too. */
static enum err mark_day_of(struct tx *tx, int64_t lead_id)
{
    enum err err = OK;
    struct rows *rows = NULL;
    struct str day = {0};

    if (!lead_id)
        return OK;
    TRY(db_query(tx, &q_people_day_of_lead, ARGS(a_int("id", lead_id)), &rows));
    if (rows_next(rows))
        day = col_str(rows, "day");
    TRY(rows_end(&rows));
    if (day.len)
        TRY(dirty_day(tx, day));
out:
    rows_drop(&rows);
    return err;
}

static enum err put_duplicates(struct tx *tx, const struct person_leads *leads)
{
    enum err err = OK;

    for (size_t i = 0; i < leads->n; i++) {
        const struct person_lead *l = &leads->at[i];
        if (l->duplicate_of == l->old_duplicate_of)
            continue;
        TRY(db_exec(tx, &q_people_duplicate_put,
                    ARGS(a_int("id", l->id), a_id("duplicate_of", l->duplicate_of)), NULL));
        TRY(dirty_day(tx, l->day));
        TRY(mark_day_of(tx, l->duplicate_of));
        TRY(mark_day_of(tx, l->old_duplicate_of));
    }
out:
    return err;
}

struct told_stage {
    int64_t id, at, lead_id;
};

static enum err put_stages(struct tx *tx, int64_t root, const struct person_leads *leads)
{
    enum err err;
    struct rows *rows = NULL;
    VEC(struct told_stage) stages = {0};

    TRY(db_query(tx, &q_people_stages, ARGS(a_int("person_id", root)), &rows));
    while (rows_next(rows))
        *vec_add(tx_ctx(tx)->arena, &stages) =
            (struct told_stage){col_int(rows, "id"), col_int(rows, "at"), col_int(rows, "lead_id")};
    TRY(rows_end(&rows));
    for (size_t i = 0; i < stages.n; i++) {
        int64_t lead = person_lead_at(leads, stages.at[i].at);
        if (lead != stages.at[i].lead_id)
            TRY(db_exec(tx, &q_people_stage_put,
                        ARGS(a_int("id", stages.at[i].id), a_id("lead_id", lead)), NULL));
    }
out:
    rows_drop(&rows);
    return err;
}

/* Which of the person's leads count, and whose stages are whose. */
static enum err settle_leads(struct tx *tx, const struct app *app, int64_t root)
{
    enum err err;
    struct person_leads leads = {0};

    TRY(read_leads(tx, root, &leads));
    person_find_duplicates(&leads, app->config.lead_duplicate_days);
    TRY(put_duplicates(tx, &leads));
    TRY(put_stages(tx, root, &leads));
out:
    return err;
}

enum err person_settle(struct tx *tx, const struct app *app, int64_t person)
{
    enum err err;
    struct members together = {0};

    TRY(read_together(tx, person, &together));
    TRY(move_under(tx, &together, person));
    TRY(settle_leads(tx, app, together.at[0].id));
out:
    return err;
}

enum err person_join(struct tx *tx, const struct app *app, const struct identity_subject *subject,
                     const struct identity_keys *keys)
{
    enum err err;
    int64_t person = 0, root = 0;
    bool is_news = false;

    TRY(own_person(tx, subject, &person));
    for (size_t i = 0; i < keys->n; i++)
        TRY(add_key(tx, subject, person, &keys->at[i], &is_news));
    if (is_news)
        return person_settle(tx, app, person);
    /* Nobody joins; but when it came, and what it is, may be told anew. */
    TRY(db_get_int(tx, &q_people_root, ARGS(a_int("id", person)), &root, NULL));
    TRY(settle_leads(tx, app, root));
out:
    return err;
}
