/* cli.c: words into a command, its arguments and options. */
#include "app/cli.h"
#include <string.h>

static struct str word(const struct cli_words *w, int i)
{
    return i < w->n ? w->at[i] : (struct str){0};
}

/* The command whose name is the longest that the words begin with. */
static const struct command *find_command(struct arena *a, const struct cli_words *w, int *used)
{
    struct str two = arena_fmt(a, "%.*s %.*s", STR_FMT(word(w, 0)), STR_FMT(word(w, 1)));

    for (size_t i = 0; i < ncommands; i++) {
        if (str_eq(two, str_of(commands[i].name))) {
            *used = 2;
            return &commands[i];
        }
    }
    for (size_t i = 0; i < ncommands; i++) {
        if (str_eq(word(w, 0), str_of(commands[i].name))) {
            *used = 1;
            return &commands[i];
        }
    }
    return NULL;
}

static const struct option *find_option(const struct command *c, struct str name)
{
    for (size_t i = 0; i < CLI_OPTIONS && c->options[i].name; i++)
        if (str_eq(name, str_of(c->options[i].name)))
            return &c->options[i];
    return NULL;
}

static bool is_setting(struct str name)
{
    for (size_t i = 0; i < config_nsettings; i++)
        if (str_eq(name, str_of(config_settings[i].key)) &&
            config_settings[i].type != SETTING_SECRET)
            return true;
    return false;
}

struct parse {
    struct cli *cli;
    const struct cli_words *words;
    struct cli_flags *flags;
    int at;
};

/* The value of --name=value, or the next word. */
static enum err take_value(struct parse *p, struct str name, struct str inline_value,
                           bool has_inline, struct str *out)
{
    if (has_inline) {
        *out = inline_value;
        return OK;
    }
    if (p->at >= p->words->n)
        return fail(&p->cli->cx, ERR_INPUT, "--%.*s needs a value", STR_FMT(name));
    *out = p->words->at[p->at++];
    return OK;
}

static enum err add_option(struct parse *p, const struct option *o, struct str value)
{
    struct cli *cli = p->cli;

    if (!o->is_repeated && cli_has(cli, o->name))
        return fail(&cli->cx, ERR_INPUT, "--%s is given twice", o->name);
    if ((size_t)cli->nvalues == COUNT(cli->values))
        return fail(&cli->cx, ERR_INPUT, "too many options");
    cli->values[cli->nvalues++] = (struct cli_value){o->name, value};
    return OK;
}

static enum err parse_option(struct parse *p, struct str text)
{
    struct cli *cli = p->cli;
    struct str rest = text, name, value = {0};
    bool has_inline = memchr(text.ptr, '=', text.len) != NULL;
    const struct option *o;
    enum err err;

    str_cut(&rest, '=', &name);
    if (str_eq(name, S("json")) && !has_inline) {
        cli->is_json = true;
        return OK;
    }
    o = find_option(cli->command, name);
    if (o && !o->value)
        return has_inline ? fail(&cli->cx, ERR_INPUT, "--%s takes no value", o->name)
                          : add_option(p, o, S("1"));
    if (!o && !is_setting(name) && !str_eq(name, S("config")))
        return fail(&cli->cx, ERR_INPUT, "unknown option --%.*s; see `trafficd %s --help`",
                    STR_FMT(name), cli->command->name);
    TRY(take_value(p, name, rest, has_inline, &value));
    if (o)
        TRY(add_option(p, o, value));
    else if (str_eq(name, S("config")))
        p->flags->file = str_z(cli->cx.arena, value);
    else
        *vec_add(cli->cx.arena, p->flags) = (struct config_flag){name, value};
out:
    return err;
}

static enum err parse_word(struct parse *p, struct str text)
{
    struct cli *cli = p->cli;

    if (str_starts(text, S("--")))
        return parse_option(p, (struct str){text.ptr + 2, text.len - 2});
    if (cli->nargs == cli->command->most_args)
        return fail(&cli->cx, ERR_INPUT, "%.*s is one word too many; see `trafficd %s --help`",
                    STR_FMT(text), cli->command->name);
    cli->args[cli->nargs++] = text;
    return OK;
}

enum err cli_parse(struct cli *cli, const struct cli_words *words, struct cli_flags *flags)
{
    enum err err = OK;
    struct parse p = {.cli = cli, .words = words, .flags = flags};

    cli->command = find_command(cli->cx.arena, words, &p.at);
    if (!cli->command)
        return fail(&cli->cx, ERR_INPUT, "unknown command %.*s; see `trafficd --help`",
                    STR_FMT(word(words, 0)));
    while (p.at < words->n)
        TRY(parse_word(&p, words->at[p.at++]));
    if (cli->nargs < cli->command->least_args)
        err = fail(&cli->cx, ERR_INPUT, "%s needs %s; see `trafficd %s --help`", cli->command->name,
                   cli->command->args, cli->command->name);
out:
    return err;
}

struct str cli_value(const struct cli *cli, const char *name)
{
    for (int i = 0; i < cli->nvalues; i++)
        if (str_eq(str_of(cli->values[i].name), str_of(name)))
            return cli->values[i].value;
    return (struct str){0};
}

bool cli_has(const struct cli *cli, const char *name)
{
    return cli_value(cli, name).ptr != NULL;
}

enum err cli_number(struct cli *cli, const char *name, int64_t *out)
{
    if (cli_has(cli, name) && !str_to_int(cli_value(cli, name), out))
        return fail(&cli->cx, ERR_INPUT, "--%s wants a whole number", name);
    return OK;
}

void cli_say(struct cli *cli, const char *fmt, ...)
{
    va_list ap;
    struct str text;

    va_start(ap, fmt);
    text = arena_vfmt(cli->cx.arena, fmt, ap);
    va_end(ap);
    cli->out.write(cli->out.self, false, arena_fmt(cli->cx.arena, "%.*s\n", STR_FMT(text)));
}

void cli_job_line(void *self, struct str line)
{
    struct cli *cli = self;

    cli->out.write(cli->out.self, false, arena_fmt(cli->cx.arena, "%.*s\n", STR_FMT(line)));
}
