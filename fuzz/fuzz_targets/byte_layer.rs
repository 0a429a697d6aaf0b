//! Any bytes through the tokenizer of event streams.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| belfry_platform::fuzzing::check(input));
