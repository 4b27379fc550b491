/* keys.c: where the program's own keys come from. A key that others can read, or that a person made
 * up, is refused with what to do; a missing one is made unless it would lock data away for good. */
#include "core/secrets.h"
#include "core/secrets.sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_TEXT = 2 * CRYPTO_KEY, LEAST_DISTINCT = 8, LEAST_SECRET = 32, FILE_MOST = 256 };

static bool is_weak(struct str key)
{
    bool seen[256] = {false};
    size_t distinct = 0;

    for (size_t i = 0; i < key.len; i++) {
        distinct += !seen[(unsigned char)key.ptr[i]];
        seen[(unsigned char)key.ptr[i]] = true;
    }
    return distinct < LEAST_DISTINCT;
}

static bool key_from_hex(struct arena *a, struct str text, unsigned char key[CRYPTO_KEY])
{
    struct str bytes;

    if (text.len != KEY_TEXT || !hex_bytes(a, text, &bytes) || is_weak(bytes))
        return false;
    memcpy(key, bytes.ptr, CRYPTO_KEY);
    return true;
}

/* *text stays empty when there is no such file. */
static enum err read_file(struct ctx *cx, const char *path, struct str *text)
{
    enum err err = OK;
    struct stat is;
    char buf[FILE_MOST];
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *text = S("");
    if (fd < 0 && errno == ENOENT)
        return OK;
    if (fd < 0)
        return fail(cx, ERR_INPUT,
                    "%s cannot be read (%s): make it readable for this program's user", path,
                    strerror(errno));
    ssize_t n = -1;
    if (fstat(fd, &is) || !S_ISREG(is.st_mode))
        err = fail(cx, ERR_INPUT, "%s is not a plain file: move it away", path);
    else if (is.st_mode & 077)
        err = fail(cx, ERR_INPUT, "%s can be read by others: run chmod 600 %s, or make a new key",
                   path, path);
    else if ((n = read(fd, buf, sizeof buf)) < 0)
        err = fail(cx, ERR_INPUT, "%s cannot be read (%s)", path, strerror(errno));
    if (n > 0)
        *text = arena_str(cx->arena, str_trim((struct str){buf, (size_t)n}));
    if (!err && !text->len)
        err = fail(cx, ERR_INPUT, "%s is empty: put the key back, or delete the file", path);
    close(fd);
    return err;
}

static bool write_whole(int fd, struct str text)
{
    bool is_written = write(fd, text.ptr, text.len) == (ssize_t)text.len && !fsync(fd);

    return !close(fd) && is_written;
}

static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fsync(fd))
        (void)errno; /* some file systems cannot sync a folder; the file itself is on disk */
    close(fd);
}

/* Appears whole under its name or not at all, and never replaces a key that is there. */
static enum err make_file(struct ctx *cx, const char *folder, const char *path, struct str text)
{
    char *temp = str_z(cx->arena, arena_fmt(cx->arena, "%s.new", path));
    int fd;

    unlink(temp);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(cx, ERR_INPUT, "%s cannot be made (%s): is the data directory writable?", path,
                    strerror(errno));
    bool is_made =
        write_whole(fd, arena_fmt(cx->arena, "%.*s\n", STR_FMT(text))) && !link(temp, path);
    int why = errno;
    unlink(temp);
    if (!is_made)
        return fail(cx, ERR_INPUT, "%s cannot be written (%s)", path, strerror(why));
    sync_folder(folder);
    return OK;
}

static enum err key_is_needed(struct ctx *cx, struct app *app, bool *needed)
{
    enum err err;
    struct tx *tx = NULL;
    int64_t n = 0;

    *needed = false;
    if (!app->db)
        return OK;
    TRY(tx_begin(cx, app->db, TX_READ, &tx));
    TRY(db_get_int(tx, &q_secrets_need_key, NO_ARGS, &n, NULL));
    *needed = n != 0;
out:
    tx_end(&tx);
    return err;
}

struct key_file {
    const char *name, *setting;
    bool locks_data; /* what it sealed is lost without it */
};

static enum err load_file(struct ctx *cx, struct app *app, const struct key_file *f,
                          unsigned char key[CRYPTO_KEY])
{
    enum err err;
    const char *folder = str_z(cx->arena, app->config.data);
    const char *path = str_z(cx->arena, arena_fmt(cx->arena, "%s/%s", folder, f->name));
    struct str text;
    bool needed = false;

    TRY(read_file(cx, path, &text));
    if (!text.len) {
        if (f->locks_data)
            TRY(key_is_needed(cx, app, &needed));
        if (needed)
            TRY(fail(cx, ERR_INPUT,
                     "%s is missing, and the database holds secrets sealed with it: put the file "
                     "back, or give the key as %s",
                     path, f->setting));
        unsigned char fresh[CRYPTO_KEY];
        app->random->fill(app->random->self, fresh, sizeof fresh);
        text = hex_text(cx->arena, (struct str){(const char *)fresh, sizeof fresh});
        TRY(make_file(cx, folder, path, text));
    }
    if (!key_from_hex(cx->arena, text, key))
        err = fail(cx, ERR_INPUT,
                   "%s is not a strong key: it must hold 64 random hex digits, such as those of "
                   "`openssl rand -hex 32`",
                   path);
out:
    return err;
}

static enum err load_secret_key(struct ctx *cx, struct app *app, unsigned char key[CRYPTO_KEY])
{
    static const struct key_file file = {"secret.key", "TRAFFICD_SECRET_KEY", true};

    if (!app->config.secret_key.len)
        return load_file(cx, app, &file, key);
    if (!key_from_hex(cx->arena, app->config.secret_key, key))
        return fail(cx, ERR_INPUT,
                    "TRAFFICD_SECRET_KEY is too weak: give 64 random hex digits, such as those of "
                    "`openssl rand -hex 32`");
    return OK;
}

/* 64 hex digits are the key itself; any other text of 32 characters or more is hashed to one. */
static enum err load_session_key(struct ctx *cx, struct app *app)
{
    static const struct key_file file = {"jwt.secret", "TRAFFICD_JWT_SECRET", false};
    struct str text = app->config.jwt_secret;

    if (!text.len)
        return load_file(cx, app, &file, app->session_key);
    if (key_from_hex(cx->arena, text, app->session_key))
        return OK;
    if (text.len < LEAST_SECRET || is_weak(text))
        return fail(cx, ERR_INPUT,
                    "TRAFFICD_JWT_SECRET is too weak: give at least 32 random characters, such as "
                    "those of `openssl rand -hex 32`");
    sha256(text, app->session_key);
    return OK;
}

enum err keys_load(struct ctx *cx, struct app *app)
{
    enum err err;
    unsigned char master[CRYPTO_KEY];

    TRY(load_secret_key(cx, app, master));
    crypto_subkey(master, "secrets1", app->secret_key);
    crypto_subkey(master, "auditlog", app->audit_key);
    TRY(load_session_key(cx, app));
out:
    return err;
}
