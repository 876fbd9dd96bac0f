//! HTTP: health and metrics for machines, sign-in for desks, read-only status and call records.
//!
//! [`serve`] runs on a listener that is given to it, over [`Parts`] that the daemon provides. [`Tokens`] are
//! issued here and honoured by the desks' bridge too. [`Metrics`] is the daemon's registry.
//!
//! | page | who | what |
//! |---|---|---|
//! | `GET /healthz` | anybody | `{"live","ready","details"}`; 503 unless both |
//! | `GET /metrics` | anybody who can reach it: keep it off the public proxy | Prometheus text |
//! | `POST /api/v1/session` | `{"operator","password"}` | 201 `{"token","expires_at","operator","name","project"}` |
//! | `DELETE /api/v1/session` | the token | 204 |
//! | `GET /api/v1/status` | signed in | calls, queues, operators now |
//! | `GET /api/v1/calls?from&to&number&outcome&limit` | signed in | `{"calls":[…]}` of the own project |
//! | `GET /api/v1/calls/{id}` | signed in | one call of the own project |
//!
//! Errors are `{"error":{"code","text"}}`. Tokens go into `Authorization: Bearer`; there are no cookies, so a
//! foreign page cannot use them. TLS is the reverse proxy's.
//!
//! This crate decides nothing about calls, and changes nothing but its own list of tokens.
#![forbid(unsafe_code)]

mod api;
pub mod backoff;
pub mod limits;
pub mod metrics;
mod parts;
mod server;
pub mod tokens;

pub use limits::Config;
pub use metrics::Metrics;
pub use parts::{Answer, CallQuery, Health, Parts, Person, Records, Staff, Unavailable};
pub use server::serve;
pub use tokens::{Issued, Session, Tokens};
