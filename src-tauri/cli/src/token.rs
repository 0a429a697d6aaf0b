//! Where a token that is given on the spot comes from: standard input, or a named environment variable. At a
//! terminal it is asked for, and what is typed is not shown.

use std::env::{self, VarError};
use std::io::{IsTerminal, Read};

use belfry_core::model::Token;

use crate::args::TokenArgs;
use crate::problem::Problem;

/// The most that is read as a token, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads the token that the command line speaks of, if it speaks of one.
///
/// # Errors
/// [`Problem::Usage`] where there is none after all.
pub fn given(from: &TokenArgs) -> Result<Option<Token>, Problem> {
    match (&from.token_env, from.token_stdin) {
        (Some(variable), _) => from_variable(variable).map(Some),
        (None, true) => from_stdin().map(Some),
        (None, false) => Ok(None),
    }
}

/// Reads a secret from an environment variable.
///
/// # Errors
/// [`Problem::Usage`] where it is not set or cannot be used.
pub fn from_variable(variable: &str) -> Result<Token, Problem> {
    let lacks = |why: &str| Problem::Usage(format!("the environment variable {variable} {why}"));
    match env::var(variable) {
        Ok(text) => usable(&text).ok_or_else(|| lacks("does not hold one line of visible text")),
        Err(VarError::NotPresent) => Err(lacks("is not set")),
        Err(VarError::NotUnicode(_)) => Err(lacks("does not hold text")),
    }
}

fn from_stdin() -> Result<Token, Problem> {
    if std::io::stdin().is_terminal() {
        return typed();
    }
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MAX_BYTES).read_to_string(&mut text);
    let lacks =
        || Problem::Usage("standard input does not hold one line of visible text as a token".to_owned());
    read.map_err(|_| lacks())?;
    usable(&text).ok_or_else(lacks)
}

fn typed() -> Result<Token, Problem> {
    let text = rpassword::prompt_password("Token (it is not shown): ")
        .map_err(|error| Problem::Usage(format!("no token could be read from the terminal: {error}")))?;
    usable(&text).ok_or_else(|| Problem::Usage("what was typed is not one line of visible text".to_owned()))
}

fn usable(text: &str) -> Option<Token> {
    let token = Token::new(text);
    let fine = !token.is_empty() && !token.expose().contains(|c: char| c.is_control());
    fine.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_line() {
        assert_eq!(usable(" abc\n").unwrap().expose(), "abc");
        for bad in ["", " \n", "a\nb", "a\u{7}"] {
            assert!(usable(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_missing_variable_is_named() {
        let Err(Problem::Usage(words)) = from_variable("BELFRY_TEST_NO_SUCH_VARIABLE") else { panic!() };
        assert!(words.contains("BELFRY_TEST_NO_SUCH_VARIABLE"));
    }
}
