//! fakes: written next.
