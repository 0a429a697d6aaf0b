//! When and how to notify: what the user decided about each kind, sounds, times and clicks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::quiet::QuietSpan;
use super::rule::{self, Notify, Rule};
use super::sound::Sound;
use crate::model::MessageKind;

/// The kinds that each have an entry, whether the file has one or not.
const KINDS: [&str; 4] = ["reply", "system", "notification", "message"];

/// Most entries, and the longest name of a kind in characters: more is a mistake.
const ENTRIES: usize = 100;
const NAME: usize = 64;

/// Most rules, and most quiet stretches.
const RULES: usize = 100;
const QUIET: usize = 50;

/// The shortest and the longest time that a popup can be told to stay, in milliseconds.
const EXPIRE_MS: std::ops::RangeInclusive<u32> = 1_000..=600_000;

/// When and how to notify.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Notifications {
    /// Whether a flood of messages becomes one summary.
    #[serde(default)]
    pub burst: Burst,
    /// How long a popup stays, in milliseconds; 0 = until dismissed.
    #[serde(default = "Notifications::default_expire_ms")]
    pub expire_ms: u32,
    /// Where a click on the popup of a reply leads.
    #[serde(default)]
    pub reply_click: ReplyClick,
    /// What becomes of popups while the user looks at the inbox.
    #[serde(default)]
    pub in_inbox: InInbox,
    /// What happens for each kind, by its name. `reply`, `system`, `notification` and `message` are always
    /// there; a kind without an entry is treated as `message`.
    #[serde(default = "default_kinds", deserialize_with = "complete")]
    pub kinds: BTreeMap<String, KindNotice>,
    /// What the user decided about messages of one sort; the first that fits counts before the kind's entry.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// When popups are held back, by the clock on the wall.
    #[serde(default)]
    pub quiet: Vec<QuietSpan>,
    /// After what the user is told together what was held back meanwhile.
    #[serde(default)]
    pub digest: Digest,
}

/// What happens when a message of one kind comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KindNotice {
    /// Whether there is a popup. The message is in the inbox and counted all the same.
    #[serde(default = "KindNotice::default_show")]
    pub show: bool,
    /// Whether the popup makes a sound, and which.
    #[serde(default)]
    pub sound: Sound,
}

/// After what the user is told together what was held back meanwhile. Otherwise the count alone tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Digest {
    /// After a pause.
    #[serde(default = "Digest::wanted")]
    pub pause: bool,
    /// After quiet hours.
    #[serde(default = "Digest::wanted")]
    pub quiet_hours: bool,
}

impl Digest {
    fn wanted() -> bool {
        true
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self { pause: Self::wanted(), quiet_hours: Self::wanted() }
    }
}

/// Where a click on the popup of a reply leads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReplyClick {
    /// To the page that it is about; to the inbox where there is none.
    #[default]
    Page,
    /// To the inbox, at the message.
    Inbox,
    /// To both.
    Both,
}

/// What becomes of popups while the user looks at the inbox: its window has the focus.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum InInbox {
    /// There are none; the list itself shows what is new.
    #[default]
    List,
    /// They come as ever.
    Popup,
}

/// Whether a flood of messages becomes one summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Burst {
    /// Five at once, then one each 400 ms; the rest goes into one summary.
    #[default]
    Summarise,
    /// Each message gets its popup.
    Off,
}

/// A value that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfRange {
    /// A popup's time.
    #[error("a popup stays until dismissed (0), or from 1 s to 600 s, not {0} ms")]
    Expire(u32),
    /// The kinds.
    #[error("there are more than {ENTRIES} kinds, or the name of one is longer than {NAME} characters")]
    Kinds,
    /// The rules.
    #[error("there are more than {RULES} rules, or the text of one is longer than {} characters", rule::TEXT)]
    Rules,
    /// The quiet hours.
    #[error("there are more than {QUIET} quiet stretches")]
    Quiet,
    /// A sound.
    #[error("a sound file is a whole path on this computer")]
    Sound,
}

impl Notifications {
    /// What happens when a message of this kind comes.
    #[must_use]
    pub fn kind(&self, kind: &MessageKind) -> KindNotice {
        let entry = self.kinds.get(kind.as_str()).or_else(|| self.kinds.get("message"));
        entry.cloned().unwrap_or_default()
    }

    /// Whether any rule puts messages straight into the archive.
    #[must_use]
    pub fn archives(&self) -> bool {
        self.rules.iter().any(|rule| rule.notify == Notify::Never)
    }

    /// All sounds that are chosen somewhere.
    pub fn sounds(&self) -> impl Iterator<Item = &Sound> {
        let kinds = self.kinds.values().map(|notice| &notice.sound);
        kinds.chain(self.rules.iter().filter_map(|rule| rule.sound.as_ref()))
    }

    /// Whether the values are ones that a user could mean.
    ///
    /// # Errors
    /// [`OutOfRange`] with the first one that is not.
    pub fn check(&self) -> Result<(), OutOfRange> {
        if self.expire_ms != 0 && !EXPIRE_MS.contains(&self.expire_ms) {
            return Err(OutOfRange::Expire(self.expire_ms));
        }
        let endless = |name: &String| name.chars().nth(NAME).is_some();
        if self.kinds.len() > ENTRIES || self.kinds.keys().any(endless) {
            return Err(OutOfRange::Kinds);
        }
        if self.rules.len() > RULES
            || self.rules.iter().any(|rule| rule.text.chars().nth(rule::TEXT).is_some())
        {
            return Err(OutOfRange::Rules);
        }
        if self.quiet.len() > QUIET {
            return Err(OutOfRange::Quiet);
        }
        if !self.sounds().all(Sound::is_usable) {
            return Err(OutOfRange::Sound);
        }
        Ok(())
    }

    fn default_expire_ms() -> u32 {
        5_000
    }
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            burst: Burst::default(),
            expire_ms: Self::default_expire_ms(),
            reply_click: ReplyClick::default(),
            in_inbox: InInbox::default(),
            kinds: default_kinds(),
            rules: Vec::new(),
            quiet: Vec::new(),
            digest: Digest::default(),
        }
    }
}

impl KindNotice {
    fn default_show() -> bool {
        true
    }
}

impl Default for KindNotice {
    fn default() -> Self {
        Self { show: Self::default_show(), sound: Sound::default() }
    }
}

fn default_kinds() -> BTreeMap<String, KindNotice> {
    completed(BTreeMap::new())
}

fn completed(mut kinds: BTreeMap<String, KindNotice>) -> BTreeMap<String, KindNotice> {
    for name in KINDS {
        // What can wait comes silently.
        let sound = if name == "notification" { Sound::Off } else { Sound::Default };
        kinds.entry(name.to_owned()).or_insert(KindNotice { show: true, sound });
    }
    kinds
}

fn complete<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, KindNotice>, D::Error> {
    BTreeMap::deserialize(from).map(completed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SoundFile;

    #[test]
    fn each_kind_has_its_entry_and_others_are_treated_as_messages() {
        let text = "[kinds.message]\nshow = false\n[kinds.deploy]\nsound = \"off\"";
        let notifications: Notifications = toml::from_str(text).unwrap();
        let of = |kind: &str| notifications.kind(&MessageKind::from(kind));
        assert_eq!(of("reply"), KindNotice::default());
        assert_eq!(of("notification"), KindNotice { show: true, sound: Sound::Off });
        assert_eq!(of("deploy"), KindNotice { show: true, sound: Sound::Off });
        assert!(!of("build").show);
        assert_eq!(toml::from_str::<Notifications>("").unwrap(), Notifications::default());
    }

    #[test]
    fn values_that_nobody_means_are_told() {
        let with = |change: fn(&mut Notifications)| {
            let mut notifications = Notifications::default();
            change(&mut notifications);
            notifications.check()
        };
        assert_eq!(with(|_| {}), Ok(()));
        assert_eq!(with(|n| n.expire_ms = 0), Ok(()));
        assert_eq!(with(|n| n.expire_ms = 999), Err(OutOfRange::Expire(999)));
        assert_eq!(with(|n| n.expire_ms = 600_001), Err(OutOfRange::Expire(600_001)));
        assert_eq!(
            with(|n| n.kinds.extend([("k".repeat(65), KindNotice::default())])),
            Err(OutOfRange::Kinds)
        );
        let relative = || Sound::File(SoundFile("ding.oga".to_owned()));
        let mut notifications = Notifications::default();
        notifications.rules.push(Rule { sound: Some(relative()), ..Rule::default() });
        assert_eq!(notifications.check(), Err(OutOfRange::Sound));
    }
}
