/* Files carried inside the program. */
#include "base/embedded.h"
#include "test.h"

#include <string.h>

TEST(every_file_is_found_by_its_name)
{
    for (size_t i = 0; i < embedded_zoneinfo.n; i++) {
        const struct embedded_file *file = &embedded_zoneinfo.files[i];
        check(embedded_find(&embedded_zoneinfo, str_of(file->name)) == file);
        check(!i || strcmp(file->name, embedded_zoneinfo.files[i - 1].name) > 0);
    }
}

TEST(what_is_not_there_is_not_found)
{
    static const char *const absent[] = {"", "A", "zzz", "Asia", "Asia/Almat", "Asia/Almatyy", "~"};
    const struct embedded_folder empty = {NULL, 0};

    for (size_t i = 0; i < COUNT(absent); i++)
        check(embedded_find(&embedded_zoneinfo, str_of(absent[i])) == NULL);
    check(embedded_find(&empty, S("a")) == NULL);
    check(embedded_find(&embedded_zoneinfo, S("UTC\0")) == NULL);
}
