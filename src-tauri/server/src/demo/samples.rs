//! The texts of the samples: what members of a community site and its administrators really get, in both languages.

use belfry_protocol::{Publish, Sender};
use serde_json::Map;

/// One sample; `related` and `link` are empty where it has none.
struct Sample {
    kind: &'static str,
    title: &'static str,
    content: &'static str,
    related: &'static str,
    link: &'static str,
    priority: Option<u8>,
    sender: &'static str,
}

/// What most samples have.
const PLAIN: Sample =
    Sample { kind: "message", title: "", content: "", related: "", link: "", priority: None, sender: "" };

/// The first three show the three types that the origin knows.
const SAMPLES: &[Sample] = &[
    Sample {
        kind: "reply",
        title: "林晓 回复了你的帖子《多屏办公的窗口布局》",
        content: "竖屏放文档、横屏放代码，这个办法我试了一周，确实不用再来回切窗口了。\n\n你用的支架是哪一款？",
        related: "1001",
        sender: "林晓",
        ..PLAIN
    },
    Sample {
        kind: "system",
        title: "Maintenance tonight from 22:00 to 22:30",
        content: "The database moves to new disks. Reading stays possible; **posting and uploads pause** for up to thirty minutes.",
        ..PLAIN
    },
    Sample {
        kind: "notification",
        title: "你的九月用量报告已生成",
        content: "- 发帖 12 篇，收到回复 87 条\n- 附件占用 1.4 GB，共 5 GB\n\n报告保留 30 天，可在个人中心下载。",
        ..PLAIN
    },
    Sample {
        kind: "reply",
        title: "Mara Lindqvist replied to “Which e-reader lets me mount a shared folder?”",
        content: "WebDAV works out of the box on mine. Set the sync interval to manual first, otherwise the battery is gone in a day.",
        related: "1017",
        sender: "Mara Lindqvist",
        ..PLAIN
    },
    Sample {
        kind: "system",
        title: "磁盘空间告警：/data 已使用 95%",
        content: "主机 `web-02` 剩余空间 11.8 GB，按当前写入速度约 6 小时后写满。请尽快清理或扩容。",
        priority: Some(5),
        ..PLAIN
    },
    Sample {
        kind: "message",
        title: "Tomás Ferreira sent you a message",
        content: "Are you still giving away the mechanical keyboard? I could pick it up on Thursday after six.",
        related: "3320",
        sender: "Tomás Ferreira",
        ..PLAIN
    },
    Sample {
        kind: "notification",
        title: "Your export is ready (3,204 rows)",
        content: "The file is kept for seven days.",
        link: "/exports/2026-11",
        ..PLAIN
    },
    Sample {
        kind: "build",
        title: "main #4821 passed in 6 min 12 s",
        content: "214 tests, 0 failures. Slowest: `imports_a_large_mailbox`, 8.1 s.",
        link: "/builds/4821",
        priority: Some(2),
        ..PLAIN
    },
    Sample {
        kind: "reply",
        title: "陈默 在《自建相册的备份方案》中提到了你",
        content: "@我 快照和异地备份是两回事，前者防手滑，后者防火灾。上次你说的恢复演练，我们也做了一遍，42 分钟。",
        related: "1042",
        sender: "陈默",
        ..PLAIN
    },
    Sample {
        kind: "message",
        title: "周雨 发来一条私信",
        content: "周六的线下分享改到下午两点，地点不变。投影仪我带，你带转接头就行。",
        related: "3321",
        sender: "周雨",
        ..PLAIN
    },
    Sample {
        kind: "notification",
        title: "New sign-in from Firefox on Linux",
        content: "If that was you, there is nothing to do. Otherwise change your password and end the other sessions.",
        priority: Some(4),
        ..PLAIN
    },
    Sample {
        kind: "system",
        title: "维护已完成，所有功能恢复正常",
        content: "本次维护用时 24 分钟。如仍遇到上传失败，请刷新页面后重试。",
        ..PLAIN
    },
];

/// Yields samples without end, to every subscriber: each type of the protocol, both languages, one of the highest
/// priority, some with a link. The first three are of three types.
pub fn samples() -> impl Iterator<Item = Publish> {
    SAMPLES.iter().cycle().map(publish)
}

fn publish(sample: &Sample) -> Publish {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Publish {
        to: "*".to_owned(),
        kind: sample.kind.to_owned(),
        title: sample.title.to_owned(),
        content: some(sample.content),
        is_read: None,
        related_id: some(sample.related),
        link: some(sample.link),
        priority: sample.priority,
        sender: some(sample.sender).map(|name| Sender { name, avatar: None }),
        created_at: None,
        extra: Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Known;
    use crate::publish::check;
    use crate::tokens::parse;

    #[test]
    fn every_sample_may_be_published() {
        let set = Known::new(parse("a me subscriber").unwrap(), Vec::new(), Vec::new());
        for sample in samples().take(SAMPLES.len()) {
            check(sample, &set).unwrap();
        }
    }

    #[test]
    fn the_samples_show_every_type_a_priority_and_links() {
        let all: Vec<Publish> = samples().take(SAMPLES.len()).collect();
        for kind in ["reply", "system", "notification", "message"] {
            assert!(all.iter().any(|sample| sample.kind == kind), "{kind}");
        }
        assert!(all.iter().any(|sample| sample.priority == Some(5)));
        assert!(all.iter().any(|sample| sample.link.is_some()));
        let first: Vec<&str> = all.iter().take(3).map(|sample| sample.kind.as_str()).collect();
        assert_eq!(first, ["reply", "system", "notification"]);
    }

    #[test]
    fn both_languages_are_there_from_the_start() {
        let texts: Vec<String> = samples().take(4).map(|sample| sample.title).collect();
        assert!(texts.iter().any(|text| text.is_ascii()) && texts.iter().any(|text| text.contains('你')));
    }
}
