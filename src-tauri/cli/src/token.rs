//! Where a token or a password that is given on the spot comes from: standard input, or a named environment variable.
//! At a terminal it is asked for, and what is typed is not shown.

use std::env::{self, VarError};
use std::io::{IsTerminal, Read};

use belfry_core::action::Credentials;
use belfry_core::model::{SecretText, Token};
use zeroize::Zeroizing;

use crate::args::{LoginArgs, TokenArgs};
use crate::problem::Problem;

/// The most that is read as a secret, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Reads the token that the command line speaks of, if it speaks of one.
///
/// # Errors
/// [`Problem::Usage`] where there is none after all.
pub fn given(from: &TokenArgs) -> Result<Option<Token>, Problem> {
    match (&from.token_env, from.token_stdin) {
        (Some(variable), _) => from_variable(variable).map(Some),
        (None, true) => from_stdin("token", "Token (it is not shown): ", token).map(Some),
        (None, false) => Ok(None),
    }
}

/// Reads the password of the user that the command line speaks of, if it speaks of one.
///
/// # Errors
/// [`Problem::Usage`] where there is none after all.
pub fn login(from: &LoginArgs) -> Result<Option<Credentials>, Problem> {
    let Some(user) = from.user.clone() else { return Ok(None) };
    let password = match &from.password_env {
        Some(variable) => password_from_variable(variable)?,
        None => from_stdin("password", "Password (it is not shown): ", password)?,
    };
    Ok(Some(Credentials::Password { user, password }))
}

/// Reads a token or another secret of its kind from an environment variable.
///
/// # Errors
/// [`Problem::Usage`] where it is not set or cannot be used.
pub fn from_variable(variable: &str) -> Result<Token, Problem> {
    variable_as(variable, token)
}

/// Reads a password from an environment variable.
///
/// # Errors
/// [`Problem::Usage`] where it is not set or cannot be used.
pub fn password_from_variable(variable: &str) -> Result<SecretText, Problem> {
    variable_as(variable, password)
}

fn variable_as<T>(variable: &str, usable: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
    let lacks = |why: &str| Problem::Usage(format!("the environment variable {variable} {why}"));
    match env::var(variable).map(Zeroizing::new) {
        Ok(text) => usable(&text).ok_or_else(|| lacks("does not hold one line of visible text")),
        Err(VarError::NotPresent) => Err(lacks("is not set")),
        Err(VarError::NotUnicode(_)) => Err(lacks("does not hold text")),
    }
}

/// Reads a secret from standard input; `noun` is what it is called, `prompt` what a person is asked.
fn from_stdin<T>(noun: &str, prompt: &str, usable: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
    if std::io::stdin().is_terminal() {
        let text = rpassword::prompt_password(prompt)
            .map(Zeroizing::new)
            .map_err(|error| Problem::Usage(format!("no {noun} could be read from the terminal: {error}")))?;
        let bad = || Problem::Usage("what was typed is not one line of visible text".to_owned());
        return usable(&text).ok_or_else(bad);
    }
    // A buffer that never moves, so that no copy stays.
    let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES + 1));
    let read = std::io::stdin().lock().take(MAX_BYTES as u64).read_to_string(&mut text);
    let lacks =
        || Problem::Usage(format!("standard input does not hold one line of visible text as a {noun}"));
    read.map_err(|_| lacks())?;
    usable(&text).ok_or_else(lacks)
}

fn token(text: &str) -> Option<Token> {
    let token = Token::new(text);
    let fine = !token.is_empty() && !token.expose().contains(char::is_control);
    fine.then_some(token)
}

/// A password may begin and end with spaces; only the end of its line is none of it.
fn password(text: &str) -> Option<SecretText> {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let fine = !line.is_empty() && !line.contains(char::is_control);
    fine.then(|| SecretText::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_line() {
        assert_eq!(token(" abc\n").unwrap().expose(), "abc");
        for bad in ["", " \n", "a\nb", "a\u{7}"] {
            assert!(token(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_password_is_one_line_with_its_spaces() {
        for (text, kept) in
            [(" open sesame \n", " open sesame "), ("p\r\n", "p"), ("钟楼", "钟楼"), (" ", " ")]
        {
            assert_eq!(password(text).unwrap().expose(), kept);
        }
        for bad in ["", "\n", "\r\n", "a\nb", "a\n\n", "a\u{7}"] {
            assert!(password(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_missing_variable_is_named() {
        let Err(Problem::Usage(words)) = from_variable("BELFRY_TEST_NO_SUCH_VARIABLE") else { panic!() };
        assert!(words.contains("BELFRY_TEST_NO_SUCH_VARIABLE"));
    }
}
