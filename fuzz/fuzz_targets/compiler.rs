//! Any bytes as what build tools print.

#![no_main]

use greenloop::base::path::RepoPath;
use greenloop::logic::report_parse::compiler::Reader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        reader.line(line, &|path| RepoPath::new(path));
    }
    assert!(reader.finish().iter().all(|problem| problem.at.is_some()));
});
