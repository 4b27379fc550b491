/* How a step says that it failed. */
#include "test.h"

#include <string.h>

static enum err pass_on(struct ctx *cx, enum err what)
{
    enum err err;

    TRY(what ? fail(cx, what, "it was %s", err_slug(what)) : OK);
    err = fail(cx, ERR_BUG, "not reached when the step failed");
out:
    return err;
}

TEST(every_error_has_a_slug_and_a_status)
{
    check_str(S("ok"), str_of(err_slug(OK)));
    check_int(200, err_status(OK));
    check_str(S("not_signed_in"), str_of(err_slug(ERR_AUTH)));
    check_int(401, err_status(ERR_AUTH));
    check_int(504, err_status(ERR_TIMEOUT));
    check_str(S("internal"), str_of(err_slug((enum err)999)));
    check_int(500, err_status((enum err)999));
}

TEST(first_failure_wins)
{
    check_err(pass_on(cx, ERR_UPSTREAM), ERR_UPSTREAM);
    check_err(fail(cx, ERR_DB, "later"), ERR_DB);

    check_int(ERR_UPSTREAM, cx->err);
    check_str(S("it was upstream"), str_of(cx->why));
}

TEST(long_reason_is_cut_between_characters)
{
    char text[512];

    for (size_t shift = 0; shift < 4; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\xd1\x84", 2);
        text[400] = 0;
        check_err(fail(cx, ERR_INPUT, "%s", text), ERR_INPUT);
        check(str_is_utf8(str_of(cx->why)));
        check(strlen(cx->why) >= 197);
        ctx_forgive(cx);
    }
}

TEST(wrong_fields_are_collected_in_order)
{
    check_ok(ctx_fields(cx));

    fail_field(cx, "email", "not_an_email");
    fail_field(cx, "name", "missing");

    check_err(ctx_fields(cx), ERR_FIELDS);
    check_str(S("email"), cx->fields->field);
    check_str(S("not_an_email"), cx->fields->why);
    check_str(S("name"), cx->fields->next->field);
    check(cx->fields->next->next == NULL);
    check_str(S("email: not_an_email"), str_of(cx->why));
}

TEST(forgiven_failure_leaves_no_trace)
{
    fail_field(cx, "name", "missing");
    cx->retry_after_ms = 5;
    check_err(ctx_fields(cx), ERR_FIELDS);

    ctx_forgive(cx);

    check_int(OK, cx->err);
    check_int(0, cx->why[0]);
    check_int(0, cx->retry_after_ms);
    check_ok(ctx_fields(cx));
}

TEST(deadline_passes_by_the_monotonic_clock)
{
    check(!ctx_expired(cx));

    cx->deadline_ms = mono_ms(cx) + 1000;
    check(!ctx_expired(cx));
    fake_clock_set(test_clock(cx), 0);
    check(!ctx_expired(cx));
    fake_clock_advance(test_clock(cx), 1000);

    check(ctx_expired(cx));
}
