//! Any bytes as the output that the tap reader reads line by line.

#![no_main]

use greenloop::base::ids::CheckId;
use greenloop::base::path::RepoPath;
use greenloop::logic::report_parse::tap::Reader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let find = |path: &str| RepoPath::new(path);
    let mut told = Vec::new();
    let mut reader = Reader::new(&CheckId::new("fuzz"));
    for line in bytes.split(|byte| *byte == b'\n') {
        reader.line(line, &find, &mut |case| told.push(case.clone()));
    }
    let reported = reader.finish(&find, &mut |case| told.push(case.clone()));
    assert!(!reported.report.complete || !reported.report.cases.is_empty());
    assert!(reported.report.cases.iter().all(|case| told.contains(case)));
});
