/* password_words.h: what people choose first, and the words of this product.
 * The one rule: all lower case, none shorter than three characters. */
#pragma once
#include <stddef.h>

extern const char *const password_words[];
extern const size_t password_nwords;
