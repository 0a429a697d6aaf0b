//! Belfry's product logic, headless.
//!
//! One door in ([`action::Action`]), one window out ([`view::View`]), one owner between them
//! (`engine`). Nothing here knows Tauri, HTTP, D-Bus, a clock or a socket: what lies outside comes in
//! through [`ports`], and time is an argument everywhere below the engine.
//!
//! The modules stand in dependency order; each may use only those above it (`tests/layering.rs` in the
//! workspace checks that).

pub mod model;

pub mod plain;

pub mod words;

pub mod settings;

pub mod link;

pub mod dialect;

pub mod store;

pub mod policy;

pub mod view;

pub mod action;

pub mod ports;

pub mod engine;

#[cfg(feature = "fakes")]
pub mod fakes;
