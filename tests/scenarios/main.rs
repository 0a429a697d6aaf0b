//! Whole-product tests without a desktop: reference server in this process, real HTTP, real SQLite, the real
//! engine, and `belfryctl` as a process of its own.

mod arriving;

mod resuming;

mod holding;
mod killing;

mod token;

mod passwords;

mod users;

mod network;

mod elsewhere;

mod telling;

mod reading;

mod changing;

mod examining;

mod sending;

mod frames;

mod sources;

mod secrecy;

mod bad_events;

mod bad_history;

mod bad_links;

mod bad_storage;

mod floods;

mod faults;

mod ways;

mod watching;
