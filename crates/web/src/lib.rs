//! HTTP: health and metrics for machines, sign-in for desks, read-only status and call records.
//!
//! [`serve`] runs on a listener that is given to it, over [`Parts`] that the daemon provides. [`Tokens`] are
//! issued here and honoured by the desks' bridge too; [`SignIns`] keeps them over a restart. [`Metrics`] is the daemon's registry.
//!
//! | page | who | what |
//! |---|---|---|
//! | `GET /healthz` | anybody | `{"live","ready","details"}`; 503 unless both |
//! | `GET /metrics` | anybody who can reach it: keep it off the public proxy | Prometheus text |
//! | `POST /api/v1/session` | `{"operator","password"}` | 201 `{"token","expires_at","operator","name","project"}` |
//! | `DELETE /api/v1/session` | the token | 204 |
//! | `GET /api/v1/status` | signed in | calls, queues, operators now: calls of the project, an admin's of all; callers' numbers masked but in an operator's own calls and for admins |
//! | `GET /api/v1/calls?from&to&number&outcome&region&rated_low&limit` | signed in | `{"calls":[…]}`: an operator those they talked in or dialled, a supervisor those of the project with numbers masked, an admin all |
//! | `GET /api/v1/calls/{id}` | signed in | one of these calls, or 404 |
//! | `GET /api/v1/plans` | admins | `{"versions":[…],"stands":{…}}` |
//! | `POST /api/v1/plans/reload` | admins, `{"reason"}` | 200, or 422 with `complaints`: `file`, `line`, `column` … |
//! | `POST /api/v1/plans/rollback` | admins, `{"reason","version"}` | the same |
//! | `GET /api/v1/rosters` | admins | `{"rosters":[…]}`: who is called now, which shifts nobody has accepted |
//! | `POST /api/v1/rosters/{name}/accept` | admins, `{"person"}` | 200 `{"told"}`, or 422 `{"error":{"code","text"}}` |
//! | `POST /api/v1/rosters/{name}/undo` | admins, `{"person","why"}` | the same: what this person accepted last is taken back |
//! | `GET /api/v1/report?from&to&by&t&short` | supervisors, admins | outcomes and the three service levels of a span of the own project, `by=queue\|hour\|number`; talks by `operator` |
//! | `POST /api/v1/supervise` | supervisors and admins, `{"cmd","args"}` of `cti.v1` | the words of a desk: 200 done and on disk, 422 why not, with its code (`not_written`: done, and the disk has not taken it within 2 s); of anybody else 403 |
//! | `POST /api/v1/dial` | signed in, `{"number","purpose"}` and `basis`, `reference`, `cli` | 200 `{"call"}`: the own phone rings, then the number; once that is on disk; or 422 with the code (`not_written` as above), and with `rule`, `place`, `text` of a rule that says no |
//! | `GET /api/v1/report?by=callbacks&within` | supervisors, admins | how promises to call were kept, and how many missed calls were made good |
//! | `GET /api/v1/report?by=outbound&of` | supervisors, admins | calls out of a span by `of=operator\|number\|day`: attempts, ends, talk, kopecks, rules that said no |
//! | `GET /api/v1/report?by=shifts&from&to&group&operator` | supervisors, admins (of another `project` too) | what operators did, by day: states, breaks, calls, occupancy, the roster; microseconds |
//! | `GET /api/v1/requests?closed` | signed in | `{"requests":[…]}`: an operator those their groups owe, and everybody's with the number masked until they take one; a supervisor those of the project; an admin all; `closed=true`: not only open ones |
//! | `POST /api/v1/requests` | a key (`gudok tokens add`), or signed in: `{"number","due","not_before","group","note","basis","source"}` | 201 `{"request":{…}}`; 200: that number has an open one; 422 (`number`, `no_prefix`: the plan lets no call go there, `dnc`: they want none and whoever is signed in asks for them, `source`: `web` by whoever is signed in), 503 |
//! | `GET /api/v1/requests/{id}` | a key: of those that forms of its project made; or signed in, as the list | 200 `{"request":{…}}` as it stands now; 403: another group owes it; 404, for a key also where its wish joined the promise of a call |
//! | `POST /api/v1/requests/{id}/{take,later,cancel,done,dnc}` | signed in, of those who owe it: `{"note","at"}`; `cancel` and `dnc` (the customer wants no calls) need `note` | 200 `{"request":{…}}` as it stands after it, 403, 404, 409, 422 |
//! | `POST /api/v1/dnc` | signed in, `{"number","purpose","why"}` | 200: this customer wants no calls (`purpose` absent: none at all); on disk, open requests closed. 422, 503 |
//! | `POST /api/v1/dnc/lift` | admins, the same | 200: they may be called again; 404: nobody has said that they may not |
//! | `GET /api/v1/dnc` | supervisors (numbers masked), admins | `{"dnc":[…]}`: who wants no calls, what for, who has written it down, when, why |
//! | `GET /api/v1/missed?all` | signed in, as requests | `{"missed":[…]}` that nobody has made good; `all=true`: the others too |
//!
//! A masked number is written `+7999•••0042`, as on the walls. Who may see what is one table, route by role:
//! `tests/hotline/sight.rs`; why it is so, `decisions/0001-who-reads-what.md`.
//!
//! Errors are `{"error":{"code","text"}}`. Tokens go into `Authorization: Bearer`; there are no cookies, so a
//! foreign page cannot use them. TLS is the reverse proxy's.
//!
//! This crate decides nothing about calls, and changes nothing but its own list of tokens; of a plan, of
//! shifts and of who is to be called it only hands on what somebody wants.
#![forbid(unsafe_code)]

mod api;
pub mod backoff;
mod dial;
pub mod limits;
pub mod metrics;
pub mod pace;
mod parts;
mod plans;
mod readers;
mod refusals;
mod reports;
pub mod requests;
mod rosters;
mod server;
mod supervise;
pub mod tokens;
mod walls;

pub use limits::Config;
pub use metrics::Metrics;
pub use parts::{
    Answer, CallQuery, Came, Changed, DialWish, Dialler, Health, MissedQuery, OutboundOf, Parts,
    Person, Plans, Records, ReportBy, ReportQuery, RequestQuery, Requests, Rosters, SignIns, Staff,
    Supervision, Unavailable, Walls, WordAbout,
};
pub use readers::Reader;
pub use refusals::{RefusalQuery, RefusalWish};
pub use requests::{AskedBy, Asker, CallWish};
pub use server::serve;
pub use tokens::{Issued, OnRecord, Session, TokenHash, Tokens};
