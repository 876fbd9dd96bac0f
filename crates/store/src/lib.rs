//! SQLite: migrations, call records, clients, operators; one batching writer.
//!
//! The journal is the truth, this database a projection of it: facts come in the order of the journal, are folded into
//! one row per call, and the position moves in the same transaction, so a batch applied twice changes nothing. A call
//! never waits for it. Statements are constants in one file; rows are plain structs.
//!
//! Reading order: [`row`] is what lies on disk (with `migrations/`), [`fold`](self) how facts become rows, [`store`]
//! opens it, [`project`] applies batches, [`writer`] is the task that does so while the daemon runs; [`calls`],
//! [`queued`], [`report`] with its [`levels`], [`rolling`] (the same figures as facts come in), [`segments`], [`requests`] (made by [`owed`](self)) with the register of [`missed`] calls and
//! how [`promises`] were kept, [`api_tokens`], [`clients`], [`commands`], [`import`], [`operators`],
//! [`sessions`], [`shifts`] (folded by `gudok_model::shifts`), [`overrides`], [`press`], [`acceptances`] and [`versions`] are what people and the call path ask.
//!
//! This crate does not know the journal's files and does not know SIP.
#![forbid(unsafe_code)]

pub mod acceptances;
pub mod api_tokens;
pub mod attempts;
mod called;
pub mod calls;
mod clerks;
pub mod clients;
pub mod commands;
pub mod dnc;
pub mod floor;
mod fold;
pub mod import;
pub mod levels;
pub mod missed;
pub mod open;
pub mod operators;
pub mod overrides;
mod owed;
pub mod phones;
pub mod press;
pub mod project;
pub mod promises;
pub mod queued;
pub mod report;
pub mod requests;
pub mod rolling;
pub mod row;
pub mod segments;
pub mod sessions;
pub mod shifts;
mod sql;
pub mod store;
pub mod versions;
pub mod writer;

pub use acceptances::{ACCEPTANCES_MAX, AcceptanceRow, UndoneRow};
pub use api_tokens::{ApiTokenRow, NewApiToken};
pub use attempts::{ATTEMPTS_MAX, Attempt};
pub use called::{CALLED_MAX, Called, CalledIn, OutCalls};
pub use calls::{CallFilter, CallStory, Found, RegionCalls};
pub use dnc::{DNC_SHOWN, DncAsked, DncRow, DncShown};
pub use floor::FloorFact;
pub use import::{ImportError, ImportReport, RowProblem};
pub use missed::MissedRow;
pub use open::{LeftOpen, OpenCall, OpenMessage, OpenOffer, OpenWait};
pub use operators::{AddOperatorError, Credential, NewOperator};
pub use overrides::OverrideRow;
pub use phones::{PHONES_MAX, PhoneRow};
pub use press::{Callers, Since};
pub use project::Projector;
pub use promises::{AskedFor, Kept, MissedCounts, Promised, Promises};
pub use queued::QueuedCall;
pub use report::{Report, ReportCall, Tally};
pub use requests::{OpenRequests, OwedBy, Owing, RequestRow};
pub use rolling::Rolling;
pub use row::{CallRow, EventRow, Fact, LegRow, OfferRow, SegmentRow};
pub use segments::{OperatorLine, OperatorReport};
pub use sessions::SessionRow;
pub use shifts::{ShiftFact, ShiftPerson, ShiftSaid, Span, Worked};
pub use store::{OpenError, QueryError, Store};
pub use versions::{Added, VersionRow};
pub use writer::{Trouble, Writer, WriterHooks};
