/* cli_print.c: tables and help, made from the same data that the parser reads. */
#include "app/cli.h"
#include "base/json.h"

enum { HELP_COLUMN = 26 };

void cli_table_add(struct cli *cli, struct cli_table *t, struct str cell)
{
    *vec_add(cli->cx.arena, &t->cells) = cell;
}

/* Characters, not bytes: continuation bytes of UTF-8 take no place on the screen. */
static int width_of(struct str s)
{
    int n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return n;
}

static int column_width(const struct cli_table *t, size_t column)
{
    int width = width_of(str_of(t->columns[column]));

    for (size_t i = column; i < t->cells.n; i += t->ncolumns)
        if (width_of(t->cells.at[i]) > width)
            width = width_of(t->cells.at[i]);
    return width;
}

static struct str add_cell(struct cli *cli, const struct cli_table *t, struct str line,
                           size_t column, struct str cell)
{
    int pad = column + 1 < t->ncolumns ? column_width(t, column) - width_of(cell) + 2 : 0;

    return arena_fmt(cli->cx.arena, "%.*s%.*s%*s", STR_FMT(line), STR_FMT(cell), pad, "");
}

static void print_json(struct cli *cli, const struct cli_table *t)
{
    struct json_out *j = json_out_new(&cli->cx, 1024);
    struct str text;

    json_arr(j);
    for (size_t i = 0; i < t->cells.n; i++) {
        if (i % t->ncolumns == 0)
            json_obj(j);
        json_key(j, t->columns[i % t->ncolumns]), json_str(j, t->cells.at[i]);
        if (i % t->ncolumns == t->ncolumns - 1)
            json_end(j);
    }
    json_end(j);
    if (json_finish(j, &text) == OK)
        cli_say(cli, "%.*s", STR_FMT(text));
}

void cli_table_print(struct cli *cli, const struct cli_table *t)
{
    struct str line = {0};

    if (cli->is_json) {
        print_json(cli, t);
        return;
    }
    for (size_t c = 0; c < t->ncolumns; c++)
        line = add_cell(cli, t, line, c, str_of(t->columns[c]));
    cli_say(cli, "%.*s", STR_FMT(line));
    for (size_t i = 0; i < t->cells.n; i += t->ncolumns) {
        line = (struct str){0};
        for (size_t c = 0; c < t->ncolumns; c++)
            line = add_cell(cli, t, line, c, t->cells.at[i + c]);
        cli_say(cli, "%.*s", STR_FMT(line));
    }
}

static struct str help_line(struct arena *a, struct str so_far, struct str left, const char *right)
{
    if (width_of(left) > HELP_COLUMN)
        return arena_fmt(a, "%.*s  %.*s\n  %*s  %s\n", STR_FMT(so_far), STR_FMT(left), HELP_COLUMN,
                         "", right);
    return arena_fmt(a, "%.*s  %.*s%*s  %s\n", STR_FMT(so_far), STR_FMT(left),
                     HELP_COLUMN - width_of(left), "", right);
}

static struct str settings_help(struct arena *a, struct str text)
{
    text = arena_fmt(a, "%.*s\nSettings, for every command (flag, or environment variable):\n",
                     STR_FMT(text));
    for (size_t i = 0; i < config_nsettings; i++) {
        const struct setting *s = &config_settings[i];
        struct str left = s->type == SETTING_SECRET ? arena_fmt(a, "%s", s->env)
                                                    : arena_fmt(a, "--%s, %s", s->key, s->env);
        text = arena_fmt(a, "%.*s  %.*s\n      %s%s%s%s\n", STR_FMT(text), STR_FMT(left),
                         s->meaning, s->preset[0] ? " [" : "", s->preset, s->preset[0] ? "]" : "");
    }
    return text;
}

static struct str program_help(struct arena *a)
{
    struct str text = S("trafficd: ad spend and sales that add up\n\n"
                        "Usage: trafficd COMMAND [--data DIR] [--config FILE] [options]\n\n"
                        "Commands:\n");

    for (size_t i = 0; i < ncommands; i++)
        text = help_line(a, text,
                         arena_fmt(a, "%s%s%s", commands[i].name, commands[i].args[0] ? " " : "",
                                   commands[i].args),
                         commands[i].summary);
    text = arena_fmt(
        a, "%.*s\n`trafficd COMMAND --help` says more. Try it offline: `trafficd demo`.\n",
        STR_FMT(text));
    return settings_help(a, text);
}

struct str cli_help(struct arena *a, const struct command *c)
{
    struct str text;

    if (!c)
        return program_help(a);
    text = arena_fmt(a, "Usage: trafficd %s%s%s [options]\n\n%s\n\nOptions:\n", c->name,
                     c->args[0] ? " " : "", c->args, c->summary);
    for (size_t i = 0; i < CLI_OPTIONS && c->options[i].name; i++)
        text =
            help_line(a, text,
                      arena_fmt(a, "--%s%s%s", c->options[i].name, c->options[i].value ? " " : "",
                                c->options[i].value ? c->options[i].value : ""),
                      c->options[i].meaning);
    text = help_line(a, text, S("--data DIR"), "where the database lies");
    text = help_line(a, text, S("--config FILE"), "settings as key = value lines");
    return help_line(a, text, S("--json"), "the result as JSON, where there is one");
}
