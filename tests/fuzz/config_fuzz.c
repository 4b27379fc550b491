/* Any bytes as file of settings: refused with a reason, or settings that are all right. */
#include "fuzz.h"

#include "base/config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx cx = fuzz_begin();
    int fd = memfd_create("config", MFD_CLOEXEC);
    struct config c;

    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    char *path = str_z(cx.arena, arena_fmt(cx.arena, "/proc/self/fd/%d", fd));
    struct config_source from = {.file = path};
    if (config_load(&cx, &from, &c, NULL) == OK) {
        for (size_t i = 0; i < config_nsettings; i++) {
            struct str shown = config_value(cx.arena, &c, &config_settings[i]);
            must(str_is_utf8(shown));
            must(!shown.len || !memchr(shown.ptr, '\n', shown.len));
        }
        must(c.listen.len && c.data.len && c.tz.len && c.meta_graph_url.len);
        must(c.http_threads >= 2 && c.retry_base_ms >= 1);
    } else {
        must(cx.err == ERR_INPUT && cx.why[0]);
    }
    close(fd);
    return fuzz_end(&cx);
}
