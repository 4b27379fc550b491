/* control_client.c: the command line's end of the socket. */
#include "app/control.h"
#include "app/control_wire.h"
#include "base/json.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, sizeof address.sun_path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address)) {
        close(fd);
        return -1;
    }
    return fd;
}

static enum err call_json(struct ctx *cx, const struct control_call *call, struct str *out)
{
    struct json_out *j = json_out_new(cx, 1024);

    json_obj(j);
    json_key(j, "words"), json_arr(j);
    for (int i = 0; i < call->words->n; i++)
        json_str(j, call->words->at[i]);
    json_end(j);
    json_key(j, "password"), json_str(j, call->password);
    json_end(j);
    return json_finish(j, out);
}

static enum err copy_answer(struct ctx *cx, int fd, int *exit_code)
{
    enum wire_kind kind;
    struct str text;

    while (wire_get(cx, fd, &kind, &text)) {
        if (kind == WIRE_EXIT && text.len == 1) {
            *exit_code = text.ptr[0];
            return OK;
        }
        fwrite(text.ptr, 1, text.len, kind == WIRE_ERROR ? stderr : stdout);
        fflush(stdout);
    }
    return fail(cx, ERR_BUSY, "the running server hung up before the command was done");
}

enum err control_send(struct ctx *cx, const struct control_call *call, bool *is_running,
                      int *exit_code)
{
    enum err err;
    char path[sizeof((struct sockaddr_un *)0)->sun_path];
    struct str text;
    int fd = -1;

    *is_running = false;
    TRY(wire_path(cx, call->data, path, sizeof path));
    fd = connect_to(path);
    if (fd < 0)
        return OK;
    *is_running = true;
    TRY(call_json(cx, call, &text));
    if (!wire_put(fd, WIRE_CALL, text))
        TRY(fail(cx, ERR_BUSY, "the running server does not take commands"));
    TRY(copy_answer(cx, fd, exit_code));
out:
    if (fd >= 0)
        close(fd);
    return err;
}
