//! What people see of what servers write.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn first(body: &str) -> String {
    first_line(body, 200).into_owned()
}

#[test]
fn the_first_line_is_without_its_markdown() {
    for (body, line) in [
        ("**bold** and *slanted*", "bold and slanted"),
        ("# 标题\n\ntext", "标题"),
        ("> quoted\n> more", "quoted"),
        ("see [the page](https://example.org/?a=1 \"t\")!", "see the page!"),
        ("![a picture](https://example.org/x.png) of it", "a picture of it"),
        ("run `cargo *test*`", "run cargo *test*"),
        ("```rust\nlet a = 1;\nlet b = 2;\n```", "let a = 1;"),
        ("- [one](x)\n- two", "one"),
        ("3. third\n4. fourth", "3. third"),
        ("~~old~~ new, ~5 min", "old new, ~5 min"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b"),
        ("fish &amp; chips &lt;3", "fish & chips <3"),
        ("\\*not bold\\*", "*not bold*"),
        ("<https://example.org/>", "https://example.org/"),
        ("---\n\nafter a rule", "after a rule"),
        ("[a]: https://example.org/\n\nafter a definition", "after a definition"),
        ("first\\\nsecond", "first"),
        ("**a\nb**", "a"),
    ] {
        assert_eq!(first(body), line, "{body:?}");
    }
}

#[test]
fn what_is_no_markdown_stays_as_it_is() {
    for body in [
        "系统将于今晚 22:00 维护",
        "a * b * c, 2*3",
        "snake_case_name and __init",
        "#42 is fixed",
        "-5 °C",
        "1.5 million",
        "D:\\notes\\me",
        "a < b && b > c",
        "<b>text</b>",
        "100% | done",
        "[draft",
        "-",
    ] {
        let shown = if body == "-" { "" } else { body };
        assert_eq!(first(body), shown, "{body:?}");
    }
}

#[test]
fn lines_that_say_nothing_are_passed_over() {
    assert_eq!(first(" \n\r\n\t\n  second\tline\u{7} \u{a0} here \nthird"), "second line here");
    assert_eq!(first("\u{202e}\n****\n\n![](x)\n\nat last"), "at last");
    assert_eq!(first("```\n\n  code\n```"), "code");
    assert_eq!(first("<div>\nin a box\n</div>"), "<div>");
    assert_eq!(first(""), "");
    assert_eq!(first("\u{202e} \u{7}"), "");
}

#[test]
fn control_and_direction_characters_are_left_out() {
    assert_eq!(first("\u{202e}gpj.exe\u{2066} \u{1b}[31mred"), "gpj.exe [31mred");
    assert_eq!(first("**\u{202e}a\u{0}b**"), "ab");
    assert_eq!(one_line("a \u{202e} b\u{2028}c\u{85}d", 20), "a b c d");
    assert_eq!(lines("title\r\nfirst\tline\u{85}\u{7}", 50), "title\nfirst line");
}

#[test]
fn what_nobody_sees_is_left_out_and_nothing_else() {
    assert_eq!(one_line("zw\u{200b}\u{2060}\u{ad}\u{e0041}t\u{34f}ag\u{3164}", 20), "zwtag");
    assert_eq!(lines("a\u{200b}\n\u{e007f}b\u{2029}c", 20), "a\nb c");
    for nothing in ["\u{200b}", "\u{200d}", " \u{fe0f}\u{ad} ", "\u{3164}\u{1160}", "\u{2800}"] {
        assert_eq!(one_line(nothing, 20), "", "{nothing:?}");
    }
    // Persian with a joiner of no width, an emoji by its selector, a variant of a Chinese character.
    for needed in ["می\u{200c}خواهم", "❤\u{fe0f}", "葛\u{e0100}飾", "ᠭᠠ\u{180b}"] {
        assert_eq!(one_line(needed, 20), needed);
    }
}

#[test]
fn emoji_sequences_survive_and_are_not_cut_in_two() {
    assert_eq!(one_line("👩‍💻 ok", 20), "👩‍💻 ok");
    // A woman, a joiner, a computer: three characters that are one to the eye.
    assert_eq!(shortened("ab👩‍💻cd", 5), "ab…");
    assert_eq!(shortened("ab👩‍💻cd", 6), "ab👩‍💻…");
    assert_eq!(shortened("e\u{301}e\u{301}", 4), "e\u{301}e\u{301}");
    assert_eq!(shortened("e\u{301}e\u{301}x", 4), "e\u{301}…");
    let endless = format!("a{}", "\u{301}".repeat(500));
    assert_eq!(shortened(&endless, 5), "a\u{301}\u{301}\u{301}…");
}

#[test]
fn a_long_line_is_marked_where_it_was_cut() {
    let exact = "字".repeat(200);
    assert_eq!(first(&exact), exact);
    assert_eq!(first(&format!("{exact}x")), format!("{}…", "字".repeat(199)));
    assert_eq!(first(&"a\u{7}  ".repeat(9_999)).chars().count(), 200);
    assert_eq!(lines(&"\t".repeat(9_999), 20).chars().count(), 1, "only the mark is left of white space");
}

#[test]
fn hostile_text_takes_no_time() {
    let patterns = [
        "![", "[", "](", "*a", "**a **", "_a_*", "`", "<", "<a ", "&", "> ", "- ", "1. ", "\\", "|", "~~",
        "[a](", "<!--", "\u{202e}", " ", "\n", "\t", "a\u{301}", "[^a]", "``` ", "* * ",
    ];
    let start = Instant::now();
    for pattern in patterns {
        let body = pattern.repeat(4 * 1024 * 1024 / pattern.len());
        assert!(first_line(&body, 200).chars().count() <= 200);
    }
    // 26 bodies of 4 MiB; a parser that reads one of them whole takes longer for it alone.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn whatever_comes_it_is_one_short_line_that_hides_nothing(
        body in "([*_`~\\[\\]()<>!#|&\\\\ \n\t-]|[a-c]|\u{202e}|\u{7}|字|👩‍💻){0,60}",
        limit in 1_usize..30,
    ) {
        for text in [first_line(&body, limit).into_owned(), one_line(&body, limit)] {
            prop_assert!(text.chars().count() <= limit, "{text:?}");
            prop_assert!(!text.contains(|c| c != ' ' && (is_space(c) || is_hidden(c))), "{text:?}");
            prop_assert_eq!(text.trim(), &text);
        }
    }
}
