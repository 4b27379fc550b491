/* embedded.c: finding a file inside the binary. */
#include "base/embedded.h"

#include <string.h>

static int compare(const char *name, struct str wanted)
{
    size_t n = strlen(name), common = n < wanted.len ? n : wanted.len;
    int order = common ? memcmp(name, wanted.ptr, common) : 0;

    return order ? order : (n > wanted.len) - (n < wanted.len);
}

const struct embedded_file *embedded_find(const struct embedded_folder *folder, struct str name)
{
    size_t low = 0, high = folder->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(folder->files[middle].name, name);
        if (order == 0)
            return &folder->files[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
