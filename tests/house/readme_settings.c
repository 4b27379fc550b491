/* readme_settings.c: the README's list of settings is the table in base/config.c.
 *   readme_settings README.md           says whether they agree
 *   readme_settings README.md --write   makes them agree */
#include "base/config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char begin[] = "<!-- settings -->\n", end[] = "<!-- /settings -->";

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 20);

    if (!f || !text || fread(text, 1, (1 << 20) - 1, f) == 0) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    fclose(f);
    return text;
}

static void put_table(FILE *out)
{
    fputs("| variable | default | meaning |\n|---|---|---|\n", out);
    for (size_t i = 0; i < config_nsettings; i++) {
        const struct setting *s = &config_settings[i];
        fprintf(out, "| `%s` | %s%s%s | %s |\n", s->env, s->preset[0] ? "`" : "", s->preset,
                s->preset[0] ? "`" : "", s->meaning);
    }
}

int main(int argc, char **argv)
{
    char *wanted = NULL, *readme, *from, *to;
    size_t n = 0;
    FILE *out;
    int code = 0;

    if (argc < 2)
        return 2;
    readme = read_file(argv[1]);
    from = strstr(readme, begin);
    to = from ? strstr(from, end) : NULL;
    if (!to) {
        fprintf(stderr, "%s has no place for the settings\n", argv[1]);
        return 1;
    }
    from += sizeof begin - 1;
    out = open_memstream(&wanted, &n);
    put_table(out);
    fclose(out);
    if ((size_t)(to - from) != n || memcmp(from, wanted, n) != 0) {
        code = argc == 2;
        if (code)
            fprintf(
                stderr,
                "the settings in %s are not those of src/base/config.c; run this with --write\n",
                argv[1]);
        else if ((out = fopen(argv[1], "w"))) {
            fwrite(readme, 1, (size_t)(from - readme), out);
            fwrite(wanted, 1, n, out);
            fputs(to, out);
            fclose(out);
        }
    }
    free(wanted);
    free(readme);
    return code;
}
