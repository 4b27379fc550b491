/* cli.h: commands as data. The same table makes the parser, the help and the README's list.
 * The one rule: a command writes through `out`, never to stdout: it may run in another process. */
#pragma once
#include "core/app.h"
#include "core/job.h"

enum { CLI_OPTIONS = 10, CLI_ARGS = 4 };

/* How the value is named says what fits, and the parser refuses the rest before anything is opened:
 * N: a whole number; DAYS: one of at least 1; DAY: 'YYYY-MM-DD'; with | between words: one of them.
 */
struct option {
    const char *name;  /* "team": --team */
    const char *value; /* "NAME"; NULL = a switch */
    const char *meaning;
    enum { OPTIONAL, REQUIRED, REPEATED } how;
};
struct cli;
struct command {
    const char *name;    /* "sync" or "user add" */
    const char *args;    /* "ads|rates": one of them; "NAME": any; "" = none */
    const char *summary; /* one line */
    struct option options[CLI_OPTIONS];
    int least_args, most_args;
    bool asks_password;               /* read by the client, from a prompt or stdin */
    enum err (*run)(struct cli *cli); /* with the app open; NULL: main runs it by itself */
};
extern const struct command commands[];
extern const size_t ncommands;

struct cli_out { /* where a command's words go */
    void (*write)(void *self, bool is_error, struct str text);
    void *self;
};
struct cli_value {
    const char *name;
    struct str value;
};
struct cli { /* one call of a command */
    struct ctx cx;
    struct app *app;
    const struct command *command;
    struct str args[CLI_ARGS];
    int nargs;
    struct cli_value values[32]; /* options given, in order */
    int nvalues;
    struct str password;
    bool is_json;
    struct cli_out out;
};
/* Reads argv (without the program's name) into cli->command, args and values. Settings flags
 * (--data DIR ...) go to flags. ERR_INPUT with words for stderr: exit code 2. */
struct cli_words {
    struct str *at;
    int n;
};
struct cli_flags {
    struct config_flag *at;
    size_t n, cap;
    const char *file; /* --config */
};
enum err cli_parse(struct cli *cli, const struct cli_words *words,
                   struct cli_flags *flags) MUST_USE;
/* "" when not given. */
struct str cli_value(const struct cli *cli, const char *name);
bool cli_has(const struct cli *cli, const char *name);
/* A number option; ERR_INPUT when it is none. *out is left alone when not given. */
enum err cli_number(struct cli *cli, const char *name, int64_t *out) MUST_USE;

void cli_say(struct cli *cli, const char *fmt, ...) PRINTF_LIKE(2, 3); /* a line of output */
void cli_job_line(void *cli, struct str line);                         /* job_say, as output */

/* Rows with named columns, aligned for people, or a JSON list with --json. */
struct cli_table {
    const char *const *columns;
    size_t ncolumns;
    VEC(struct str) cells; /* row by row */
};
void cli_table_add(struct cli *cli, struct cli_table *t, struct str cell);
void cli_table_print(struct cli *cli, const struct cli_table *t);

struct str cli_help(struct arena *a, const struct command *c); /* NULL: of the whole program */
