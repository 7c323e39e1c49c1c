//! Any bytes as `greenloop.toml`.

#![no_main]

use greenloop::logic::config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((config, errors)) = config::read(bytes) {
        // Whatever cannot run as written is said.
        assert!(config.n_unusable == 0 || !errors.is_empty());
    }
});
