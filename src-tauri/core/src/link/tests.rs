//! One test for each row of the machine's table (`ARCHITECTURE.md`), by the state that the row begins in.
//! What holds in every sequence of inputs is in `properties`.

mod live;
mod opening;
mod polling;
mod refused;
mod stopped;
mod waiting;
mod world;
