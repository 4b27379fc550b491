/* serve.h: HTTP, jobs, inbox and the control socket in one process.
 * The one rule: what started last stops first, so nothing is cut off in the middle. */
#pragma once
#include "core/app.h"
#include <signal.h>

struct serving;
/* Starts inbox, timetable, HTTP and the control socket on an open app. *out is to be stopped even
 * after a failure. */
enum err serving_start(struct ctx *cx, struct app *app, struct serving **out) MUST_USE;
void serving_stop(struct serving **s); /* NULL is fine */
int serving_port(const struct serving *s);
/* Threads made in between leave SIGINT and SIGTERM to the main thread, whose waiting they end. */
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);
/* Sleeps until *stop is set. */
void serving_wait(const volatile sig_atomic_t *stop);

/* Prints where it listens, the set-up link while there is no admin, and the CRM's webhook address
 * when its key was made just now. */
enum err serving_welcome(struct ctx *cx, struct app *app, const struct serving *s) MUST_USE;
