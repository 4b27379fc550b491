/* disk.c: the floor under every durable write: how often this disk takes 4 KB and says it is safe.
 *
 *     disk FOLDER SECONDS  ->  <overwriting a prepared file, per second> <appending, per second>
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 4000 }; /* as large as the database's log between checkpoints */

static double now_s(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void must(int is_well, const char *what)
{
    if (is_well)
        return;
    fprintf(stderr, "disk: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double per_second(int fd, double seconds, int wraps)
{
    char page[PAGE];
    double began = now_s();
    int64_t n = 0;

    memset(page, 'x', sizeof page);
    while (now_s() - began < seconds) {
        off_t at = (off_t)(wraps ? n % PAGES : n) * PAGE;
        page[0] = (char)n++;
        must(pwrite(fd, page, PAGE, at) == PAGE, "write");
        must(fdatasync(fd) == 0, "fdatasync");
    }
    return (double)n / (now_s() - began);
}

static int open_file(const char *folder)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/floor.bin", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0, path);
    unlink(path);
    return fd;
}

int main(int argc, char **argv)
{
    char page[PAGE] = {0};

    if (argc != 3) {
        fprintf(stderr, "usage: disk FOLDER SECONDS\n");
        return 2;
    }
    double seconds = strtod(argv[2], NULL);
    int prepared = open_file(argv[1]), growing = open_file(argv[1]);
    for (int i = 0; i < PAGES; i++)
        must(write(prepared, page, PAGE) == PAGE, "write");
    must(fsync(prepared) == 0, "fsync");
    printf("%.0f ", per_second(prepared, seconds / 2, 1));
    printf("%.0f\n", per_second(growing, seconds / 2, 0));
    return 0;
}
