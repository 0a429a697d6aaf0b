//! Any bytes through the decoders of events, pages, users and tokens.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| belfry_core::dialect::fuzzing::check(input));
