/* banned.h: the C library's unsafe words, refused by the compiler. Force-included for src/.
 * The one rule: a banned name is never redefined, it is only marked; headers stay as they are. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

struct tm;
#define BANNED(instead) __attribute__((deprecated("banned in this house: " instead)))

/* Unbounded or silently cut copies. */
BANNED("use str views and arena_str") char *strcpy(char *to, const char *from);
BANNED("use str views and arena_str") char *stpcpy(char *to, const char *from);
BANNED("use arena_fmt") char *strcat(char *to, const char *from);
BANNED("use str views and arena_str") char *strncpy(char *to, const char *from, size_t n);
BANNED("use arena_fmt") char *strncat(char *to, const char *from, size_t n);
BANNED("use arena_fmt or snprintf") int sprintf(char *to, const char *fmt, ...);
BANNED("use arena_fmt or snprintf") int vsprintf(char *to, const char *fmt, va_list ap);

/* Hidden state, or no way to say that the text was wrong. */
BANNED("use str_cut") char *strtok(char *text, const char *at);
BANNED("use str_to_int") int atoi(const char *text);
BANNED("use str_to_int") long atol(const char *text);
BANNED("use str_to_int") long long atoll(const char *text);
BANNED("use decimal_parse") double atof(const char *text);

/* The machine's own time zone, and clocks that a test cannot set. */
BANNED("use civil_at") struct tm *gmtime(const time_t *at);
BANNED("use civil_at") struct tm *localtime(const time_t *at);
BANNED("use civil_at") struct tm *localtime_r(const time_t *at, struct tm *out);
BANNED("use instant_of") time_t mktime(struct tm *at);
BANNED("use rfc3339") char *ctime(const time_t *at);
BANNED("use rfc3339") char *asctime(const struct tm *at);
BANNED("use now_ms") time_t time(time_t *out);

/* Chance and settings are passed in. */
BANNED("use struct random") int rand(void);
BANNED("use struct random") void srand(unsigned int seed);
BANNED("use struct random") long random(void);
BANNED("use struct config") char *getenv(const char *name);

/* Shells and guessable file names. */
BANNED("a command line is never built") int system(const char *command);
BANNED("use mkstemp in the data directory") char *tmpnam(char *name);
BANNED("use mkstemp in the data directory") char *mktemp(char *name);
#undef BANNED
