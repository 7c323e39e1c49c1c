//! Any bytes as a report of our own programs, cut into two pieces anywhere.

#![no_main]

use greenloop::base::ids::CheckId;
use greenloop::base::path::RepoPath;
use greenloop::logic::report_parse::jsonl::{Reader, Reported};
use libfuzzer_sys::fuzz_target;

fn read(pieces: &[&[u8]]) -> Reported {
    let find = |path: &str| RepoPath::new(path);
    let mut reader = Reader::new(&CheckId::new("fuzz"), "");
    for piece in pieces {
        reader.feed(piece, &find, &mut |_| {});
    }
    reader.finish()
}

fuzz_target!(|input: (u16, &[u8])| {
    let (cut, bytes) = input;
    let (head, tail) = bytes.split_at(usize::from(cut) % (bytes.len() + 1));
    assert_eq!(read(&[head, tail]), read(&[bytes]));
});
