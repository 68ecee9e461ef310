//! Measures of the hot paths, run by `./dev bench NAME`.

fn main() {}
