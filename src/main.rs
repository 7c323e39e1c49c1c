//! Entry of the `greenloop` program.

fn main() {}
