//! The file that every package with copies has besides.

use tree_sitter::Tree;

use crate::base::path::RepoPath;
use crate::repair::schema::ARMS_VARIABLE;

/// How many milliseconds of processor time a program may take while a copy is switched on; unset means as long as it
/// likes.
pub const TIME_VARIABLE: &str = "GREENLOOP_CPU_MS";

/// Memory that a program with a copy switched on may take, in bytes.
const HEAP_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Stack of one goroutine, in bytes: endless recursion is to end soon.
const STACK_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The file beside `path` that chooses or notes.
pub(super) fn registry_path(path: &RepoPath) -> Option<RepoPath> {
    let folder = path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
    let slash = if folder.is_empty() { "" } else { "/" };
    RepoPath::new(format!("{folder}{slash}greenloop_registry.go"))
}

pub(super) fn package(text: &str, tree: &Tree) -> String {
    let root = tree.root_node();
    let mut cursor = root.walk();
    let clause = root.children(&mut cursor).find(|node| node.kind() == "package_clause");
    let name = clause.and_then(|clause| clause.named_child(0));
    name.map_or_else(String::new, |name| text[name.byte_range()].to_owned())
}

/// The file that knows which arms of the `n_units` from `first_unit` on are on, and ends a program that takes too much for
/// one.
pub(super) fn registry(package: &str, first_unit: u64, n_units: usize) -> String {
    format!(
        "package {package}

import (
	greenloopOs \"os\"
	greenloopRuntime \"runtime\"
	greenloopDebug \"runtime/debug\"
	greenloopStrconv \"strconv\"
	greenloopStrings \"strings\"
	greenloopSyscall \"syscall\"
	greenloopTime \"time\"
)

var greenloopUnits = greenloopChoices()

func greenloopChoices() (units [{n_units}]int) {{
	for _, pair := range greenloopStrings.Split(greenloopOs.Getenv(\"{ARMS_VARIABLE}\"), \",\") {{
		if at := greenloopStrings.IndexByte(pair, '='); at > 0 {{
			// Other packages have units of their own.
			unit, _ := greenloopStrconv.Atoi(pair[:at])
			if unit -= {first_unit}; 0 <= unit && unit < len(units) {{
				units[unit], _ = greenloopStrconv.Atoi(pair[at+1:])
			}}
		}}
	}}
	limit, _ := greenloopStrconv.ParseInt(greenloopOs.Getenv(\"{TIME_VARIABLE}\"), 10, 64)
	if limit > 0 {{
		greenloopDebug.SetMaxStack({STACK_BYTES_MAX})
		go greenloopWatch(limit)
	}}
	return units
}}

func greenloopWatch(limit int64) {{
	for {{
		greenloopTime.Sleep(10 * greenloopTime.Millisecond)
		var used greenloopSyscall.Rusage
		_ = greenloopSyscall.Getrusage(0, &used)
		var memory greenloopRuntime.MemStats
		greenloopRuntime.ReadMemStats(&memory)
		spent := used.Utime.Nano() + used.Stime.Nano()
		if spent/1000000 > limit || memory.HeapAlloc > {HEAP_BYTES_MAX} {{
			greenloopOs.Exit(97)
		}}
	}}
}}
"
    )
}
