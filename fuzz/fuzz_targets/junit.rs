//! JUnit XML of any bytes.

#![no_main]

use greenloop::base::ids::CheckId;
use greenloop::base::path::RepoPath;
use greenloop::logic::report_parse::junit::Reader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let find = |path: &str| RepoPath::new(path);
    let mut told = Vec::new();
    let mut reader = Reader::new(&CheckId::new("fuzz"));
    reader.file("fuzz.xml", &mut &*bytes, &find, &mut |case| told.push(case.clone()));
    let reported = reader.finish();
    assert!(!reported.report.complete || !reported.report.cases.is_empty());
    assert!(reported.report.cases.iter().all(|case| told.contains(case)));
    assert!(reported.report.cases.iter().all(|case| !case.id.name.is_empty() && !case.id.name.contains('\n')));
});
