/* child.h: work in a process of its own: it may lose rights, see another disk, or die.
 * The one rule: the work returns 0 when all was as it should be; checks do not work in a child. */
#pragma once
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_UNUSED __attribute__((unused))
enum { CHILD_LACKS = 77 }; /* the machine cannot do what the work needs */

/* Says where a child stopped. */
#define CHILD_MUST(claim)                                                                          \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            fprintf(stderr, "%s:%d: it does not hold that %s\n", __FILE__, __LINE__, #claim);      \
            return 1;                                                                              \
        }                                                                                          \
    } while (0)

CHILD_UNUSED static pid_t child_start(int (*work)(void *self), void *self)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(work(self));
    return pid;
}

/* The exit code, or 128 + the signal that ended it. */
CHILD_UNUSED static int child_end(pid_t pid)
{
    int status = 0;

    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

CHILD_UNUSED static int child_run(int (*work)(void *self), void *self)
{
    return child_end(child_start(work, self));
}
