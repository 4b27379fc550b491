/* main.c: words and settings in, a command out. Exit code 0 done, 1 failed, 2 wrong usage. */
#include "app/control.h"
#include "app/demo.h"
#include "app/serve.h"
#include "app/simulate.h"
#include "app/wire.h"
#include "base/log.h"
#include "gen/version.h"
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { PROCESS_ARENA = 1 << 30, PASSWORD_MAX = 1024, LARGE_BLOCK = 256 << 10 };

extern char **environ;
static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

static void catch_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal};

    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    act.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &act, NULL);
}

static int complain(const struct ctx *cx, enum err err)
{
    fprintf(stderr, "trafficd: %s\n", cx->why[0] ? cx->why : err_slug(err));
    return err == ERR_INPUT || err == ERR_FIELDS ? 2 : 1;
}

static void print_version(void)
{
    printf("trafficd %s (%s)\n", TD_VERSION, TD_COMMIT);
#define PRINT(name, version) printf("  %-16s %s\n", name, version);
    TD_INSIDE(PRINT)
#undef PRINT
}

static void write_std(void *self, bool is_error, struct str text)
{
    (void)self;
    fwrite(text.ptr, 1, text.len, is_error ? stderr : stdout);
    fflush(stdout);
}

/* From a terminal without echo, else the first line of stdin. Never from argv, where others see it.
 */
static struct str read_password(struct arena *a)
{
    char line[PASSWORD_MAX];
    struct termios old, quiet;
    bool is_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &old) == 0;
    struct str text = {0};

    if (is_terminal) {
        fputs("Password: ", stderr);
        quiet = old;
        quiet.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    if (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        text = arena_str(a, str_of(line));
    }
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
        fputc('\n', stderr);
    }
    return text;
}

struct process { /* one start of the program */
    struct cli cli;
    struct cli_words words;
    struct cli_flags flags;
    struct config config;
    enum origin *origins;
};

static enum err load_settings(struct process *p)
{
    enum err err;
    struct arena *arena = p->cli.cx.arena;
    struct config_source source = {.file = p->flags.file,
                                   .environment = (const char *const *)environ,
                                   .flags = p->flags.at,
                                   .nflags = p->flags.n};
    enum log_level level = LOG_INFO;

    p->origins = arena_alloc(arena, config_nsettings * sizeof *p->origins, _Alignof(enum origin));
    TRY(config_load(&p->cli.cx, &source, &p->config, p->origins));
    if (str_eq(p->config.log_level, S("debug")))
        level = LOG_DEBUG;
    else if (str_eq(p->config.log_level, S("warn")))
        level = LOG_WARN;
    else if (str_eq(p->config.log_level, S("error")))
        level = LOG_ERROR;
    log_set_level(level);
out:
    return err;
}

static enum err show_config(struct process *p)
{
    static const char *const columns[] = {"setting", "value", "from"};
    static const char *const from[] = {[ORIGIN_DEFAULT] = "default",
                                       [ORIGIN_FILE] = "file",
                                       [ORIGIN_ENVIRONMENT] = "environment",
                                       [ORIGIN_FLAG] = "flag"};
    struct cli *cli = &p->cli;
    struct cli_table table = {.columns = columns, .ncolumns = COUNT(columns)};

    for (size_t i = 0; i < config_nsettings; i++) {
        cli_table_add(cli, &table, str_of(config_settings[i].env));
        cli_table_add(cli, &table, config_value(cli->cx.arena, &p->config, &config_settings[i]));
        cli_table_add(cli, &table, str_of(from[p->origins[i]]));
    }
    cli_table_print(cli, &table);
    return OK;
}

static enum err serve(struct process *p)
{
    enum err err;
    struct app app = {0};
    struct serving *serving = NULL;
    struct ctx *cx = &p->cli.cx;

    TRY(control_fits(cx, p->config.data));
    TRY(app_open(cx, &p->config, &clock_system, &app));
    TRY(serving_start(cx, &app, &serving));
    TRY(serving_welcome(cx, &app, serving));
    serving_wait(&stop);
out:
    serving_stop(&serving);
    app_close(&app);
    return err;
}

/* A server that runs elsewhere reads the file by its whole name. */
static void name_file_wholly(struct process *p)
{
    const struct cli *cli = &p->cli;
    char whole[PATH_MAX];

    if (!str_eq(str_of(cli->command->args), S("FILE")))
        return;
    for (int i = 0; i < p->words.n; i++)
        if (str_eq(p->words.at[i], cli->args[0]) &&
            realpath(str_z(cli->cx.arena, cli->args[0]), whole))
            p->words.at[i] = arena_str(cli->cx.arena, str_of(whole));
}

/* A command that needs the data: through the running server if there is one, else by itself. */
static int run_on_data(struct process *p)
{
    struct ctx *cx = &p->cli.cx;
    struct control_call call = {.data = p->config.data, .words = &p->words};
    struct cli_call own = {
        .words = p->words, .out = {write_std, NULL}
    };
    struct app app = {0};
    bool is_running = false;
    int code = 1;
    enum err err;

    name_file_wholly(p);
    if (p->cli.command->asks_password)
        call.password = own.password = read_password(cx->arena);
    err = control_send(cx, &call, &is_running, &code);
    if (err)
        return complain(cx, err);
    if (is_running)
        return code;
    err = app_open(cx, &p->config, &clock_system, &app);
    if (!err && !app.config.database_url.len) /* one file, one process: what seems to run is dead */
        err = jobs_mark_lost(cx, &app);
    code = err ? complain(cx, err) : cli_run(&app, cx, &own);
    app_close(&app);
    return code;
}

static int run(struct process *p)
{
    const char *name = p->cli.command->name;
    enum err err;

    if (p->cli.command->run)
        return run_on_data(p);
    if (!strcmp(name, "serve"))
        err = serve(p);
    else if (!strcmp(name, "demo"))
        err = demo_run(&p->cli, &p->config, &stop);
    else if (!strcmp(name, "sim"))
        err = simulate_run(&p->cli, &stop);
    else
        err = show_config(p);
    return err ? complain(&p->cli.cx, err) : 0;
}

static bool has_word(const struct cli_words *w, struct str word)
{
    for (int i = 0; i < w->n; i++)
        if (str_eq(w->at[i], word))
            return true;
    return false;
}

/* --help and --version answer whatever else was said. */
static bool answer_early(struct process *p)
{
    struct cli_words *w = &p->words;
    struct str text;
    struct cli probe = p->cli;
    struct cli_flags flags = {0};
    struct cli_words head = {w->at, w->n < 2 ? w->n : 2};

    if (has_word(w, S("--version"))) {
        print_version();
        return true;
    }
    if (w->n && !has_word(w, S("--help")) && !has_word(w, S("-h")) && !str_eq(w->at[0], S("help")))
        return false;
    (void)!cli_parse(&probe, &head, &flags);
    text = cli_help(p->cli.cx.arena, probe.command);
    fwrite(text.ptr, 1, text.len, stdout);
    return true;
}

/* Large blocks, as a sync's arenas take them, go straight back to the system. Left alone, glibc
 * raises this bound with every such block that is freed, and the heap stays as large as it ever
 * was. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
}

int main(int argc, char **argv)
{
    struct process p = {.cli = {.out = {write_std, NULL}}};
    struct ctx *cx = &p.cli.cx;
    enum err err;
    int code;

    give_memory_back();
    *cx = (struct ctx){.arena = arena_new(PROCESS_ARENA), .clock = &clock_system, .tag = "main"};
    p.words.at = arena_alloc(cx->arena, (size_t)argc * sizeof *p.words.at, _Alignof(struct str));
    for (int i = 1; i < argc; i++)
        p.words.at[p.words.n++] = str_of(argv[i]);
    catch_signals();
    if (answer_early(&p)) {
        code = 0;
    } else if (!crypto_init()) {
        code = 1;
    } else {
        err = cli_parse(&p.cli, &p.words, &p.flags);
        if (!err)
            err = load_settings(&p);
        code = err ? complain(cx, err) : run(&p);
    }
    arena_free(&cx->arena);
    return code;
}
