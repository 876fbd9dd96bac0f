//! The `gudok` binary.
#![forbid(unsafe_code)]

fn main() {}
