/* migrate.c: brings a database to this program's version, forward only. */
#include "base/crypto.h"
#include "base/log.h"
#include "db/migrate.sql.h"
#include "db/pool.h"

#include <inttypes.h>
#include <string.h>

struct migration {
    int64_t version;
    struct str name; /* "0001_first" */
    struct str sql;
};
struct migrations {
    struct migration *at;
    size_t n, cap;
};

/* ---- the files ---- */

static bool takes_pg_files(const struct db *db)
{
    return strcmp(db->driver->scheme, "postgres") == 0;
}

/* "0001_first" of "0001_first.sql"; where both are there, an engine takes its own file. */
static bool is_for_engine(const struct db *db, const struct embedded_folder *files, struct str file,
                          struct str *name)
{
    struct str stem = file;

    if (str_ends(file, S(".pg.sql"))) {
        stem.len -= S(".pg.sql").len;
        *name = stem;
        return takes_pg_files(db);
    }
    if (!str_ends(file, S(".sql")))
        return false;
    stem.len -= S(".sql").len;
    *name = stem;
    for (size_t i = 0; takes_pg_files(db) && i < files->n; i++) {
        struct str other = str_of(files->files[i].name);
        if (str_ends(other, S(".pg.sql")) && other.len == stem.len + S(".pg.sql").len &&
            str_starts(other, stem))
            return false;
    }
    return true;
}

static enum err read_files(struct ctx *cx, const struct db *db, const struct embedded_folder *files,
                           struct migrations *out)
{
    for (size_t i = 0; i < files->n; i++) {
        const struct embedded_file *f = &files->files[i];
        struct str name, rest, number;
        int64_t version;

        if (!is_for_engine(db, files, str_of(f->name), &name))
            continue;
        rest = name;
        if (!str_cut(&rest, '_', &number) || !str_to_int(number, &version) ||
            version != (int64_t)out->n + 1)
            return fail(cx, ERR_BUG, "migration %s does not follow number %zu", f->name, out->n);
        *vec_add(cx->arena, out) = (struct migration){
            version, name, {(const char *)f->data, f->len}
        };
    }
    return OK;
}

static struct str checksum_of(struct arena *a, struct str sql)
{
    unsigned char sum[CRYPTO_HASH];

    sha256(sql, sum);
    return hex_text(a, (struct str){(const char *)sum, sizeof sum});
}

/* ---- the database ---- */

static enum err check_row(struct tx *tx, const struct migrations *known, struct rows *r)
{
    int64_t version = col_int(r, "version"), newest = (int64_t)known->n;
    struct str checksum = col_str(r, "checksum");

    if (version > newest)
        return tx_fail(tx, ERR_DB,
                       "the database is of version %" PRId64
                       ", made by a newer trafficd; this one knows %" PRId64
                       ": run the newer one, or restore a backup",
                       version, newest);
    if (version < 1)
        return tx_fail(tx, ERR_DB, "the database says it has version %" PRId64, version);
    const struct migration *m = &known->at[version - 1];
    if (!str_eq(checksum, checksum_of(tx_ctx(tx)->arena, m->sql)))
        return tx_fail(
            tx, ERR_DB,
            "the database took another %.*s than this program has: run the trafficd that "
            "made it, or restore a backup",
            STR_FMT(m->name));
    return OK;
}

/* How far the database is: 0 when it is empty. Says no to what this program must not touch. */
static enum err read_version(struct tx *tx, const struct migrations *known, int64_t *version)
{
    struct rows *rows = NULL;
    int64_t exists = 0;
    enum err err;

    *version = 0;
    TRY(db_get_int(tx, &q_migration_table_exists, NO_ARGS, &exists, NULL));
    if (!exists)
        goto out;
    TRY(db_query(tx, &q_migration_list, NO_ARGS, &rows));
    while (rows_next(rows)) {
        int64_t row = col_int(rows, "version");

        TRY(check_row(tx, known, rows));
        if (row != *version + 1)
            TRY(tx_fail(tx, ERR_DB, "the database lacks version %" PRId64 ": restore a backup",
                        *version + 1));
        *version = row;
    }
    TRY(rows_end(&rows));
out:
    rows_drop(&rows);
    return err;
}

static enum err check_version(struct ctx *cx, struct db *db, const struct migrations *known,
                              int64_t *version)
{
    struct tx *tx = NULL;
    enum err err;

    TRY(tx_begin(cx, db, TX_READ, &tx));
    TRY(read_version(tx, known, version));
    TRY(tx_commit(tx));
out:
    tx_end(&tx);
    return err;
}

enum err db_check_version(struct ctx *cx, struct db *db, const struct embedded_folder *files,
                          int64_t *version)
{
    struct migrations known = {0};
    enum err err = read_files(cx, db, files, &known);

    return err ? err : check_version(cx, db, &known, version);
}

/* ---- the steps ---- */

static enum err run_step(struct tx *tx, const struct migration *m)
{
    struct ctx *cx = tx_ctx(tx);
    enum err err;

    TRY(db_script(tx, str_z(cx->arena, m->sql)));
    TRY(db_exec(tx, &q_migration_put,
                ARGS(a_int("version", m->version), a_str("name", m->name),
                     a_str("checksum", checksum_of(cx->arena, m->sql)),
                     a_int("applied_at", now_ms(cx))),
                NULL));
    TRY(db_exec(tx, &q_migration_align, NO_ARGS, NULL));
out:
    return err;
}

/* One transaction: the database is of the version before or of the one after, never between. */
static enum err take_step(struct ctx *cx, struct db *db, const struct migrations *known,
                          int64_t from)
{
    const struct migration *m = &known->at[from];
    int64_t began = mono_ms(cx), version;
    struct tx *tx = NULL;
    enum err err;

    TRY(tx_begin(cx, db, TX_WRITE, &tx));
    TRY(db_exec(tx, &q_migration_lock, NO_ARGS, NULL));
    TRY(read_version(tx, known, &version));
    if (version > from) /* another program took the step while we waited for the lock */
        goto out;
    TRY(run_step(tx, m));
    TRY(tx_commit(tx));
    LOG(cx, LOG_INFO, "db.migrated", l_str("step", m->name), l_int("version", m->version),
        l_int("of", (int64_t)known->n), l_int("ms", mono_ms(cx) - began));
out:
    tx_end(&tx);
    return err;
}

enum err db_migrate_with(struct ctx *cx, struct db *db, const struct embedded_folder *files)
{
    struct migrations known = {0};
    int64_t version = 0;
    enum err err;

    TRY(read_files(cx, db, files, &known));
    TRY(check_version(cx, db, &known, &version));
    if (version > 0 && version < (int64_t)known.n) {
        struct str copy = arena_fmt(cx->arena, "pre-migrate-v%" PRId64 ".db", version);
        LOG(cx, LOG_INFO, "db.snapshot", l_str("file", copy));
        TRY(db_snapshot(cx, db, str_z(cx->arena, copy)));
    }
    for (; version < (int64_t)known.n; version++)
        TRY(take_step(cx, db, &known, version));
out:
    return err;
}

enum err db_migrate(struct ctx *cx, struct db *db)
{
    return db_migrate_with(cx, db, &embedded_migrations);
}
