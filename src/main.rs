//! Entry of the `greenloop` program.

use std::process::exit;

use greenloop::cli;
use greenloop::io::sandbox::jail;
use greenloop::io::worker::repair::batch;

#[expect(
    clippy::disallowed_methods,
    reason = "a thread that waits for standard input must not keep the program alive"
)]
fn main() {
    let mut args = std::env::args_os().skip(1).peekable();
    // Before anything else: a jail must be a process with one thread.
    let code = if args.peek().is_some_and(|first| first == jail::ARGUMENT) {
        args.next();
        jail::main(args)
    } else if args.peek().is_some_and(|first| first == batch::ARGUMENT) {
        args.next();
        batch::main(args)
    } else {
        cli::main(args.collect())
    };
    exit(code);
}
