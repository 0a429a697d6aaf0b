//! store: written next.
