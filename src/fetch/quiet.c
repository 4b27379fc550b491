/* quiet.c: no signal of a closed connection gets past fetch/. */
#include "fetch/inside.h"

#include <time.h>

struct quiet quiet_begin(void)
{
    struct quiet q = {.was_pending = false};
    sigset_t pending, pipe_only;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    q.was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_only, &q.before);
    return q;
}

void quiet_end(const struct quiet *q)
{
    sigset_t pipe_only;
    struct timespec at_once = {0, 0};

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    if (!q->was_pending)
        sigtimedwait(&pipe_only, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &q->before, NULL);
}
