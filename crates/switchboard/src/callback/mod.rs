//! Calls back (behaviour 5.6): what somebody was promised, or missed, is kept here until they were talked with.
//!
//! `machine` is one request and its states; `book` all that are open, each named by project, number and kind, so that of one kind
//! a number has one at a time. `ask` is how they come, `turn` how one that waits gets an operator and then its customer, `window` when the law lets it, `moments` when it is looked at, `ends` what came of it, `inbound`
//! what becomes of it when the customer calls first, `meeting` who talks with them then, `word` what people say of it.
//!
//! A request stands in the queue of its group as a call without a caller: from the promise on, with the place of the caller who
//! kept it (`keep_place`), else at the end. So those who gave up the line lose nothing to those who hold it, and take nothing from
//! them either. When half of the promised time is over it goes before all but the emergencies: a promise has a time, a wait has not.
use std::time::Duration;

mod ask;
mod back;
mod book;
mod ends;
mod inbound;
mod machine;
mod meeting;
mod moments;
mod news;
mod turn;
mod window;
mod word;

pub use ask::NO_PREFIX;
pub(crate) use book::Book;
pub(crate) use meeting::Meetings;
pub use news::CALLBACKS_SHOWN;
pub use word::LATER_MAX_DAYS;

/// Requests of one kind that are open at one time, and dialled by the machine. Beyond it a promise is a row of the register that
/// people keep, with an alarm, a form is refused, and a missed call is in the register only.
pub const CALLBACKS_MAX: usize = 4_096;

/// Between two looks at one that cannot be called now: nobody is logged in, the customer is on the line.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// A rule that forbids a call is asked again so much later.
const LAW_EVERY: Duration = Duration::from_secs(15 * 60);

/// One turn in a queue; then it takes its place anew. Less than the longest call, so that it ends by its own deadline.
const TURN_MAX: Duration = Duration::from_secs(3 * 3_600);

/// Longer than the phones of an operator and of a customer ring together, so that a lease that is over is nobody's ringing phone.
const LEASE: Duration = Duration::from_secs(180);

/// A phone that rang outside when we were cut rings on without us: nobody dials it again before.
const AFTER_CUT: Duration = Duration::from_secs(90);

/// The priority of one whose time is half over: before all but the emergencies (9).
const URGENT: u8 = 8;
