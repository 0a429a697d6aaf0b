//! dialect: written next.
