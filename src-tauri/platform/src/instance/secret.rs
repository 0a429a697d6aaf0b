//! The frame of a secret: one byte that says what it is, then its parts, not as JSON. The frame is overwritten
//! when it has been read or sent, and no part of it is ever quoted in an error.
//!
//! | first byte | what follows |
//! | --- | --- |
//! | `t` | a token |
//! | `g` | a token that the server has given for a password |
//! | `p` | the length of the user's name (four bytes, big-endian), the name, the password |
//! | `k` | nothing: what is kept already |

use belfry_core::action::Credentials;
use belfry_core::model::{SecretText, Token};
use zeroize::Zeroizing;

use super::wire::{FrameError, SECRET};

const TOKEN: u8 = b't';
const GRANTED: u8 = b'g';
const PASSWORD: u8 = b'p';
const KEPT: u8 = b'k';

/// The frame for credentials. Its buffer is made in its final size and never moves.
///
/// # Errors
/// [`FrameError::TooLong`] if they are longer than the other side would read.
pub fn encode(credentials: &Credentials) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    match credentials {
        Credentials::Token(token) => frame(&[&[TOKEN], token.expose().as_bytes()]),
        Credentials::Granted(token) => frame(&[&[GRANTED], token.expose().as_bytes()]),
        Credentials::Password { user, password } => {
            let length = u32::try_from(user.len()).map_err(|_| FrameError::TooLong(u32::MAX))?;
            frame(&[&[PASSWORD], &length.to_be_bytes(), user.as_bytes(), password.expose().as_bytes()])
        }
        Credentials::Kept => frame(&[&[KEPT]]),
    }
}

fn frame(parts: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let length = parts.iter().map(|part| part.len()).sum();
    if length > SECRET {
        return Err(FrameError::TooLong(u32::try_from(length).unwrap_or(u32::MAX)));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    for part in parts {
        bytes.extend_from_slice(part);
    }
    Ok(bytes)
}

/// The credentials of a frame.
///
/// # Errors
/// [`FrameError::Malformed`] if it is none.
pub fn decode(bytes: &[u8]) -> Result<Credentials, FrameError> {
    read(bytes).ok_or(FrameError::Malformed("secret"))
}

fn read(bytes: &[u8]) -> Option<Credentials> {
    let text = |bytes| std::str::from_utf8(bytes).ok();
    match bytes.split_first()? {
        (&TOKEN, token) => Some(Credentials::Token(Token::new(text(token)?))),
        (&GRANTED, token) => Some(Credentials::Granted(Token::new(text(token)?))),
        (&PASSWORD, rest) => {
            let (length, rest) = rest.split_first_chunk()?;
            let (user, password) =
                rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
            let password = SecretText::new(text(password)?.to_owned());
            Some(Credentials::Password { user: text(user)?.to_owned(), password })
        }
        (&KEPT, []) => Some(Credentials::Kept),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let token = decode(&encode(&Credentials::Token(Token::new("s3cret"))).unwrap()).unwrap();
        assert!(matches!(token, Credentials::Token(token) if token.expose() == "s3cret"));
        let token = decode(&encode(&Credentials::Granted(Token::new("s3cret"))).unwrap()).unwrap();
        assert!(matches!(token, Credentials::Granted(token) if token.expose() == "s3cret"));
        for (user, password) in [("me", " open sésame "), ("", ""), ("钟", "p")] {
            let secret = SecretText::new(password.to_owned());
            let sent = Credentials::Password { user: user.to_owned(), password: secret };
            let Credentials::Password { user: name, password: word } =
                decode(&encode(&sent).unwrap()).unwrap()
            else {
                panic!("not a password");
            };
            assert_eq!((name.as_str(), word.expose()), (user, password));
        }
        assert!(matches!(decode(&encode(&Credentials::Kept).unwrap()).unwrap(), Credentials::Kept));
    }

    #[test]
    fn what_is_none_is_refused_and_not_quoted() {
        for bad in [
            &b""[..],
            b"x",
            b"ks3cret",
            b"ts3cret\xff",
            b"p",
            b"p\0\0\0",
            b"p\0\0\0\x03me",
            b"p\xff\xff\xff\xffs3cret",
        ] {
            let error = decode(bad).unwrap_err();
            assert_eq!(error.to_string(), "a frame that is no secret", "{bad:?}");
        }
    }

    #[test]
    fn a_secret_is_bounded() {
        let of = |length| encode(&Credentials::Token(Token::new(&"x".repeat(length))));
        assert_eq!(of(SECRET - 1).unwrap().len(), SECRET);
        assert!(matches!(of(SECRET), Err(FrameError::TooLong(_))));
    }
}
