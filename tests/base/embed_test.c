/* The host program that turns .sql files and folders into C. */
#include "test.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* A folder of the test's own; the last thing a test does is remove it. */
static struct str folder(struct ctx *cx)
{
    char *path = str_z(cx->arena, S("/tmp/trafficd-embed-XXXXXX"));

    check(mkdtemp(path) != NULL);
    return str_of(path);
}

static char *in_folder(struct ctx *cx, struct str where, const char *name)
{
    return str_z(cx->arena, arena_fmt(cx->arena, "%.*s/%s", STR_FMT(where), name));
}

static void write_text(struct ctx *cx, struct str where, const char *name, struct str text)
{
    FILE *f = fopen(in_folder(cx, where, name), "wb");

    check(f != NULL);
    check_int(text.len, fwrite(text.ptr, 1, text.len, f));
    fclose(f);
}

static struct str read_text(struct ctx *cx, struct str where, const char *name)
{
    char *text = arena_alloc(cx->arena, 1 << 20, 1);
    FILE *f = fopen(in_folder(cx, where, name), "rb");

    if (!f)
        return (struct str){0};
    size_t n = fread(text, 1, 1 << 20, f);
    fclose(f);
    return (struct str){text, n};
}

/* Runs the program inside the folder; what it says lands in "said". */
static int embed(struct ctx *cx, struct str where, const char *const *words)
{
    char *argv[8] = {str_z(cx->arena, S(EMBED))};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = 0;

    for (size_t i = 0; words[i]; i++)
        argv[i + 1] = str_z(cx->arena, str_of(words[i]));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, where.ptr);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "said", O_CREAT | O_WRONLY | O_TRUNC,
                                     0600);
    check_int(0, posix_spawn(&pid, EMBED, &actions, NULL, argv, environ));
    posix_spawn_file_actions_destroy(&actions);
    check_int(pid, waitpid(pid, &status, 0));
    check(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void remove_folder(struct ctx *cx, struct str where)
{
    static const char *const names[] = {"in.sql",    "in.pg.sql",   "out.h", "out.c", "said",
                                        "web/b.txt", "web/a/c.txt", "web/a", "web",   "note.txt"};

    for (size_t i = 0; i < COUNT(names); i++)
        remove(in_folder(cx, where, names[i]));
    check_int(0, rmdir(where.ptr));
}

#define SQL(...)                                                                                   \
    ((const char *const[]){"sql", "ads/ads", "in.sql", "out.h", "out.c", __VA_ARGS__ NULL})

/* What comes out for one .sql file. */
static struct str made_of(struct ctx *cx, const char *sql)
{
    struct str where = folder(cx);

    write_text(cx, where, "in.sql", str_of(sql));
    check_int(0, embed(cx, where, SQL()));
    struct str made = read_text(cx, where, "out.c");
    remove_folder(cx, where);
    return made;
}

/* What is said about a .sql file that is wrong; nothing is made of it. */
static struct str said_about(struct ctx *cx, const char *sql, const char *pg)
{
    struct str where = folder(cx);

    write_text(cx, where, "in.sql", str_of(sql));
    if (pg)
        write_text(cx, where, "in.pg.sql", str_of(pg));
    check_int(1, embed(cx, where, pg ? SQL("in.pg.sql", ) : SQL()));
    struct str said = read_text(cx, where, "said");
    check_int(0, read_text(cx, where, "out.c").len);
    remove_folder(cx, where);
    return said;
}

TEST(each_name_gets_one_number_in_order_of_first_appearance)
{
    struct str made = made_of(cx, "-- name: put\n"
                                  "insert into t (a, b, c) values (:b, :a, :b)\n"
                                  "on conflict (a) do update set a = :a;\n");

    check_holds(S("values ($1, $2, $1)\\n"), made);
    check_holds(S("set a = $2\""), made);
    check_holds(S("params_put[] = {\"b\", \"a\"}"), made);
    check_holds(S(".nparams = 2"), made);
    check_holds(S("const struct query q_put = {"), made);
    check_holds(S("queries_ads_ads[1]"), made);
}

TEST(colons_in_literals_and_comments_are_no_parameters)
{
    struct str made = made_of(cx, "-- a file :note\n"
                                  "-- name: one\n"
                                  "-- its :note\n"
                                  "select ':x', 'it''s :y', \":z\" -- :u\n"
                                  "/* :v\n :w */ from t;\n");

    check_holds(S("select ':x', 'it''s :y', \\\":z\\\"\\n"), made);
    check_holds(S("from t\""), made);
    check(memmem(made.ptr, made.len, "note", 4) == NULL);
    check(memmem(made.ptr, made.len, "$1", 2) == NULL);
    check(memmem(made.ptr, made.len, ".nparams", 8) == NULL);
}

TEST(other_engines_text_keeps_the_numbers_of_the_common_one)
{
    struct str where = folder(cx);

    write_text(cx, where, "in.sql", S("-- name: a\nselect :x, :y;\n-- name: b\nselect 1;\n"));
    write_text(cx, where, "in.pg.sql", S("-- name: a\nselect :y, :x, :y;\n"));
    check_int(0, embed(cx, where, SQL("in.pg.sql", )));
    struct str made = read_text(cx, where, "out.c"), header = read_text(cx, where, "out.h");
    remove_folder(cx, where);

    check_holds(S("select $1, $2\""), made);
    check_holds(S(".pg_sql ="), made);
    check_holds(S("select $2, $1, $2\""), made);
    check_holds(S("#include \"db/db.h\""), header);
    check_holds(S("extern const struct query q_b;"), header);
    check_holds(S("extern const struct query *const queries_ads_ads[2];"), header);
}

TEST(wrong_files_are_refused_with_their_line)
{
    static const struct {
        const char *sql, *pg, *says;
    } bad[] = {
        {"-- name: a\nselect x::text;\n",                  NULL,                       "in.sql:2: `::`"                     },
        {"select 1;\n",                                    NULL,                       "in.sql:1: text before"              },
        {"-- name: a\nselect 1;\n-- name: a\nselect 2;\n", NULL,
         "in.sql:3: query a is there twice"                                                                                 },
        {"-- name: a\n\n-- name: b\nselect 1;\n",          NULL,                       "in.sql:1: query a is empty"         },
        {"-- name: a\nselect 1\n",                         NULL,                       "does not end in a semicolon"        },
        {"-- name: a\nselect 1; select 2;\n",              NULL,                       "in.sql:2: query a has more than one"},
        {"-- name: a\nselect 'x\n;",                       NULL,                       "the quote is not closed"            },
        {"-- name: a\nselect /* x\n;",                     NULL,                       "the comment is not closed"          },
        {"-- name: a\nselect $1;\n",                       NULL,                       "parameters are written :name"       },
        {"-- name: a\nselect : x;\n",                      NULL,                       "after `:` is missing"               },
        {"-- name: 1a\nselect 1;\n",                       NULL,                       "the query's name is missing"        },
        {"-- nothing\n",                                   NULL,                       "there is no `-- name:` line"        },
        {"-- name: a\nselect :x;\n",                       "-- name: b\nselect :x;\n",
         "in.pg.sql:1: query b is not in in.sql"                                                                            },
        {"-- name: a\nselect :x;\n",                       "-- name: a\nselect :y;\n", "has no parameter :y"                },
        {"-- name: a\nselect :x, :y;\n",                   "-- name: a\nselect :y;\n",
         "does not use every parameter"                                                                                     },
    };

    for (size_t i = 0; i < COUNT(bad); i++)
        check_holds(str_of(bad[i].says), said_about(cx, bad[i].sql, bad[i].pg));
}

TEST(registry_lists_every_file_of_queries)
{
    struct str where = folder(cx);

    check_int(0, embed(cx, where,
                       (const char *const[]){"registry", "out.c", "ads/ads", "core/job", NULL}));
    struct str made = read_text(cx, where, "out.c");
    remove_folder(cx, where);

    check_holds(S("#include \"core/job.sql.h\""), made);
    check_holds(S(".queries = queries_core_job, .n = COUNT(queries_core_job)"), made);
    check_holds(S("const size_t all_nqueries = 2;"), made);
}

TEST(folder_is_carried_sorted_and_equal_files_once)
{
    struct str where = folder(cx);

    check_int(0, mkdir(in_folder(cx, where, "web"), 0700));
    check_int(0, mkdir(in_folder(cx, where, "web/a"), 0700));
    write_text(cx, where, "web/b.txt", S("same\0\xff\x31?\"\\"));
    write_text(cx, where, "web/a/c.txt", S("same\0\xff\x31?\"\\"));
    check_int(
        0, embed(cx, where, (const char *const[]){"folder", "embedded_web", "web", "out.c", NULL}));
    struct str made = read_text(cx, where, "out.c");
    remove_folder(cx, where);

    check_holds(S("\"same\\0\\3771\\?\\\"\\\\\";"), made);
    check_holds(S("\"a/c.txt\", data_0, 10}"), made);
    check_holds(S("\"b.txt\", data_0, 10}"), made);
    check_holds(S("const struct embedded_folder embedded_web = {files, 2};"), made);
    check(memmem(made.ptr, made.len, "data_1[", 7) == NULL);
}

TEST(one_text_is_carried_under_its_name)
{
    struct str where = folder(cx);

    write_text(cx, where, "note.txt", S("hello\n"));
    check_int(0, embed(cx, where,
                       (const char *const[]){"text", "embedded_note", "note.txt", "out.c", NULL}));
    struct str made = read_text(cx, where, "out.c");
    remove_folder(cx, where);

    check_holds(S("const struct embedded_file embedded_note = {\n    \"note.txt\", data_0, 6};"),
                made);
}

TEST(wrong_words_and_absent_files_are_told)
{
    struct str where = folder(cx);

    check_int(2, embed(cx, where, (const char *const[]){"sing", "x", NULL}));
    check_holds(S("usage:"), read_text(cx, where, "said"));
    check_int(1, embed(cx, where, SQL()));
    check_holds(S("in.sql: cannot open"), read_text(cx, where, "said"));
    check_int(1, embed(cx, where, (const char *const[]){"folder", "s", "web", "out.c", NULL}));
    check_holds(S("web: cannot open"), read_text(cx, where, "said"));
    remove_folder(cx, where);
}
