//! What a text consists of, as search sees it: folded characters, words and runs, and the terms under which
//! the index knows them.

use std::ops::Range;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// How much of a message is searched, in bytes of title, sender and body together.
pub(super) const SEARCHED: usize = 16 * 1024;

/// How much of a query counts, in characters.
const QUERY: usize = 200;

/// The index knows each word by its beginnings of these lengths, in characters, so that it is asked for whole
/// terms only: it walks through those of a frequent word as far as it has to, but would gather all that begin
/// with a prefix before it gave the first.
const BEGINNINGS: [usize; 6] = [1, 2, 3, 4, 6, 8];

/// How many terms of a query the index is asked for; the rest is found by comparing.
const ASKED: usize = 24;

/// What a character is to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Of a script that puts spaces between words.
    Word,
    /// Of a script that does not.
    Run,
    /// Between words.
    Between,
}

/// What a query looks for: all of these have to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted(Vec<Unit>);

/// One word or run, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    class: Class,
    text: String,
}

impl Wanted {
    /// Reads a query. Whatever is neither word nor run separates them and means nothing else.
    pub fn new(query: &str) -> Self {
        let end = query.char_indices().nth(QUERY).map_or(query.len(), |(end, _)| end);
        let mut folded = String::new();
        fold(&query[..end], &mut folded);
        let units = units(&folded).map(|(class, text)| Unit { class, text: text.to_owned() });
        let mut wanted: Vec<Unit> = Vec::new();
        for unit in units {
            if !wanted.contains(&unit) {
                wanted.push(unit);
            }
        }
        Self(wanted)
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a folded text has everything that is looked for.
    pub fn is_in(&self, folded: &str) -> bool {
        self.0.iter().all(|unit| unit.places(folded).next().is_some())
    }

    /// Where a folded text has any of what is looked for, in bytes.
    pub fn places(&self, folded: &str) -> Vec<Range<usize>> {
        self.0.iter().flat_map(|unit| unit.places(folded)).collect()
    }

    /// The question to the index that has every message as an answer that has everything looked for, and
    /// perhaps more. Each term is quoted: nothing in it is syntax.
    pub fn question(&self) -> String {
        let mut terms: Vec<String> = Vec::new();
        for Unit { class, text } in &self.0 {
            let mut ask = |term: &str| terms.push(format!("\"{term}\""));
            match class {
                Class::Word => beginnings(text).last().into_iter().for_each(ask),
                Class::Run if text.chars().count() == 1 => ask(text),
                Class::Run => pairs(text).for_each(ask),
                Class::Between => {}
            }
        }
        terms.truncate(ASKED);
        terms.join(" AND ")
    }
}

impl Unit {
    /// Where a folded text has it: a word at the beginning of words, a run anywhere in runs.
    fn places<'a>(&'a self, folded: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let fits = |start: usize| match self.class {
            Class::Run => true,
            Class::Word | Class::Between => {
                !folded[..start].chars().next_back().is_some_and(|c| class(c) == Class::Word)
            }
        };
        let found = folded.match_indices(self.text.as_str()).map(|(start, _)| start);
        found.filter(move |start| fits(*start)).map(|start| start..start + self.text.len())
    }
}

/// The part of a message that is searched, folded into a buffer: title, sender, body.
pub(super) fn fold_message(title: &str, sender: Option<&str>, body: &str, into: &mut String) {
    into.clear();
    let mut room = SEARCHED;
    for part in [title, sender.unwrap_or_default(), body] {
        let part = &part[..part.floor_char_boundary(room)];
        room -= part.len();
        fold(part, into);
        into.push('\n');
    }
}

/// The terms under which a folded text is found, separated by spaces.
pub(super) fn write_terms(folded: &str, into: &mut String) {
    into.clear();
    for (class, text) in units(folded) {
        let mut put = |term: &str| {
            into.push_str(term);
            into.push(' ');
        };
        match class {
            Class::Word => beginnings(text).for_each(put),
            Class::Run => {
                pairs(text).for_each(&mut put);
                text.split_inclusive(|_| true).for_each(put);
            }
            Class::Between => {}
        }
    }
}

/// Folds a text: small letters without accents, all of one width.
pub(super) fn fold(text: &str, into: &mut String) {
    for c in text.chars() {
        fold_char(c, |folded| into.push(folded));
    }
}

/// Folds a text and says for each of its characters that left something: where that begins in the folded
/// text, and which bytes of the text it was.
pub(super) fn fold_mapped(text: &str) -> (String, Vec<(usize, Range<usize>)>) {
    let mut folded = String::new();
    let mut origins: Vec<(usize, Range<usize>)> = Vec::new();
    for (at, c) in text.char_indices() {
        let start = folded.len();
        fold_char(c, |c| folded.push(c));
        let bytes = at..at + c.len_utf8();
        match origins.last_mut() {
            // An accent of its own belongs to its letter.
            Some((_, last)) if folded.len() == start => last.end = bytes.end,
            _ if folded.len() == start => {}
            _ => origins.push((start, bytes)),
        }
    }
    (folded, origins)
}

fn fold_char(c: char, mut put: impl FnMut(char)) {
    if c.is_ascii() {
        return put(c.to_ascii_lowercase());
    }
    let half_or_full_width = matches!(c, '\u{ff00}'..='\u{ffef}');
    if class(c) == Class::Run && !half_or_full_width {
        return put(c);
    }
    for part in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(std::iter::once(c)) {
        if !matches!(part, '\u{300}'..='\u{36f}') {
            part.to_lowercase().for_each(&mut put);
        }
    }
}

/// The words and runs of a folded text.
fn units(folded: &str) -> impl Iterator<Item = (Class, &str)> {
    let mut rest = folded;
    std::iter::from_fn(move || {
        loop {
            let first = class(rest.chars().next()?);
            let end = rest.find(|c| class(c) != first).unwrap_or(rest.len());
            let (unit, after) = rest.split_at(end);
            rest = after;
            if first != Class::Between {
                return Some((first, unit));
            }
        }
    })
}

/// Each two neighbouring characters.
fn pairs(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.char_indices().skip(1).map(|(_, c)| c.len_utf8());
    let starts = text.char_indices().zip(ends);
    starts.map(|((start, c), next)| &text[start..start + c.len_utf8() + next])
}

/// The beginnings under which the index knows a word, the longest last.
fn beginnings(word: &str) -> impl Iterator<Item = &str> {
    let end = |length: usize| word.char_indices().map(|(_, c)| c.len_utf8()).take(length).sum::<usize>();
    let chars = word.chars().take(BEGINNINGS[BEGINNINGS.len() - 1]).count();
    BEGINNINGS.into_iter().filter(move |length| *length <= chars).map(move |length| &word[..end(length)])
}

fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Word } else { Class::Between };
    }
    if is_run(c) {
        Class::Run
    } else if c.is_alphanumeric() {
        Class::Word
    } else {
        Class::Between
    }
}

/// Scripts that put no spaces between words: Han, Kana, Bopomofo, Hangul; Thai, Lao, Burmese, Khmer.
fn is_run(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{3ffff}' | '\u{f900}'..='\u{faff}'
        | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{303b}'
        | '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}'
        | '\u{ac00}'..='\u{d7ff}' | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97c}'
        | '\u{ffa0}'..='\u{ffdc}'
        | '\u{e01}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17dd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut folded = String::new();
        fold(text, &mut folded);
        folded
    }

    fn finds(query: &str, text: &str) -> bool {
        let wanted = Wanted::new(query);
        !wanted.is_empty() && wanted.is_in(&folded(text))
    }

    #[test]
    fn a_word_is_found_by_its_beginning_and_a_run_by_any_part() {
        assert!(finds("rep", "The Report is ready"));
        assert!(!finds("port", "The Report is ready"));
        assert!(finds("通知", "系统通知中心"));
        assert!(finds("知", "系统通知"));
        assert!(!finds("通心", "系统通知中心"));
        assert!(finds("部署 v2", "v2.1 部署完成"));
        assert!(finds("deploy失败", "deploy 又失败了"), "each part for itself");
        assert!(finds("お知らせ", "重要なお知らせです"));
        assert!(finds("알림", "새 알림이 있습니다"));
    }

    #[test]
    fn case_width_and_accents_do_not_count() {
        for (query, text) in [
            ("CAFE", "café"),
            ("café", "CAFE"),
            ("cafe", "cafe\u{301}"),
            ("ABC", "ＡＢＣ"),
            ("straße", "STRAßE"),
            ("カタ", "ｶﾀｶﾅ"),
            ("ångström", "Angstrom"),
            ("ПРИВЕТ", "привет"),
        ] {
            assert!(finds(query, text), "{query} in {text}");
        }
    }

    #[test]
    fn quotes_and_operators_are_nothing_but_spaces() {
        for query in ["\"", "*", "AND (", "a OR \"b", "x:y NEAR(", "-a", "^", "'; --", "NOT"] {
            let question = Wanted::new(query).question();
            assert_eq!(question.matches('"').count() % 2, 0, "{question}");
        }
        assert!(Wanted::new(" \"*() ").is_empty());
        assert_eq!(Wanted::new("OR").question(), "\"or\"");
        assert_eq!(Wanted::new("a-b\"cde").question(), "\"a\" AND \"b\" AND \"cde\"");
    }

    #[test]
    fn what_is_asked_for_is_what_is_written() {
        let terms = |text: &str| {
            let mut terms = String::new();
            write_terms(&folded(text), &mut terms);
            terms
        };
        assert_eq!(terms("Hi 通知中，a"), "h hi 通知 知中 通 知 中 a ");
        assert_eq!(terms("straßen"), "s st str stra straße ");
        let long = "x".repeat(100);
        assert_eq!(terms(&long), "x xx xxx xxxx xxxxxx xxxxxxxx ");
        assert_eq!(Wanted::new("reports 通知中").question(), "\"report\" AND \"通知\" AND \"知中\"");
        assert_eq!(Wanted::new("知").question(), "\"知\"");
        assert!(finds(&long, &long) && !finds(&long, &"x".repeat(99)));
    }

    #[test]
    fn no_more_of_a_message_is_searched_than_allowed() {
        let mut text = String::new();
        fold_message("t", None, &"字".repeat(SEARCHED), &mut text);
        assert!(text.len() <= SEARCHED + 3 && text.len() > SEARCHED - 6, "{}", text.len());
    }
}
