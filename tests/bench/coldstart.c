/* coldstart.c: from fork to the first 200 on /health.
 *
 *     coldstart SIGNAL COMMAND...
 *
 * An '@' among the words becomes a free address. Afterwards the program is ended with SIGNAL (9,
 * 15) and waited for. Prints milliseconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_US = 30 * 1000 * 1000, STEP_US = 100 };

static void must(bool is_well, const char *what)
{
    if (is_well)
        return;
    fprintf(stderr, "coldstart: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

static struct sockaddr_in free_address(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    must(fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof at), "bind");
    must(!getsockname(fd, (struct sockaddr *)&at, &size), "getsockname");
    close(fd);
    return at;
}

static bool is_healthy(const struct sockaddr_in *at)
{
    static const char ask[] =
        "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char answer[16] = "";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_well = !connect(fd, (const struct sockaddr *)at, sizeof *at) &&
                   send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) == sizeof ask - 1 &&
                   recv(fd, answer, 12, MSG_WAITALL) == 12 && strncmp(answer + 9, "200", 3) == 0;

    close(fd);
    return is_well;
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = free_address();
    char address[32];

    if (argc < 3) {
        fprintf(stderr, "usage: coldstart SIGNAL COMMAND...\n");
        return 2;
    }
    snprintf(address, sizeof address, "127.0.0.1:%d", ntohs(at.sin_port));
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "@") == 0)
            argv[i] = address;
    double began = now_ms();
    pid_t child = fork();
    must(child >= 0, "fork");
    if (!child) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    while (!is_healthy(&at)) {
        must(now_ms() - began < LONGEST_US / 1000.0 && waitpid(child, NULL, WNOHANG) == 0,
             "the program did not come up");
        usleep(STEP_US);
    }
    printf("%.2f\n", now_ms() - began);
    kill(child, (int)strtol(argv[1], NULL, 10));
    waitpid(child, NULL, 0);
    return 0;
}
