//! The right to take the focus.

/// The longest token, in bytes. Real ones have some dozens.
const LONGEST: usize = 512;

/// A token with which a desktop lets a program bring its window to the front in answer to a click (the Wayland protocol
/// xdg-activation, Startup Notification). It is worth one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationToken(String);

impl ActivationToken {
    /// The token, which comes from another process: nothing of what cannot be one.
    #[must_use]
    pub fn new(text: String) -> Option<Self> {
        let fine = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fine.then_some(Self(text))
    }

    /// As the desktop gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_token_is_none() {
        let fine = "belfry-7_TIME0";
        assert_eq!(ActivationToken::new(fine.to_owned()).unwrap().as_str(), fine);
        for wrong in ["", "a b", "a\0b", "钟", &"x".repeat(LONGEST + 1)] {
            assert_eq!(ActivationToken::new(wrong.to_owned()), None, "{wrong:?}");
        }
    }
}
