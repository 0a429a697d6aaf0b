//! The engine over faked ports and paused time; the store is real.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "engine/server.rs"]
mod server;
#[path = "engine/world.rs"]
mod world;
#[path = "engine/zones.rs"]
mod zones;

#[path = "engine/acts.rs"]
mod acts;
#[path = "engine/announcing.rs"]
mod announcing;
#[path = "engine/answers.rs"]
mod answers;
#[path = "engine/clearing_away.rs"]
mod clearing_away;
#[path = "engine/connecting.rs"]
mod connecting;
#[path = "engine/exporting.rs"]
mod exporting;
#[path = "engine/heartbeat.rs"]
mod heartbeat;
#[path = "engine/holding.rs"]
mod holding;
#[path = "engine/hostile.rs"]
mod hostile;
#[path = "engine/images.rs"]
mod images;
#[path = "engine/keeping.rs"]
mod keeping;
#[path = "engine/leaving.rs"]
mod leaving;
#[path = "engine/looking_after.rs"]
mod looking_after;
#[path = "engine/marking_all.rs"]
mod marking_all;
#[path = "engine/model.rs"]
mod model;
#[path = "engine/moving_tokens.rs"]
mod moving_tokens;
#[path = "engine/observing.rs"]
mod observing;
#[path = "engine/other_user.rs"]
mod other_user;
#[path = "engine/probing.rs"]
mod probing;
#[path = "engine/repeating.rs"]
mod repeating;
#[path = "engine/resuming.rs"]
mod resuming;
#[path = "engine/ruling.rs"]
mod ruling;
#[path = "engine/searching.rs"]
mod searching;
#[path = "engine/signing_in.rs"]
mod signing_in;
#[path = "engine/sorting.rs"]
mod sorting;
#[path = "engine/sources.rs"]
mod sources;
#[path = "engine/storing.rs"]
mod storing;
#[path = "engine/surroundings.rs"]
mod surroundings;
#[path = "engine/telling.rs"]
mod telling;
#[path = "engine/travelling.rs"]
mod travelling;
#[path = "engine/tray.rs"]
mod tray;
#[path = "engine/two_days.rs"]
mod two_days;
#[path = "engine/upgrading.rs"]
mod upgrading;
#[path = "engine/urgent.rs"]
mod urgent;
#[path = "engine/ways.rs"]
mod ways;
#[path = "engine/withdrawing.rs"]
mod withdrawing;
