//! The messages that the window is measured with, half of them Chinese, and what is searched in them.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use belfry_core::model::{MessageKind, NewMessage, Priority, RemoteId, SentAt, Timestamp, Via};
use belfry_core::settings::file::read;
use belfry_core::settings::profile::Profile;
use belfry_core::store::{Announce, Arrival, Batch, Change, Store};

/// Messages per transaction.
const BATCH: usize = 1_000;

const CHINESE: &str = "系统 通知 部署 完成 失败 回复 评论 报表 服务 更新 维护 登录 设备 审核 订单 发布 测试 接口 超时 备份 用户 权限 告警 恢复";
const LATIN: &str = "deploy report nightly failed gateway timeout backup merge invoice storage release review \
    branch incident latency certificate payment metrics worker queue schema upgrade cluster window";

/// Puts so many messages into the profile's store, and all of them into its index.
pub fn fill(folder: &Path, count: usize) -> Result<()> {
    let profile = Profile::open(folder)?;
    let settings = read(&profile.settings_path())?.context("the profile has no settings")?;
    let source = settings.sources.first().context("the profile has no source")?.id;
    let mut store = Store::open(&profile.database_path())?;
    let now = Timestamp(i64::try_from(UNIX_EPOCH.elapsed()?.as_millis())?);
    for start in (0..count).step_by(BATCH) {
        let numbers = start..(start + BATCH).min(count);
        let changes = numbers.map(|n| Change::Message(arrival(n, count, now))).collect();
        let batch = Batch { changes, ..Batch::default() };
        store.deliver(source, &batch, now)?;
    }
    store.index(|| true)?;
    Ok(())
}

/// Fifty searches, each another: two characters, four, beginnings of words, words, both together.
pub fn queries() -> Vec<String> {
    let (chinese, latin) = (words(CHINESE), words(LATIN));
    let two = chinese.iter().take(16).map(|word| (*word).to_owned());
    let four = (0..10).map(|n| format!("{}{}", chinese[n], chinese[n / 2]));
    let letters = latin.iter().take(10).map(|word| word[..2].to_owned());
    let whole = latin.iter().skip(10).take(7).map(|word| (*word).to_owned());
    let mixed = (0..7).map(|n| format!("{} {}", chinese[n], latin[n + 3]));
    two.chain(four).chain(letters).chain(whole).chain(mixed).collect()
}

fn words(text: &'static str) -> Vec<&'static str> {
    text.split_ascii_whitespace().collect()
}

fn arrival(n: usize, count: usize, now: Timestamp) -> Arrival {
    let kinds = [MessageKind::Reply, MessageKind::System, MessageKind::Notification, MessageKind::Message];
    // Half a minute apart, the last one a minute ago.
    let sent_at = now.before(Duration::from_secs(60 + 30 * (count - n) as u64));
    // A sequence without chance: the same messages in every run, and the first words more often than the last.
    let texts = |all: &[&'static str], between: &str| {
        let pick = |step: usize| {
            let spread = n.wrapping_mul(2_654_435_761).wrapping_add(step.wrapping_mul(40_503)) >> 7;
            all[(spread % all.len()).min(spread / all.len() % all.len())]
        };
        (0..9).map(pick).collect::<Vec<_>>().join(between)
    };
    let (chinese, latin) = (texts(&words(CHINESE), ""), texts(&words(LATIN), " "));
    let (title, body) = if n.is_multiple_of(2) { (chinese, latin) } else { (latin, chinese) };
    Arrival {
        message: NewMessage {
            remote_id: Some(RemoteId(format!("b{n}"))),
            kind: kinds[n % kinds.len()].clone(),
            title,
            body: format!("{body} n{n}"),
            is_read: !n.is_multiple_of(10),
            related_id: None,
            link: None,
            priority: Priority::DEFAULT,
            sender: None,
            sent_at: SentAt::Exact(sent_at),
            extra: serde_json::Map::new(),
            payload: None,
        },
        sent_at,
        via: Via::Replay,
        announce: Announce::Never,
    }
}
