//! The program `belfryctl`; what it does is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    belfry_cli::belfryctl()
}
