//! What Belfry has in common with a browser, held against a real one.

mod client;
mod dispatch;
mod page;
