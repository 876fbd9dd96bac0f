//! What the web server is given by the daemon.
use std::pin::Pin;
use std::sync::Arc;

use gudok_model::{OperatorId, ProjectId, Wall};
use serde_json::{Map, Value};

use crate::metrics::Metrics;
use crate::readers::Reader;
use crate::refusals::{RefusalQuery, RefusalWish};
use crate::requests::{Asker, CallWish};
use crate::tokens::Tokens;

/// Everything behind the pages.
#[derive(Clone)]
pub struct Parts {
    /// Passwords and names.
    pub staff: Arc<dyn Staff>,
    /// Shared with the desks' bridge.
    pub tokens: Arc<Tokens>,
    /// Where tokens are written down.
    pub sign_ins: Arc<dyn SignIns>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How the daemon is; must not wait.
    pub health: Arc<dyn Fn() -> Health + Send + Sync>,
    /// Calls, queues and operators now, as far as the reader may see them; must not wait.
    pub status: Arc<dyn Fn(&Reader) -> Value + Send + Sync>,
    /// The record of calls.
    pub records: Arc<dyn Records>,
    /// The versions of the plan.
    pub plans: Arc<dyn Plans>,
    /// Who is on duty.
    pub rosters: Arc<dyn Rosters>,
    /// What supervisors say.
    pub supervision: Arc<dyn Supervision>,
    /// Calls to clients.
    pub dialler: Arc<dyn Dialler>,
    /// What supervisors see.
    pub walls: Arc<dyn Walls>,
    /// Who is to be called, and who may ask for it.
    pub requests: Arc<dyn Requests>,
}

/// How the daemon is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Health {
    /// The core turns: if not, restart it.
    pub live: bool,
    /// It can take calls: false while it starts, drains or has no disk.
    pub ready: bool,
    /// Why, part by part: `{"journal": "ok", "crm": "circuit open"}`. No secrets: the page is open.
    pub details: Map<String, Value>,
}

/// An answer that may have to ask a database. The error is for the log; the client reads 503.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send + 'a>>;

/// Something behind the page does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Who may sign in.
pub trait Staff: Send + Sync + 'static {
    /// The person, if the operator is known and the password is right. Takes the same time either way.
    fn sign_in<'a>(&'a self, operator: &'a str, password: &'a str) -> Answer<'a, Option<Person>>;

    /// Whose operator this is, looked up at each request; None: nobody's by now.
    fn project<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, Option<ProjectId>>;
}

/// The record of sign-ins, by which they outlive the daemon. What it does not take, ends with the daemon.
pub trait SignIns: Send + Sync + 'static {
    /// Writes a sign-in down.
    fn keep<'a>(
        &'a self,
        hash: &'a str,
        operator: &'a OperatorId,
        at: Wall,
        expires_at: Wall,
    ) -> Answer<'a, ()>;

    /// A sign-in has ended.
    fn end<'a>(&'a self, hash: &'a str) -> Answer<'a, ()>;
}

/// An operator who proved it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    /// Id.
    pub operator: OperatorId,
    /// As shown.
    pub name: String,
    /// Whose operator this is.
    pub project: ProjectId,
}

/// The record of calls, read only. Implementations show a reader what their role lets them see, and nothing of other projects but
/// to an admin.
pub trait Records: Send + Sync + 'static {
    /// The latest calls, newest first: at most `limit` that arrived before `to`.
    fn calls<'a>(&'a self, reader: &'a Reader, query: &'a CallQuery) -> Answer<'a, Vec<Value>>;

    /// One call with legs, offers and facts; None: there is none, or it is not theirs.
    fn call<'a>(&'a self, reader: &'a Reader, id: &'a str) -> Answer<'a, Option<Value>>;

    /// What callers were promised: the open requests, most urgent first; with `closed` all, latest first.
    fn requests<'a>(&'a self, reader: &'a Reader, closed: bool) -> Answer<'a, Vec<Value>>;

    /// The missed calls that nobody has made good, by owner; with `all` the others too, latest first.
    fn missed<'a>(&'a self, reader: &'a Reader, all: bool) -> Answer<'a, Vec<Value>>;

    /// Outcomes and service levels of a span, of the reader's project, each figure with its formula. Asked for supervisors and
    /// admins alone.
    fn report<'a>(&'a self, reader: &'a Reader, query: &'a ReportQuery) -> Answer<'a, Value>;
}

/// Of which calls a report is wanted, and how.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportQuery {
    /// Arrived at this moment or later. Microseconds since 1970 UTC.
    pub from: i64,
    /// Arrived before this moment.
    pub to: i64,
    /// By what they are told apart.
    #[serde(default)]
    pub by: ReportBy,
    /// Answered within so many seconds is answered in time.
    #[serde(default = "twenty")]
    pub t: u32,
    /// Who left sooner than so many seconds has hardly waited.
    #[serde(default = "five")]
    pub short: u32,
    /// Of `callbacks`: a promise is kept within so many seconds.
    #[serde(default = "twenty_minutes")]
    pub within: u32,
    /// Of `outbound`: by what calls out are told apart.
    #[serde(default)]
    pub of: OutboundOf,
    /// Of `shifts`: members of this group alone, as the plan has it now.
    #[serde(default)]
    pub group: Option<String>,
    /// Of `shifts`: this operator alone.
    #[serde(default)]
    pub operator: Option<String>,
    /// Of `shifts`: of another project than one's own; for admins.
    #[serde(default)]
    pub project: Option<String>,
}

/// By what calls out are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboundOf {
    /// Who called.
    #[default]
    Operator,
    /// Whom.
    Number,
    /// The date, by the clock of the machine.
    Day,
}

/// By what the calls of a report are told apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportBy {
    /// The queue a call was in last.
    #[default]
    Queue,
    /// The hour it arrived in, by the clock of the machine.
    Hour,
    /// The number it dialled.
    Number,
    /// Not calls, but talks, by the operator who had them.
    Operator,
    /// Not calls, but what callers were promised, and those nobody answered; `within` is their T.
    Callbacks,
    /// Not calls that came in, but those that began with us; `of` tells them apart.
    Outbound,
    /// Not calls, but what operators did, by day of their project.
    Shifts,
}

fn twenty() -> u32 {
    20
}

fn five() -> u32 {
    5
}

fn twenty_minutes() -> u32 {
    20 * 60
}

/// Which missed calls are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MissedQuery {
    /// Those that were made good, short ones and those of withheld numbers too.
    pub all: bool,
}

/// Which requests are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestQuery {
    /// Those that are closed too.
    pub closed: bool,
}

/// Who is to be called. What is promised is in the journal before the answer; it is carried out whether or not somebody waits.
pub trait Requests: Send + Sync + 'static {
    /// Whose key has this hash and is good for [`SCOPE`](crate::requests::SCOPE): its name and project. Asked at each request, so
    /// that one that is taken back is good no more.
    fn holder<'a>(&'a self, hash: &'a str) -> Answer<'a, Option<(String, ProjectId)>>;

    /// Somebody asks for a call; there is one open request a number.
    fn ask<'a>(&'a self, asker: &'a Asker, wish: &'a CallWish) -> Answer<'a, (Came, Value)>;

    /// How one request stands. Who has a key sees those of forms of their project, and no more of them than they asked for; who is
    /// signed in those that [`Records::requests`] lists for them.
    fn one<'a>(&'a self, asker: &'a Asker, request: i64) -> Answer<'a, (Came, Value)>;

    /// A customer of the reader's project wants no calls, or (`lift`, of admins alone) may be called again. On disk before the answer.
    fn refuse<'a>(
        &'a self,
        reader: &'a Reader,
        wish: &'a RefusalWish,
        lift: bool,
    ) -> Answer<'a, (Came, Value)>;

    /// Who wants no calls, the latest first, or how it stands with one number: `{"dnc":[…],"total":N}`. Asked for supervisors,
    /// numbers masked, and for admins.
    fn refusals<'a>(&'a self, reader: &'a Reader, query: &'a RefusalQuery) -> Answer<'a, Value>;

    /// Somebody who is signed in says something of a request of their project. What is done is in the journal and the database
    /// before the answer, which is the request as it stands then.
    fn word<'a>(
        &'a self,
        reader: &'a Reader,
        request: i64,
        word: &'a WordAbout,
    ) -> Answer<'a, (Came, Value)>;
}

/// What is said of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WordAbout {
    /// They call now.
    Take,
    /// Not before.
    Later {
        /// Microseconds since 1970 UTC.
        at: i64,
    },
    /// It is not needed, and why.
    Cancel {
        /// Why.
        note: String,
    },
    /// The customer wants no calls at all.
    Refuse {
        /// What they said.
        note: String,
    },
    /// It was done; how, where that is said.
    Done {
        /// How.
        note: String,
    },
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Came {
    /// Promised: 201.
    New,
    /// Promised already, or done: 200.
    Known,
    /// It cannot be promised as it is: 422.
    Wrong,
    /// It is not open any more, or in somebody's hands: 409.
    Conflict,
    /// There is none: 404.
    Absent,
    /// It is for admins, or for those of another group: 403.
    Forbidden,
    /// Nothing more can be promised now: 503.
    Busy,
}

/// The versions of the plan, and how another one comes into force. Asked for admins alone.
pub trait Plans: Send + Sync + 'static {
    /// Whether this operator is an admin; asked at each request, so that it holds from the moment it is taken back.
    fn may<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, bool>;

    /// The last versions, newest first, and how the plan stands: `{"versions":[…],"stands":{…}}`.
    fn versions<'a>(&'a self) -> Answer<'a, Value>;

    /// What lies on disk, if it may come into force. This and a rollback are carried out once they are asked for, whether or
    /// not somebody waits for the answer.
    fn reload<'a>(&'a self, operator: &'a OperatorId, reason: &'a str) -> Answer<'a, Changed>;

    /// An earlier version, if it still may; None: the one before. Nothing is done where another version than the expected
    /// one is in force.
    fn rollback<'a>(
        &'a self,
        operator: &'a OperatorId,
        reason: &'a str,
        to: Option<u64>,
        expected: Option<u64>,
    ) -> Answer<'a, Changed>;
}

/// Who is on duty, and how a shift is accepted. Asked for admins alone; who is one, [`Plans::may`] says.
pub trait Rosters: Send + Sync + 'static {
    /// Every roster: who is called now, which shifts nobody has accepted.
    fn rosters<'a>(&'a self) -> Answer<'a, Value>;

    /// This person has taken their shift, as the operator says.
    fn accept<'a>(
        &'a self,
        operator: &'a OperatorId,
        roster: &'a str,
        person: &'a str,
    ) -> Answer<'a, Changed>;

    /// What this person accepted last was said by mistake: it is taken back, and on record with the reason.
    fn undo<'a>(
        &'a self,
        operator: &'a OperatorId,
        roster: &'a str,
        person: &'a str,
        why: &'a str,
    ) -> Answer<'a, Changed>;
}

/// A supervisor's words about people, queues and callers.
pub trait Supervision: Send + Sync + 'static {
    /// Done, or why not, with a code: `not_allowed` of who directs nobody. `cmd` and `args` are those of `cti.v1`.
    fn direct<'a>(
        &'a self,
        operator: &'a OperatorId,
        cmd: &'a str,
        args: Value,
    ) -> Answer<'a, Changed>;
}

/// Calls to clients. Whoever is signed in may ask, and it is their own phone that rings.
pub trait Dialler: Send + Sync + 'static {
    /// Rings the operator's phone, then whom they want: `{"call"}`; or why not: `{"error":{"code", …}}`, with `rule`, `place` and
    /// `text` where a rule of calls out is not kept.
    fn dial<'a>(&'a self, operator: &'a OperatorId, wish: DialWish) -> Answer<'a, Changed>;
}

/// Whom somebody wants to call.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialWish {
    /// As it was typed.
    pub number: String,
    /// `service`, `debt`, `advertising`, `survey`.
    pub purpose: String,
    /// On which ground: `request`, `contract`, `consent`, `debt`.
    pub basis: Option<String>,
    /// What proves it.
    pub reference: Option<String>,
    /// The number of ours to show.
    pub cli: Option<String>,
}

/// What supervisors see of the hotline now.
pub trait Walls: Send + Sync + 'static {
    /// The wall as this operator sees it, looked up at each request; None: they do not supervise.
    fn wall<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, Option<Value>>;

    /// Whether this operator supervises, looked up at each request; an admin does.
    fn supervises<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, bool>;
}

/// What became of a wish to change something.
#[derive(Clone, PartialEq, Debug)]
pub struct Changed {
    /// Whether it holds now.
    pub done: bool,
    /// What holds and what comes of it, or every complaint.
    pub answer: Value,
}

/// Which calls are wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallQuery {
    /// Arrived at this moment or later. Microseconds since 1970 UTC.
    pub from: Option<i64>,
    /// Arrived before this moment. Microseconds since 1970 UTC; to page on, the last call's `arrived_at`.
    pub to: Option<i64>,
    /// From or to this number, E.164.
    pub number: Option<String>,
    /// The outcome's word, such as `abandoned_queue`.
    pub outcome: Option<String>,
    /// The caller's number was issued there: the code of a subject, such as `RU-IRK`.
    pub region: Option<String>,
    /// Only those whose talk was rated low.
    pub rated_low: bool,
    /// 1–1000; 100 if absent.
    pub limit: Option<u32>,
}
