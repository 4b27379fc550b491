/* cli.c: words into a command, its arguments and options. */
#include "app/cli.h"
#include "base/calendar.h"
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

static bool is_choice(struct str choices, struct str value)
{
    struct str one;

    while (str_cut(&choices, '|', &one))
        if (str_eq(one, value))
            return true;
    return false;
}

static enum err check_value(struct cli *cli, const struct option *o, struct str value)
{
    struct str kind = str_of(o->value ? o->value : "");
    struct date date;
    int64_t n = 0;

    if ((str_eq(kind, S("N")) || str_eq(kind, S("DAYS"))) && !str_to_int(value, &n))
        return fail(&cli->cx, ERR_INPUT, "--%s wants a whole number", o->name);
    if (str_eq(kind, S("DAYS")) && n < 1)
        return fail(&cli->cx, ERR_INPUT, "--%s wants at least 1", o->name);
    if (str_eq(kind, S("DAY")) && !day_parse(value, &date))
        return fail(&cli->cx, ERR_INPUT, "--%s wants a day as YYYY-MM-DD", o->name);
    if (strchr(str_z(cli->cx.arena, kind), '|') && !is_choice(kind, value))
        return fail(&cli->cx, ERR_INPUT, "--%s is one of %.*s", o->name, STR_FMT(kind));
    return OK;
}

static enum err add_option(struct parse *p, const struct option *o, struct str value)
{
    enum err err;
    struct cli *cli = p->cli;

    if (o->how != REPEATED && cli_has(cli, o->name))
        return fail(&cli->cx, ERR_INPUT, "--%s is given twice", o->name);
    TRY(check_value(cli, o, value));
    if ((size_t)cli->nvalues == COUNT(cli->values))
        return fail(&cli->cx, ERR_INPUT, "too many options");
    cli->values[cli->nvalues++] = (struct cli_value){o->name, value};
out:
    return err;
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

/* Arguments in small letters are themselves what is to be typed. */
static bool has_choices(const struct command *c)
{
    return c->args[0] >= 'a' && c->args[0] <= 'z';
}

static enum err parse_word(struct parse *p, struct str text)
{
    struct cli *cli = p->cli;

    if (str_starts(text, S("--")))
        return parse_option(p, (struct str){text.ptr + 2, text.len - 2});
    if (cli->nargs == cli->command->most_args)
        return fail(&cli->cx, ERR_INPUT, "%.*s is one word too many; see `trafficd %s --help`",
                    STR_FMT(text), cli->command->name);
    if (!str_trim(text).len)
        return fail(&cli->cx, ERR_INPUT, "%s wants %s that is not empty", cli->command->name,
                    cli->command->args);
    if (has_choices(cli->command) && !is_choice(str_of(cli->command->args), text))
        return fail(&cli->cx, ERR_INPUT, "%s wants %s, not %.*s", cli->command->name,
                    cli->command->args, STR_FMT(text));
    cli->args[cli->nargs++] = text;
    return OK;
}

static enum err check_whole(struct cli *cli)
{
    const struct command *c = cli->command;

    if (cli->nargs < c->least_args)
        return fail(&cli->cx, ERR_INPUT, "%s needs %s; see `trafficd %s --help`", c->name, c->args,
                    c->name);
    for (size_t i = 0; i < CLI_OPTIONS && c->options[i].name; i++)
        if (c->options[i].how == REQUIRED && !cli_value(cli, c->options[i].name).len)
            return fail(&cli->cx, ERR_INPUT, "--%s is missing; see `trafficd %s --help`",
                        c->options[i].name, c->name);
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
    TRY(check_whole(cli));
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
