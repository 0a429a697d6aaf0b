//! engine: written next.
