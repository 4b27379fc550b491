/* control.h: the Unix socket in the data directory through which commands reach a running server.
 * The one rule: whoever can open the socket owns the data: it is mode 0600 and the peer's user is
 * checked. */
#pragma once
#include "app/cli.h"

struct control;
/* ERR_INPUT when the directory's name leaves no room for the socket's. */
enum err control_fits(struct ctx *cx, struct str data) MUST_USE;
enum err control_start(struct ctx *cx, struct app *app, struct control **out) MUST_USE;
void control_stop(struct control **c); /* NULL is fine */

/* Sends the words to the server of this data directory and copies what it says to stdout and
 * stderr. *is_running false: there is none, run it yourself. *exit_code is the command's. */
struct control_call {
    struct str data; /* the data directory */
    const struct cli_words *words;
    struct str password;
};
enum err control_send(struct ctx *cx, const struct control_call *call, bool *is_running,
                      int *exit_code) MUST_USE;

/* Runs parsed words on an open app; exit code 0, 1 or 2. Used on both sides. */
struct cli_call {
    struct cli_words words;
    struct str password;
    struct cli_out out;
};
int cli_run(struct app *app, const struct ctx *cx, const struct cli_call *call);
