//! policy: written next.
