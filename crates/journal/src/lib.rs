//! Append-only, checksummed, segmented files with group commit.
#![forbid(unsafe_code)]
