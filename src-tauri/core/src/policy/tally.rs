//! Messages counted by type, as popups name the types.

use std::ops::{Add, AddAssign};

use crate::model::MessageKind;
use crate::words::Language;

/// The types that popups have words for, with the words for one and for many.
const WORDS: [(&str, &str); 4] = [
    ("popup.reply_one", "popup.reply_other"),
    ("popup.system_one", "popup.system_other"),
    ("popup.notification_one", "popup.notification_other"),
    ("popup.message_one", "popup.message_other"),
];

/// How many messages there are of each type: replies, system notices, notifications, and all others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally([u64; WORDS.len()]);

impl Tally {
    /// The counts in words, if they say more than the number of all.
    #[must_use]
    pub fn words(self, language: Language) -> Option<String> {
        let [_, _, _, others] = self.0;
        if others == self.0.iter().sum::<u64>() {
            return None;
        }
        let counted =
            self.0.into_iter().zip(WORDS).filter(|(count, _)| *count > 0).map(|(count, (one, other))| {
                language.fill(if count == 1 { one } else { other }, &[("count", &count.to_string())])
            });
        Some(counted.collect::<Vec<_>>().join(language.text("popup.and")))
    }
}

impl FromIterator<(MessageKind, u64)> for Tally {
    fn from_iter<T: IntoIterator<Item = (MessageKind, u64)>>(kinds: T) -> Self {
        let mut tally = Self::default();
        for (kind, count) in kinds {
            let place = match kind {
                MessageKind::Reply => 0,
                MessageKind::System => 1,
                MessageKind::Notification => 2,
                MessageKind::Message | MessageKind::Other(_) => 3,
            };
            tally.0[place] += count;
        }
        tally
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_with_their_counts() {
        let of = |kinds: &[(&str, u64)]| -> Tally {
            kinds.iter().map(|(kind, count)| (MessageKind::from(*kind), *count)).collect()
        };
        let both = of(&[("system", 1), ("reply", 2)]) + of(&[("deploy", 4), ("message", 1)]);
        assert_eq!(both.words(Language::English).unwrap(), "2 replies, 1 system notice, 5 other messages");
        assert_eq!(both.words(Language::Chinese).unwrap(), "2 条回复，1 条系统通知，5 条其他消息");
        let one = of(&[("notification", 1)]);
        assert_eq!(one.words(Language::English).unwrap(), "1 notification");
        let plain = of(&[("deploy", 4)]);
        assert_eq!((plain.words(Language::English), of(&[]).words(Language::English)), (None, None));
    }
}
