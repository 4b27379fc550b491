/* things.h: a small table for the tests of db/, and what they do to it. */
#pragma once
#include "db/driver.h"
#include "query.h"
#include "temp_db.h"

#define MAYBE_UNUSED __attribute__((unused))

QUERY(put, "insert into thing (id, name, body, parent) values ($1, $2, $3, $4)", "id", "name",
      "body", "parent");
QUERY(put_twisted, "insert into thing (name, id) values ($2, $1)", "id", "name");
QUERY(rename_all, "update thing set name = $1", "name");
QUERY(put_returning, "insert into thing (name) values ($1) returning id", "name");
QUERY(find, "select id, name, body, parent from thing where id = $1", "id");
QUERY(drop, "delete from thing where id = $1", "id");
QUERY0(count_all, "select count(*) as n from thing");
QUERY0(list_all, "select id, name, body, parent from thing order by id");
QUERY0(list_ids, "select id from thing order by id");
QUERY0(wrong_words, "selec 1");
QUERY0(fractions, "select 1.5 as half");
QUERY0(endless, "with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n"
                " where i < 100000000000) select count(*) as n from n");

MAYBE_UNUSED static void make_things(struct ctx *cx, struct temp_db *t)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(db_script(tx, "create table thing (\n"
                           "    id     INTEGER PRIMARY KEY, -- 'INTEGER' stays in a comment\n"
                           "    name   TEXT unique check (name <> 'INTEGER'),\n"
                           "    body   BLOB,\n"
                           "    parent INTEGER references thing (id) on delete restrict\n"
                           ") STRICT;\n"
                           "create index thing_parent on thing (parent);\n"));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

MAYBE_UNUSED static enum err put_thing(struct tx *tx, int64_t id, struct str name)
{
    return db_exec(tx, &put,
                   ARGS(a_int("id", id), a_str("name", name), a_null("body"), a_null("parent")),
                   NULL);
}

MAYBE_UNUSED static void put_one(struct ctx *cx, struct temp_db *t, int64_t id, struct str name)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_WRITE, &tx));
    check_ok(put_thing(tx, id, name));
    check_ok(tx_commit(tx));
    tx_end(&tx);
}

MAYBE_UNUSED static int64_t count_in(struct tx *tx)
{
    int64_t n = -1;

    check_ok(db_get_int(tx, &count_all, NO_ARGS, &n, NULL));
    return n;
}

MAYBE_UNUSED static int64_t count(struct ctx *cx, struct temp_db *t)
{
    struct tx *tx = NULL;

    check_ok(tx_begin(cx, t->db, TX_READ, &tx));
    int64_t n = count_in(tx);
    tx_end(&tx);
    return n;
}
