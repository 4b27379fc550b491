/* embed.c: the host program that turns .sql files, folders and texts into C at build time.
 * The one rule: standard C and POSIX only, and every complaint names its file and line. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_PARAMS = 99, NAME_SIZE = 64, PATH_SIZE = 4096, LINE_WIDTH = 96 };

struct buf {
    char *at;
    size_t n, cap;
};

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

/* ---- words ---- */

__attribute__((noreturn, format(printf, 3, 4))) static void die(const char *path, int line,
                                                                const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, line ? "%s:%d: " : "%s: ", path, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

static void *grow(void *at, size_t size)
{
    void *bigger = realloc(at, size);

    if (!bigger)
        die("embed", 0, "out of memory");
    return bigger;
}

static void put(struct buf *b, const void *data, size_t n)
{
    if (b->n + n + 1 > b->cap) {
        b->cap = (b->n + n + 1) * 2;
        b->at = grow(b->at, b->cap);
    }
    if (n)
        memcpy(b->at + b->n, data, n);
    b->n += n;
    b->at[b->n] = 0;
}

static void puts_to(struct buf *b, const char *text)
{
    put(b, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void putf(struct buf *b, const char *fmt, ...)
{
    char text[2 * PATH_SIZE];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text)
        die("embed", 0, "a name is too long");
    put(b, text, (size_t)n);
}

static struct buf read_file(const char *path)
{
    struct buf b = {0};
    char part[16384];
    size_t n;
    FILE *f = fopen(path, "rb");

    if (!f)
        die(path, 0, "cannot open: %s", strerror(errno));
    put(&b, "", 0);
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        put(&b, part, n);
    if (ferror(f))
        die(path, 0, "cannot read: %s", strerror(errno));
    fclose(f);
    return b;
}

/* Written beside and renamed, so that an interrupted build leaves no half file behind. */
static void write_file(const char *path, struct buf *b)
{
    struct buf beside = {0};

    putf(&beside, "%s.part", path);
    FILE *f = fopen(beside.at, "wb");
    if (!f)
        die(beside.at, 0, "cannot create: %s", strerror(errno));
    if ((b->n && fwrite(b->at, 1, b->n, f) != b->n) || fclose(f) || rename(beside.at, path))
        die(path, 0, "cannot write: %s", strerror(errno));
    free(beside.at);
    free(b->at);
    *b = (struct buf){0};
}

static bool is_word(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

/* Text as C string literals: compiles far faster than a list of numbers. A line ends after each
 * newline of text, and binary data is cut at a fixed width. */
static void put_literal(struct buf *b, const char *data, size_t n, bool is_text)
{
    size_t column = 0;

    puts_to(b, "    \"");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)data[i];
        bool digit_next = i + 1 < n && data[i + 1] >= '0' && data[i + 1] <= '9';
        size_t before = b->n;

        if (c == '\n')
            puts_to(b, "\\n");
        else if (c == '"' || c == '\\' || c == '?')
            putf(b, "\\%c", c);
        else if (c >= ' ' && c < 127)
            put(b, &data[i], 1);
        else
            putf(b, digit_next ? "\\%03o" : "\\%o", c);
        column += b->n - before;
        if (i + 1 < n && ((is_text && c == '\n') || column >= LINE_WIDTH)) {
            puts_to(b, "\"\n    \"");
            column = 0;
        }
    }
    puts_to(b, "\"");
}

/* ---- sql: blocks of a file ---- */

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

/* ---- sql: what comes out ---- */

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

static int embed_sql(int argc, char **argv)
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

static int embed_registry(int argc, char **argv)
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

/* ---- files and folders ---- */

struct file {
    char *name;
    struct buf data;
    size_t same_as; /* the first file with these bytes; its own index when it is the first */
};
struct files {
    struct file *at;
    size_t n;
};

static void read_folder(struct files *all, const char *root, const char *below)
{
    struct buf path = {0};
    struct dirent *entry;

    putf(&path, "%s%s%s", root, *below ? "/" : "", below);
    DIR *folder = opendir(path.at);
    if (!folder)
        die(path.at, 0, "cannot open: %s", strerror(errno));
    while ((entry = readdir(folder))) {
        struct buf name = {0}, full = {0};
        struct stat is;

        if (entry->d_name[0] == '.')
            continue;
        putf(&name, "%s%s%s", below, *below ? "/" : "", entry->d_name);
        putf(&full, "%s/%s", root, name.at);
        if (stat(full.at, &is))
            die(full.at, 0, "cannot look at it: %s", strerror(errno));
        if (S_ISDIR(is.st_mode)) {
            read_folder(all, root, name.at);
            free(name.at);
        } else {
            all->at = grow(all->at, (all->n + 1) * sizeof *all->at);
            all->at[all->n++] = (struct file){.name = name.at, .data = read_file(full.at)};
        }
        free(full.at);
    }
    closedir(folder);
    free(path.at);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

/* Many zones are second names of others: equal bytes are carried once. */
static void find_twins(struct files *all)
{
    for (size_t i = 0; i < all->n; i++) {
        size_t twin = 0;

        while (twin < i && (all->at[twin].data.n != all->at[i].data.n ||
                            memcmp(all->at[twin].data.at, all->at[i].data.at, all->at[i].data.n)))
            twin++;
        all->at[i].same_as = twin;
    }
}

static void put_data(struct buf *c, size_t index, const struct buf *data)
{
    putf(c, "static const unsigned char data_%zu[%zu] =\n", index, data->n + 1);
    put_literal(c, data->at, data->n, false);
    puts_to(c, ";\n");
}

static int embed_folder(int argc, char **argv)
{
    struct files all = {0};
    struct buf c = {0};

    if (argc != 3)
        return 2;
    read_folder(&all, argv[1], "");
    if (all.n)
        qsort(all.at, all.n, sizeof *all.at, by_name);
    find_twins(&all);
    putf(&c, "/* Made by gen/embed.c. */\n#include \"base/embedded.h\"\n\n");
    for (size_t i = 0; i < all.n; i++)
        if (all.at[i].same_as == i)
            put_data(&c, i, &all.at[i].data);
    putf(&c, "\nstatic const struct embedded_file files[] = {\n");
    for (size_t i = 0; i < all.n; i++) {
        puts_to(&c, "    {\n");
        put_literal(&c, all.at[i].name, strlen(all.at[i].name), true);
        putf(&c, ", data_%zu, %zu},\n", all.at[i].same_as, all.at[i].data.n);
    }
    if (!all.n)
        puts_to(&c, "    {0},\n");
    putf(&c, "};\nextern const struct embedded_folder %s;\n", argv[0]);
    putf(&c, "const struct embedded_folder %s = {files, %zu};\n", argv[0], all.n);
    write_file(argv[2], &c);
    for (size_t i = 0; i < all.n; i++) {
        free(all.at[i].name);
        free(all.at[i].data.at);
    }
    free(all.at);
    return 0;
}

static int embed_text(int argc, char **argv)
{
    struct buf c = {0};

    if (argc != 3)
        return 2;
    const char *slash = strrchr(argv[1], '/'), *name = slash ? slash + 1 : argv[1];
    struct buf data = read_file(argv[1]);
    putf(&c, "/* Made by gen/embed.c. */\n#include \"base/embedded.h\"\n\n");
    put_data(&c, 0, &data);
    putf(&c, "extern const struct embedded_file %s;\n", argv[0]);
    putf(&c, "const struct embedded_file %s = {\n", argv[0]);
    put_literal(&c, name, strlen(name), true);
    putf(&c, ", data_0, %zu};\n", data.n);
    write_file(argv[2], &c);
    free(data.at);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {
        {"sql",      embed_sql     },
        {"registry", embed_registry},
        {"folder",   embed_folder  },
        {"text",     embed_text    },
    };
    int result = 2;

    for (size_t i = 0; argc > 2 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            result = commands[i].run(argc - 2, argv + 2);
    if (result == 2)
        fputs("usage: embed sql FOLDER/STEM IN.sql OUT.h OUT.c [IN.pg.sql]\n"
              "       embed registry OUT.c [FOLDER/STEM...]\n"
              "       embed folder SYMBOL FOLDER OUT.c\n"
              "       embed text SYMBOL FILE OUT.c\n",
              stderr);
    return result;
}
