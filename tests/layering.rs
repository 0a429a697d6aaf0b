//! The order of the crates, and of the modules inside `belfry-core`: each may use only what stands before it.
//!
//! The compiler sees cycles between crates but not between modules, and it does not know that the core must
//! not learn of sockets, clocks or Tauri. Sources are read as text: comments, strings and test code are cut
//! out, the rest is searched for paths.

#![expect(clippy::unwrap_used, reason = "a test ends where its ground is missing")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each crate, and the crates of the workspace that it may depend on (tests and builds included).
const CRATES: &[(&str, &[&str])] = &[
    ("belfry-protocol", &[]),
    ("belfry-core", &["belfry-protocol"]),
    ("belfry-platform", &["belfry-core", "belfry-protocol"]),
    ("belfry-cli", &["belfry-core", "belfry-platform", "belfry-protocol"]),
    ("belfry-server", &["belfry-protocol"]),
    ("belfry-manuals", &["belfry-cli", "belfry-core", "belfry-server"]),
    ("belfry", &["belfry-core", "belfry-platform", "belfry-server"]),
    ("belfry-tests", &["belfry-core", "belfry-platform", "belfry-protocol", "belfry-server"]),
];

/// The modules of `belfry-core`. Those of one row may not use each other.
const MODULES: &[&[&str]] = &[
    &["model"],
    &["plain", "words"],
    &["settings"],
    &["link", "dialect"],
    &["store"],
    &["policy"],
    &["view"],
    &["action"],
    &["ports"],
    &["engine"],
    &["fakes"],
];

/// What must not appear in the sources of a crate; `except` names the modules that may.
struct Ban {
    crate_folder: &'static str,
    words: &'static [&'static str],
    except: &'static [&'static str],
}

const BANS: &[Ban] = &[
    Ban {
        crate_folder: "src-tauri/protocol",
        words: &["tauri", "tokio", "reqwest", "rusqlite"],
        except: &[],
    },
    Ban {
        crate_folder: "src-tauri/core",
        words: &["tauri", "reqwest", "zbus", "notify_rust", "keyring_core"],
        except: &[],
    },
    Ban {
        crate_folder: "src-tauri/core",
        words: &[
            "std::net",
            "Instant::now",
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
            "tokio::time",
            "tokio::spawn",
        ],
        except: &["engine", "fakes"],
    },
    Ban {
        crate_folder: "src-tauri/core",
        words: &["std::net", "SystemTime::now", "Timestamp::now", "Zoned::now"],
        except: &[],
    },
    Ban { crate_folder: "src-tauri/platform", words: &["tauri"], except: &[] },
    Ban { crate_folder: "src-tauri/cli", words: &["tauri", "webkit"], except: &[] },
    Ban { crate_folder: "src-tauri/server", words: &["tauri", "belfry_core"], except: &[] },
];

#[test]
fn crates_depend_only_on_those_before_them() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let names: Vec<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), CRATES.len(), "a crate is missing in CRATES: {names:?}");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let allowed = CRATES
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap_or_else(|| panic!("{name} is not in CRATES"))
            .1;
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let own = on == name;
            assert!(own || !names.contains(&on) || allowed.contains(&on), "{name} must not depend on {on}");
        }
    }
}

#[test]
fn only_the_desktop_program_is_built_on_tauri() {
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let on_tauri = package["dependencies"]
            .as_array()
            .unwrap()
            .iter()
            .any(|dependency| dependency["name"].as_str().unwrap().starts_with("tauri"));
        assert_eq!(on_tauri, name == "belfry", "{name}");
    }
}

#[test]
fn modules_of_the_core_use_only_those_before_them() {
    let core = root().join("src-tauri/core/src");
    let rank = |module: &str| MODULES.iter().position(|row| row.contains(&module));
    let mut wrong = Vec::new();
    for (file, code) in sources(&core) {
        let Some(own) = module_of(&core, &file) else { continue };
        let own_rank = rank(&own).unwrap_or_else(|| panic!("the module {own} is not in MODULES"));
        for used in crate_paths(&code) {
            match rank(&used) {
                Some(used_rank) if used == own || used_rank < own_rank => {}
                Some(_) => wrong.push(format!("{} uses crate::{used}", file.display())),
                None => wrong.push(format!("{} uses crate::{used}, which is not in MODULES", file.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sources_hold_nothing_that_belongs_to_another_layer() {
    let mut wrong = Vec::new();
    for ban in BANS {
        let folder = root().join(ban.crate_folder).join("src");
        for (file, code) in sources(&folder) {
            if module_of(&folder, &file).is_some_and(|module| ban.except.contains(&module.as_str())) {
                continue;
            }
            for word in ban.words.iter().filter(|word| has_word(&code, word)) {
                wrong.push(format!("{} uses {word}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reader_sees_paths_and_not_comments_strings_or_tests() {
    let code = without_tests(&without_words(
        "//! crate::fakes\nuse crate::{model::Id, view};\nuse crate::store::{self, Store};\n\
         fn f(a: crate::link::Link) { let s = \"crate::engine\"; let c = '\"'; /* crate::ports */ }\n\
         #[cfg(test)]\nmod tests { use crate::fakes::Clock; }\nuse crate::words;",
    ));
    assert_eq!(crate_paths(&code), ["link", "model", "store", "view", "words"]);
    assert_eq!(
        test_modules("#[cfg(test)]\nmod seen;\n#[cfg(test)] mod tests { mod inner; }\nmod kept;"),
        ["seen"]
    );
    assert!(has_word("use tauri::App;", "tauri") && !has_word("let tauric = 1;", "tauri"));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn metadata() -> serde_json::Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--offline", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The source files below a folder with their plain code, without the modules that are tests as a whole.
fn sources(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut tests = Vec::new();
    for file in rust_files(folder) {
        let source = without_words(&std::fs::read_to_string(&file).unwrap());
        let own = file.file_stem().unwrap();
        let below =
            if own == "lib" || own == "main" { file.with_file_name("") } else { file.with_extension("") };
        tests.extend(test_modules(&source).into_iter().map(|module| below.join(module)));
        found.insert(file, without_tests(&source));
    }
    found.retain(|file, _| !tests.iter().any(|test| file.with_extension("").starts_with(test)));
    assert!(!found.is_empty(), "no sources in {}", folder.display());
    found
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// The names of `#[cfg(test)] mod name;`: files that only tests see.
fn test_modules(code: &str) -> Vec<&str> {
    let items = code.split("#[cfg(test)]").skip(1);
    items
        .filter_map(|item| item.trim_start().strip_prefix("mod ")?.split_once(';'))
        .filter_map(|(module, _)| (!module.contains('{')).then_some(module.trim()))
        .collect()
}

/// `src/store/page.rs` and `src/store.rs` are `store`; `src/lib.rs` and `src/main.rs` are no module.
fn module_of(source_folder: &Path, file: &Path) -> Option<String> {
    let first = file.strip_prefix(source_folder).unwrap().iter().next().unwrap().to_str().unwrap();
    let module = first.strip_suffix(".rs").unwrap_or(first);
    (module != "lib" && module != "main").then(|| module.to_owned())
}

/// The code without comments and strings.
fn without_words(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    let starts = |at: usize, what: &str| source[at..].starts_with(what);
    while at < bytes.len() {
        let rest = &source[at..];
        if starts(at, "//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if starts(at, "/*") {
            at += rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if starts(at, "r\"") || starts(at, "r#") && rest[1..].trim_start_matches('#').starts_with('"')
        {
            let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
            let close = format!("\"{}", "#".repeat(hashes));
            let open = 2 + hashes;
            at += rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len());
        } else if starts(at, "\"") {
            let mut end = 1;
            while end < rest.len() && rest.as_bytes()[end] != b'"' {
                end += if rest.as_bytes()[end] == b'\\' { 2 } else { 1 };
            }
            at += (end + 1).min(rest.len());
        } else if starts(at, "'\"'") || starts(at, "'{'") || starts(at, "'}'") {
            at += 3;
        } else {
            let character = rest.chars().next().unwrap();
            out.push(character);
            at += character.len_utf8();
        }
    }
    out
}

/// Cuts each item that follows `#[cfg(test)]`: to its closing brace, or to its semicolon.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::new();
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        out.push_str(&rest[..start]);
        let item = &rest[start + MARK.len()..];
        let mut depth = 0_usize;
        let end = item.char_indices().find_map(|(at, character)| {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            (depth == 0 && matches!(character, '}' | ';')).then_some(at + 1)
        });
        rest = &item[end.unwrap_or(item.len())..];
    }
    out.push_str(rest);
    out
}

/// The modules named by `crate::x`, `crate::{x, y::Z}` and the like, each once, in alphabetical order.
fn crate_paths(code: &str) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|before| before.is_alphanumeric() || before == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(name(rest));
            continue;
        };
        // Names directly inside the braces stand at their start and after each comma at depth one.
        let (mut depth, mut expect) = (1, true);
        for (at, character) in group.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => expect = true,
                _ if expect && depth == 1 && !character.is_whitespace() => {
                    found.insert(name(&group[at..]));
                    expect = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    // A macro or a type at the crate's root is no module.
    found.into_iter().filter(|name| name.starts_with(|first: char| first.is_ascii_lowercase())).collect()
}

fn name(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}

fn has_word(code: &str, word: &str) -> bool {
    let part = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(word)
        .any(|(at, _)| !part(code[..at].chars().next_back()) && !part(code[at + word.len()..].chars().next()))
}
