//! The commands that the documents show are commands that there are.

#![expect(clippy::unwrap_used, reason = "a test ends where its ground is missing")]

use std::ffi::OsString;
use std::path::Path;

use belfry_cli::args::{Arguments, Instead};

/// Every command line of `belfryctl` in the code of a document, a line that goes on with `\\` in one piece.
fn commands(document: &str) -> Vec<String> {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document)).unwrap();
    let joined = text.replace("\\\n", " ");
    let mut fenced = false;
    let mut found = Vec::new();
    for line in joined.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if (fenced || line.starts_with("    ")) && line.trim_start().starts_with("belfryctl ") {
            found.push(line.trim().to_owned());
        }
    }
    found
}

/// The words of a command as a shell reads them: quotes, no comments, no redirections, no pipes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '<' | '>' | '|') => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn every_command_in_the_documents_is_understood() {
    for (document, at_least) in [("docs/cli.md", 20), ("README.md", 6)] {
        let commands = commands(document);
        assert!(commands.len() >= at_least, "{document} shows only {commands:#?}");
        for command in commands {
            match Arguments::read(words(&command).into_iter().map(OsString::from)) {
                Ok(_) | Err(Instead::Text(_)) => {}
                Err(Instead::Usage(why)) => panic!("{document}: {command}: {why}"),
            }
        }
    }
}

#[test]
fn every_command_that_there_is_stands_in_the_document() {
    let document = commands("docs/cli.md").join("\n");
    let Err(Instead::Text(help)) = Arguments::read(["belfryctl", "--help"].map(OsString::from)) else {
        panic!("no help")
    };
    let list = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let names: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(names.contains(&"watch") && names.len() > 10, "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        assert!(document.contains(&format!(" {name}")), "docs/cli.md shows no `belfryctl {name}`");
    }
}

#[test]
fn words_are_taken_as_a_shell_takes_them() {
    assert_eq!(
        words("belfryctl send --title 'Down at six' \"a b\" # why"),
        ["belfryctl", "send", "--title", "Down at six", "a b"]
    );
    assert_eq!(words("belfryctl export --format csv > all.csv"), ["belfryctl", "export", "--format", "csv"]);
}
