//! Who is calling: the local client directory and an outside CRM, asked in parallel and with a deadline.
//!
//! [`Lookup::start`] gives [`Answers`]: one by the deadline whatever happens, and better ones later, as
//! updates of the card. Which source wins is written down in `verdict`; when a CRM is left alone, in
//! [`breaker`]; what is believed of its answers, in [`mapping`]; how it is asked, in [`connector`].
//!
//! A CRM that is slow, dead, lying or hostile changes nothing but the card: bodies are capped at 64 KiB and
//! 32 levels, redirects are not followed, 16 questions at most are under way, and after five failures it is
//! left alone for 15 s (reliability F08).
//!
//! This crate decides nothing about calls and stores nothing; it does not know SIP or SQL.
#![forbid(unsafe_code)]

pub mod breaker;
pub mod connector;
mod lookup;
pub mod mapping;
mod secret;
mod verdict;

pub use connector::{Ask, CrmConfig, SetupError};
pub use lookup::{Answers, Directory, Found, Key, Lookup};
pub use mapping::{Mapping, MappingError};
pub use secret::{Secret, SecretError};
