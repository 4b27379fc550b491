/* embed.c: the host program that turns .sql files, folders and texts into C at build time.
 * The one rule: standard C, POSIX and zlib only; it is built before everything else. */
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

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

/* Deflated, with the size it had beside it: core/deflate.h unpacks it. */
static int embed_packed(int argc, char **argv)
{
    struct buf c = {0}, packed = {0};

    if (argc != 3)
        return 2;
    struct buf data = read_file(argv[1]);
    uLongf room = compressBound((uLong)data.n);
    packed.at = grow(NULL, room);
    if (compress2((Bytef *)packed.at, &room, (const Bytef *)data.at, (uLong)data.n, 9) != Z_OK)
        die(argv[1], 0, "cannot be packed");
    packed.n = room;
    putf(&c, "/* Made by gen/embed.c. */\n#include \"base/embedded.h\"\n\n");
    put_data(&c, 0, &packed);
    putf(&c, "extern const struct embedded_packed %s;\n", argv[0]);
    putf(&c, "const struct embedded_packed %s = {data_0, %zu, %zu};\n", argv[0], packed.n, data.n);
    write_file(argv[2], &c);
    free(packed.at);
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
        {"packed",   embed_packed  },
    };
    int result = 2;

    for (size_t i = 0; argc > 2 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            result = commands[i].run(argc - 2, argv + 2);
    if (result == 2)
        fputs("usage: embed sql FOLDER/STEM IN.sql OUT.h OUT.c [IN.pg.sql]\n"
              "       embed registry OUT.c [FOLDER/STEM...]\n"
              "       embed folder SYMBOL FOLDER OUT.c\n"
              "       embed text SYMBOL FILE OUT.c\n"
              "       embed packed SYMBOL FILE OUT.c\n",
              stderr);
    return result;
}
