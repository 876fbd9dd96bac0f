//! SQLite: migrations, call records, clients, operators; one batching writer.
#![forbid(unsafe_code)]
