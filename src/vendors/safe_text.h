/* safe_text.h: vendors' words, made safe to log and to show.
 * The one rule: a vendor's message goes nowhere before it went through here. */
#pragma once
#include "base/base.h"

/* Messages about a broken token repeat the token: long runs of a token's letters become ***. At
 * most 160 bytes, cut between letters. */
struct str vendor_safe_text(struct arena *a, struct str raw);
