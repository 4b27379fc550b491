/* embed_sql.c: named queries of a .sql file become tables of struct query (db/db.h). */
#include "text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARAMS = 99, NAME_SIZE = 64 };

struct block { /* one "-- name:" part of a .sql file */
    char name[NAME_SIZE];
    int line;
    bool closed; /* its semicolon was seen */
    struct buf sql;
    char params[MAX_PARAMS][NAME_SIZE];
    int nparams, nused;
    bool used[MAX_PARAMS];
};

struct source {
    const char *path, *at;
    int line;
    struct block *blocks;
    size_t nblocks;
};

/* ---- blocks of a file ---- */

static struct block *find_block(struct source *s, const char *name)
{
    for (size_t i = 0; i < s->nblocks; i++)
        if (strcmp(s->blocks[i].name, name) == 0)
            return &s->blocks[i];
    return NULL;
}

static void end_block(struct source *s)
{
    if (!s->nblocks)
        return;
    struct block *b = &s->blocks[s->nblocks - 1];
    while (b->sql.n && strchr(" \t\r\n", b->sql.at[b->sql.n - 1]))
        b->sql.at[--b->sql.n] = 0;
    if (!b->sql.n)
        die(s->path, b->line, "query %s is empty", b->name);
    if (!b->closed)
        die(s->path, b->line, "query %s does not end in a semicolon", b->name);
}

static void read_word(struct source *s, char out[NAME_SIZE], const char *what)
{
    size_t n = 0;

    while (is_word(s->at[n], n == 0))
        n++;
    if (!n)
        die(s->path, s->line, "%s is missing or is not a word", what);
    if (n >= NAME_SIZE)
        die(s->path, s->line, "%s is longer than %d characters", what, NAME_SIZE - 1);
    memcpy(out, s->at, n);
    out[n] = 0;
    s->at += n;
}

/* common: the file whose parameter numbers hold for this one; NULL for that file itself. */
static void start_block(struct source *s, struct source *common)
{
    char name[NAME_SIZE];

    end_block(s);
    s->at += strlen("-- name:");
    s->at += strspn(s->at, " \t");
    read_word(s, name, "the query's name");
    if (find_block(s, name))
        die(s->path, s->line, "query %s is there twice", name);
    s->blocks = grow(s->blocks, (s->nblocks + 1) * sizeof *s->blocks);
    struct block *b = &s->blocks[s->nblocks++];
    *b = (struct block){.line = s->line};
    memcpy(b->name, name, sizeof name);
    if (common) {
        const struct block *model = find_block(common, name);
        if (!model)
            die(s->path, s->line, "query %s is not in %s", name, common->path);
        memcpy(b->params, model->params, sizeof b->params);
        b->nparams = model->nparams;
    }
    s->at += strcspn(s->at, "\n");
}

static void read_param(struct source *s, struct block *b, const struct source *common)
{
    char name[NAME_SIZE];
    int at = 0;

    s->at++;
    if (*s->at == ':')
        die(s->path, s->line, "`::` is not allowed; write cast(x as type)");
    read_word(s, name, "the parameter's name after `:`");
    while (at < b->nparams && strcmp(b->params[at], name) != 0)
        at++;
    if (at == b->nparams) {
        if (common)
            die(s->path, s->line, "query %s has no parameter :%s in %s", b->name, name,
                common->path);
        if (at == MAX_PARAMS)
            die(s->path, s->line, "query %s has more than %d parameters", b->name, MAX_PARAMS);
        memcpy(b->params[b->nparams++], name, sizeof name);
    }
    b->nused += !b->used[at];
    b->used[at] = true;
    putf(&b->sql, "$%d", at + 1);
}

static void skip_comment(struct source *s)
{
    const char *end = s->at[0] == '-' ? strchr(s->at, '\n') : strstr(s->at + 2, "*/");

    if (s->at[0] == '-') {
        s->at = end ? end : s->at + strlen(s->at);
        return;
    }
    if (!end)
        die(s->path, s->line, "the comment is not closed");
    for (; s->at < end; s->at++)
        s->line += *s->at == '\n';
    s->at = end + 2;
}

static void copy_quoted(struct source *s, struct block *b)
{
    const char *end = strchr(s->at + 1, *s->at);

    if (!end)
        die(s->path, s->line, "the quote is not closed");
    put(&b->sql, s->at, (size_t)(end + 1 - s->at));
    for (; s->at < end; s->at++)
        s->line += *s->at == '\n';
    s->at = end + 1;
}

/* Line ends keep the text readable in a database log; blank and comment lines leave nothing. */
static void end_line(struct source *s)
{
    struct buf *sql = s->nblocks ? &s->blocks[s->nblocks - 1].sql : NULL;

    s->line++;
    s->at++;
    if (!sql)
        return;
    while (sql->n && strchr(" \t\r", sql->at[sql->n - 1]))
        sql->at[--sql->n] = 0;
    if (sql->n && sql->at[sql->n - 1] != '\n')
        puts_to(sql, "\n");
}

static void read_code(struct source *s, const struct source *common)
{
    if (!s->nblocks)
        die(s->path, s->line, "text before the first `-- name:` line");
    struct block *b = &s->blocks[s->nblocks - 1];
    if (b->closed)
        die(s->path, s->line, "query %s has more than one statement", b->name);
    if (*s->at == '\'' || *s->at == '"') {
        copy_quoted(s, b);
    } else if (*s->at == ':') {
        read_param(s, b, common);
    } else if (*s->at == '$') {
        die(s->path, s->line, "parameters are written :name");
    } else if (*s->at == ';') {
        b->closed = true;
        s->at++;
    } else {
        put(&b->sql, s->at++, 1);
    }
}

static struct source read_sql(const char *path, struct source *common)
{
    struct buf text = read_file(path);
    struct source s = {.path = path, .at = text.at, .line = 1};

    if (strlen(text.at) != text.n)
        die(path, 0, "there is a NUL byte in the file");
    while (*s.at) {
        bool line_start = s.at == text.at || s.at[-1] == '\n';
        if (line_start && strncmp(s.at, "-- name:", 8) == 0)
            start_block(&s, common);
        else if (strncmp(s.at, "--", 2) == 0 || strncmp(s.at, "/*", 2) == 0)
            skip_comment(&s);
        else if (*s.at == '\n')
            end_line(&s);
        else if (strchr(" \t\r", *s.at) && (!s.nblocks || s.blocks[s.nblocks - 1].closed))
            s.at++;
        else
            read_code(&s, common);
    }
    end_block(&s);
    for (size_t i = 0; i < s.nblocks; i++)
        if (s.blocks[i].nused != s.blocks[i].nparams)
            die(path, s.blocks[i].line, "query %s does not use every parameter it has in %s",
                s.blocks[i].name, common->path);
    free(text.at);
    return s;
}

static void free_source(struct source *s)
{
    for (size_t i = 0; i < s->nblocks; i++)
        free(s->blocks[i].sql.at);
    free(s->blocks);
    *s = (struct source){0};
}

/* ---- what comes out ---- */

static void put_symbol(struct buf *b, const char *stem)
{
    for (; *stem; stem++)
        put(b, is_word(*stem, false) ? stem : "_", 1);
}

static void put_table_name(struct buf *b, const char *stem, size_t n)
{
    puts_to(b, "const struct query *const queries_");
    put_symbol(b, stem);
    putf(b, "[%zu]", n);
}

static void put_query(struct buf *b, const struct block *q, const struct block *pg)
{
    if (q->nparams) {
        putf(b, "\nstatic const char *const params_%s[] = {", q->name);
        for (int i = 0; i < q->nparams; i++)
            putf(b, "%s\"%s\"", i ? ", " : "", q->params[i]);
        puts_to(b, "};");
    }
    putf(b, "\nconst struct query q_%s = {\n    .name = \"%s\",\n    .sql =\n", q->name, q->name);
    put_literal(b, q->sql.at, q->sql.n, true);
    if (pg) {
        puts_to(b, ",\n    .pg_sql =\n");
        put_literal(b, pg->sql.at, pg->sql.n, true);
    }
    if (q->nparams)
        putf(b, ",\n    .params = params_%s,\n    .nparams = %d", q->name, q->nparams);
    puts_to(b, ",\n};\n");
}

int embed_sql(int argc, char **argv)
{
    const char *stem = argv[0];
    struct buf h = {0}, c = {0};

    if (argc != 4 && argc != 5)
        return 2;
    struct source common = read_sql(argv[1], NULL), pg = {0};
    if (argc == 5)
        pg = read_sql(argv[4], &common);
    if (!common.nblocks)
        die(argv[1], 0, "there is no `-- name:` line");

    putf(&h, "/* Made from %s.sql by gen/embed.c. */\n#pragma once\n#include \"db/db.h\"\n\n",
         stem);
    putf(&c, "/* Made from %s.sql by gen/embed.c. */\n#include \"%s.sql.h\"\n", stem, stem);
    for (size_t i = 0; i < common.nblocks; i++) {
        putf(&h, "extern const struct query q_%s;\n", common.blocks[i].name);
        put_query(&c, &common.blocks[i], find_block(&pg, common.blocks[i].name));
    }
    puts_to(&h, "extern ");
    put_table_name(&h, stem, common.nblocks);
    puts_to(&h, ";\n");
    puts_to(&c, "\n");
    put_table_name(&c, stem, common.nblocks);
    puts_to(&c, " = {\n");
    for (size_t i = 0; i < common.nblocks; i++)
        putf(&c, "    &q_%s,\n", common.blocks[i].name);
    puts_to(&c, "};\n");
    write_file(argv[2], &h);
    write_file(argv[3], &c);
    free_source(&common);
    free_source(&pg);
    return 0;
}

int embed_registry(int argc, char **argv)
{
    struct buf c = {0};

    if (argc < 1)
        return 2;
    putf(&c, "/* Every query of the program. Made by gen/embed.c. */\n#include \"db/db.h\"\n");
    for (int i = 1; i < argc; i++)
        putf(&c, "#include \"%s.sql.h\"\n", argv[i]);
    putf(&c, "\nextern const struct query_set all_queries[];\nextern const size_t all_nqueries;\n"
             "const struct query_set all_queries[] = {\n");
    for (int i = 1; i < argc; i++) {
        putf(&c, "    {.name = \"%s\", .queries = queries_", argv[i]);
        put_symbol(&c, argv[i]);
        puts_to(&c, ", .n = COUNT(queries_");
        put_symbol(&c, argv[i]);
        puts_to(&c, ")},\n");
    }
    if (argc == 1)
        puts_to(&c, "    {0},\n");
    putf(&c, "};\nconst size_t all_nqueries = %d;\n", argc - 1);
    write_file(argv[0], &c);
    return 0;
}
