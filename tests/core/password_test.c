/* What makes a password unfit (ASVS 6.2), and the ways a good one is not refused. */
#include "core/auth.h"
#include "core/password_words.h"
#include "test.h"

static struct str fault_of(const char *password)
{
    return str_of(password_fault(str_of(password), S("aigerim@agency.kz"), S("Айгерим Sergeeva")));
}

TEST(twelve_characters_of_ones_own_are_enough)
{
    static const char *const good[] = {
        "tulip-bridge-42-olive",
        "korzina grusha 9",
        "Жылы жаңбыр жауды",
        "7c1fq0zk3mxw",
        "        ъ й я 8 щ ",
        "904417325806",
        "correct horse but another animal",
    };

    for (size_t i = 0; i < COUNT(good); i++)
        check_str(S(""), fault_of(good[i]));
}

TEST(a_short_password_is_refused_by_characters_not_bytes)
{
    check_str(S("too_short"), fault_of("tulip-bridg"));
    check_str(S("too_short"), fault_of("тюльпаны-мо"));
    check_str(S(""), fault_of("тюльпаны-мос"));
}

TEST(a_password_of_more_than_128_bytes_is_refused)
{
    struct str most = arena_fmt(cx->arena, "tulip%0123d", 908172635);

    check_int(128, most.len);
    check(password_fault((struct str){most.ptr, 128}, S(""), S("")) == NULL ||
          !str_eq(str_of(password_fault(most, S(""), S(""))), S("too_long")));
    check_str(S("too_long"),
              str_of(password_fault(arena_fmt(cx->arena, "%.*s1", STR_FMT(most)), S(""), S(""))));
}

TEST(what_everybody_chooses_is_refused_however_it_is_dressed_up)
{
    static const char *const bad[] = {
        "password1234",
        "Password2026!!",
        "P@ssw0rd-2026",
        "qwertyuiop12",
        "qwerty123456",
        "123456789012",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcdefghijkl",
        "lkjihgfedcba",
        "passwordpassword",
        "admin-admin-admin",
        "trafficd2026!",
        "Traffic Dashboard",
        "facebook-amocrm-1",
        "iloveyou12345",
        "correct horse battery staple",
        "пароль123456",
        "йцукенйцукен",
        "summer-winter-2026",
    };

    for (size_t i = 0; i < COUNT(bad); i++)
        check_str(S("too_common"), fault_of(bad[i]));
}

TEST(ones_own_name_and_address_are_refused)
{
    check_str(S("contains_your_name"), fault_of("aigerim-likes-tulips"));
    check_str(S("contains_your_name"), fault_of("tulips of SERGEEVA"));
    check_str(S("contains_your_name"), fault_of("айгерим и тюльпаны"));
    check_str(S(""),
              str_of(password_fault(S("aigerim-likes-tulips"), S("bo@agency.kz"), S("Bo Li"))));
}

TEST(a_password_that_is_not_text_is_refused)
{
    check_str(S("bad_text"), fault_of("tulip\xff\xfe-bridge-42"));
}

TEST(each_word_of_the_list_is_folded_already)
{
    for (size_t i = 0; i < password_nwords; i++) {
        struct str word = str_of(password_words[i]);
        check_str(word, str_fold(cx->arena, word));
        check(word.len >= 3);
    }
}
