/* Tables as text. */
#include "base/csv.h"
#include "test.h"

/* All rows as "1:[a][b] 2:[c]", the number being the line on which the row begins. */
static struct str rows(struct ctx *cx, struct str text)
{
    struct csv_in *in = csv_open(cx, text);
    struct csv_row row;
    struct str all = S("");

    while (csv_next(in, &row)) {
        all = arena_fmt(cx->arena, "%.*s%s%zu:", STR_FMT(all), all.len ? " " : "", row.line);
        for (size_t i = 0; i < row.n; i++)
            all = arena_fmt(cx->arena, "%.*s[%.*s]", STR_FMT(all), STR_FMT(row.at[i]));
    }
    check_ok(csv_error(in));
    return all;
}

static void check_refused(struct ctx *cx, struct str text, const char *says)
{
    struct csv_in *in = csv_open(cx, text);
    struct csv_row row;

    while (csv_next(in, &row))
        continue;
    check_err(csv_error(in), ERR_INPUT);
    check_holds(str_of(says), str_of(cx->why));
    check(!csv_next(in, &row));
    ctx_forgive(cx);
}

TEST(rows_end_in_lf_or_crlf_or_with_the_text)
{
    check_str(S("1:[a][b] 2:[c][d]"), rows(cx, S("a,b\nc,d")));
    check_str(S("1:[a][b] 2:[c][d]"), rows(cx, S("a,b\r\nc,d\r\n")));
    check_str(S(""), rows(cx, S("")));
    check_str(S(""), rows(cx, (struct str){0}));
}

TEST(separator_is_found_in_the_first_line)
{
    check_str(S("1:[a,x][b][] 2:[c][d][]"), rows(cx, S("a,x;b;\nc;d;")));
    check_str(S("1:[a][b] 2:[c;d]"), rows(cx, S("a\tb\nc;d")));
    check_str(S("1:[a;b;c;d][e]"), rows(cx, S("\"a;b;c;d\",e")));
    check_str(S("1:[a][x;b]"), rows(cx, S("a,x;b"))); /* as often as another: the comma */
    check_str(S("1:[alone] 2:[a][b]"), rows(cx, S("alone\na,b")));
}

TEST(mark_at_the_front_is_not_text)
{
    check_str(S("1:[a][b]"), rows(cx, S("\xef\xbb\xbf"
                                        "a,b\n")));
    check_str(S("1:[a,b]"), rows(cx, S("\xef\xbb\xbf\"a,b\"\n")));
}

TEST(quotes_hold_separators_lines_and_quotes)
{
    check_str(S("1:[a,b][c\"d\"][e\nf] 3:[g]"), rows(cx, S("\"a,b\",\"c\"\"d\"\"\",\"e\nf\"\ng")));
    check_str(S("1:[][\"]"), rows(cx, S("\"\",\"\"\"\"")));
}

TEST(quote_inside_plain_text_is_plain)
{
    check_str(S("1:[name] 2:[ТОО \"Ромашка\"]"), rows(cx, S("name\nТОО \"Ромашка\"")));
}

TEST(empty_fields_are_fields_and_blank_lines_are_no_rows)
{
    check_str(S("1:[][][] 4:[a][]"), rows(cx, S(",,\n\n\r\na,\n\n")));
}

TEST(lone_carriage_return_is_text)
{
    check_str(S("1:[a\rb][c]"), rows(cx, S("a\rb,c\n")));
}

TEST(broken_quote_is_refused_with_its_line)
{
    check_refused(cx, S("a,b\nc,\"d"), "line 2");
    check_refused(cx, S("a\n\"b\nc\"d,e\n"), "line 2");
    check_refused(cx, S("\""), "line 1");
    check_refused(cx, S("\"a\"\rb"), "line 1");
}

TEST(rows_before_a_broken_one_were_given)
{
    struct csv_in *in = csv_open(cx, S("a\n\"b"));
    struct csv_row row;

    check(csv_next(in, &row));
    check_str(S("a"), row.at[0]);
    check(!csv_next(in, &row));
    check_err(csv_error(in), ERR_INPUT);
}

TEST(other_encodings_are_refused_and_not_guessed)
{
    check_refused(cx, S("a,b\n\xcf\xf0\xe8,1\n"), "line 2: the text is not UTF-8");
    check_refused(cx,
                  S("\xff\xfe"
                    "a\0,\0"),
                  "not UTF-8");
    check_refused(cx, S("a\0b"), "not UTF-8");
}

TEST(thousand_columns_are_read_and_one_more_is_not)
{
    char text[1001];
    struct csv_row row;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = ',';
    struct csv_in *in = csv_open(cx, (struct str){text, 999});
    check(csv_next(in, &row));
    check_int(1000, row.n);

    check_refused(cx, (struct str){text, 1000}, "1000 columns");
}

TEST(text_is_quoted_only_where_it_must_be)
{
    struct csv_out *c = csv_out_new(cx, 0);

    csv_str(c, S("plain")), csv_str(c, S("a,b")), csv_str(c, S("say \"hi\""));
    csv_str(c, S("two\nlines")), csv_str(c, S(" edge")), csv_str(c, S("a;b")), csv_str(c, S(""));
    csv_end_row(c);
    csv_int(c, -5), csv_dec(c, -14350000, 6), csv_str(c, S("\""));
    csv_end_row(c);

    check_str(S("plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\" edge\",\"a;b\",\r\n"
                "-5,-14.35,\"\"\"\"\r\n"),
              csv_text(c));
}

TEST(no_text_reaches_a_spreadsheet_as_formula)
{
    static const char *const tricks[] = {
        "=1+1",         "+1", "-1", "@sum(a1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0",
        "=\"a\",\"b\"",
    };

    for (size_t i = 0; i < COUNT(tricks); i++) {
        struct csv_out *c = csv_out_new(cx, 0);
        csv_str(c, str_of(tricks[i]));
        struct str text = csv_text(c);
        check(text.ptr[0] == '\'' || str_starts(text, S("\"'")));
    }
    struct csv_out *c = csv_out_new(cx, 0);
    csv_str(c, S("a=1")), csv_str(c, S("1-2"));
    check_str(S("a=1,1-2"), csv_text(c));
}

TEST(what_was_written_is_read_back_from_any_text)
{
    static const char letters[] = "ab,;\t\"\r\n ";
    uint64_t seed = 11;

    for (int i = 0; i < 3000; i++) {
        struct csv_out *c = csv_out_new(cx, 0);
        struct str fields[4];
        csv_str(c, S("x")), csv_str(c, S("y")), csv_end_row(c); /* fixes the separator */
        for (size_t f = 0; f < COUNT(fields); f++) {
            char *text = arena_alloc(cx->arena, 9, 1);
            size_t n = (size_t)test_random_between(&seed, 0, 8);
            text[0] = 'k';
            for (size_t k = 1; k <= n; k++)
                text[k] = letters[test_random(&seed) % 9];
            fields[f] = (struct str){text, n + 1};
            csv_str(c, fields[f]);
        }
        csv_end_row(c);
        struct csv_in *in = csv_open(cx, csv_text(c));
        struct csv_row row;
        check(csv_next(in, &row) && csv_next(in, &row));
        check_int(COUNT(fields), row.n);
        for (size_t f = 0; f < COUNT(fields); f++)
            check_str(fields[f], row.at[f]);
        arena_reset(cx->arena);
    }
}
