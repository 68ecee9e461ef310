//! The `ferrodon` command.

fn main() {}
