//! What the web pages and the desks' sign-in ask of the daemon, answered from the database and from memory.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use gudok_cti::{Authenticate, Login, Token};
use gudok_model::number::parse;
use gudok_model::{CallId, GroupId, NumberRules, OperatorId, ProjectId, Role, Wall};
use gudok_store::levels::Terms;
use gudok_store::report::Asked;
use gudok_store::versions::VERSIONS_MAX;
use gudok_store::{CallFilter, CallStory, Found, QueryError, Store};
use gudok_switchboard::Speaker;
use gudok_trace::mask::hide_numbers;
use gudok_web::{
    Answer, CallQuery, Changed, Dialler, Health, OutboundOf, Parts, Person, Plans, Reader, Records,
    ReportBy, ReportQuery, Requests, Rosters, Staff, Supervision, Tokens, Unavailable, Walls,
};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};

use crate::called::{Called, CalledBy};
use crate::changes::{Change, Wanted};
use crate::clock::wall;
use crate::control::Ask;
use crate::floor_kept;
use crate::hotline::Order;
use crate::hotline::directed::{Came, Said};
use crate::hotline::shifts::Accepting;
use crate::metrics::Metrics;
use crate::promised::Promised;
use crate::report::{By, Sheet};
use crate::shifts;
use crate::sight::Sight;
use crate::signed_in::Book;
use crate::standing::{Standing, Stands};
use crate::talks::Talks;
use crate::versions::{self, Origin, Why};
use crate::worked::{self, Edge};

/// What the hotline last said of itself: calls, queues, operators.
pub(crate) type Status = Arc<ArcSwap<Value>>;

/// Serves the pages until told to stop; gives the desks' bridge the list of tokens.
pub(crate) fn serve(
    office: &Handle,
    listener: TcpListener,
    shelf: Shelf,
    asking: Arc<dyn Requests>,
    (metrics, status): (&Metrics, Status),
    stopped: watch::Receiver<bool>,
) -> Arc<dyn Authenticate> {
    let tokens = Arc::clone(&shelf.tokens);
    let health = Arc::clone(&status);
    let (store, stands) = (shelf.store.clone(), Arc::clone(&shelf.stands));
    let shelf = Arc::new(shelf);
    let parts = Parts {
        staff: Arc::new(Database(store.clone())),
        tokens: Arc::clone(&tokens),
        sign_ins: Arc::new(Book(store.clone())),
        metrics: metrics.registry(),
        health: Arc::new(move || health_of(&health.load(), &stands.load(), wall())),
        status: Arc::new(move |reader| of_project(&status.load(), reader)),
        records: Arc::new(Archive {
            store,
            orders: shelf.orders.clone(),
            journal: shelf.journal.clone(),
        }),
        rosters: Arc::clone(&shelf) as Arc<dyn Rosters>,
        supervision: Arc::clone(&shelf) as Arc<dyn Supervision>,
        dialler: Arc::clone(&shelf) as Arc<dyn Dialler>,
        walls: Arc::clone(&shelf) as Arc<dyn Walls>,
        requests: asking,
        plans: shelf,
    };
    office.spawn(async move {
        let stop = crate::serve::until(stopped);
        gudok_web::serve(listener, gudok_web::Config::default(), parts, stop).await;
    });
    Arc::new(Seats(tokens))
}

/// The hotline speaks once a second; silent for longer than this, it stands still. Microseconds.
const SILENT_MAX_US: i64 = 10_000_000;

/// Live while the hotline speaks; ready from its first word until it drains.
fn health_of(status: &Value, standing: &Standing, now: Wall) -> Health {
    let spoke = status["at"].as_i64();
    let live = spoke.is_none_or(|at| now.0.saturating_sub(at) < SILENT_MAX_US);
    let draining = status["draining"].as_bool().unwrap_or(false);
    let mut details = Map::new();
    for part in [
        "plan",
        "legs",
        "media_load_permille",
        "journal_lost",
        "promises_lost",
        "trunks",
        "certificate_days",
        "calendars_missing",
        "rosters_bare",
        "schedules_by_hand",
        "shifts_overdue",
    ] {
        details.insert(part.to_owned(), status[part].clone());
    }
    details.insert("plan_stands".to_owned(), json!(standing));
    Health {
        live,
        ready: live && spoke.is_some() && !draining,
        details,
    }
}

/// Calls of the reader's project only, but for an admin; operators and queues are everybody's.
fn of_project(status: &Value, reader: &Reader) -> Value {
    let mut seen = status.clone();
    if let Some(calls) = seen.get_mut("calls").and_then(Value::as_array_mut) {
        let is_theirs = |call: &mut Value| {
            reader.role == Role::Admin || call["project"] == json!(reader.project.as_str())
        };
        calls.retain_mut(is_theirs);
        for call in calls {
            call["caller"] = live_caller(call, reader);
        }
    }
    let visible: Vec<Value> = seen["calls"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|call| call["call"].clone())
        .collect();
    for operator in seen
        .get_mut("operators")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let state = &mut operator["state"];
        if !visible.contains(&state["call_id"]) {
            state["call_id"] = Value::Null;
        }
    }
    seen
}

/// The caller of a call that lives: whole for an admin, and for the operator who has it.
fn live_caller(call: &Value, reader: &Reader) -> Value {
    let own = json!(reader.operator.as_str());
    let has_it = call["operators"]
        .as_array()
        .is_some_and(|it| it.contains(&own));
    let caller = call["caller"].as_str();
    match (reader.role, has_it) {
        (Role::Admin, _) | (_, true) => json!(caller),
        (Role::Operator | Role::Supervisor, false) => json!(caller.map(hide_numbers)),
    }
}

/// Tokens of the pages are the tokens of the desks.
struct Seats(Arc<Tokens>);

impl Authenticate for Seats {
    fn login(&self, token: &Token) -> Option<Login> {
        let session = self.0.session(token.reveal())?;
        Some(Login {
            is_of_before: self.0.is_of_before(session.number),
            operator: session.operator,
            number: session.number,
        })
    }

    fn is_live(&self, login: u64) -> bool {
        self.0.is_live(login)
    }
}

/// The versions of the plan, the way to ask for another, and who is signed in to do so.
pub(crate) struct Shelf {
    /// Where they are kept.
    pub store: Store,
    /// Who is signed in.
    pub tokens: Arc<Tokens>,
    /// Which is in force.
    pub stands: Stands,
    /// To whoever reads plans.
    pub changes: mpsc::Sender<Wanted>,
    /// To the hotline.
    pub orders: mpsc::Sender<Order>,
    /// What shifts are made of.
    pub journal: PathBuf,
}

impl Shelf {
    /// Waits for the answer; what was asked for is done whether or not somebody waits.
    async fn change(&self, change: Change) -> Result<Changed, Unavailable> {
        let (answer, told) = oneshot::channel();
        let busy = |_| Unavailable("plans: too many requests wait, or the daemon stops".into());
        let sent = self.changes.try_send(Wanted { change, answer });
        sent.map_err(|error| busy(error.to_string()))?;
        let told = told.await.map_err(|error| busy(error.to_string()))?;
        let answer = serde_json::to_value(&told);
        Ok(Changed {
            done: told.done,
            answer: answer.map_err(|error| Unavailable(error.to_string()))?,
        })
    }
}

fn why(operator: &OperatorId, reason: &str) -> Why {
    Why {
        author: operator.to_string(),
        reason: reason.to_owned(),
        origin: Origin::Api,
    }
}

impl Plans for Shelf {
    fn may<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, bool> {
        Box::pin(async move {
            let admin = self.store.is_admin(operator).await;
            admin.map_err(|error| Unavailable(error.to_string()))
        })
    }

    fn versions(&self) -> Answer<'_, Value> {
        Box::pin(async move {
            let rows = self.store.versions(VERSIONS_MAX).await;
            let rows = rows.map_err(|error| Unavailable(error.to_string()))?;
            let versions: Vec<_> = rows.iter().filter_map(versions::of_row).collect();
            Ok(json!({ "versions": versions, "stands": &**self.stands.load() }))
        })
    }

    fn reload<'a>(&'a self, operator: &'a OperatorId, reason: &'a str) -> Answer<'a, Changed> {
        let why = why(operator, reason);
        Box::pin(self.change(Change::Reload { why }))
    }

    fn rollback<'a>(
        &'a self,
        operator: &'a OperatorId,
        reason: &'a str,
        to: Option<u64>,
        expected: Option<u64>,
    ) -> Answer<'a, Changed> {
        let why = why(operator, reason);
        Box::pin(self.change(Change::Back { to, expected, why }))
    }
}

impl Shelf {
    async fn accepted(&self, wish: Accepting) -> Result<Changed, Unavailable> {
        let accepted = shifts::accept(&self.orders, &self.store, wish).await;
        let accepted = accepted.map_err(|error| Unavailable(error.to_string()))?;
        Ok(match accepted {
            Ok(told) => Changed {
                done: true,
                answer: json!({ "told": told.trim_end() }),
            },
            Err(why) => Changed {
                done: false,
                answer: json!({ "error": { "code": why.code, "text": why.text } }),
            },
        })
    }
}

impl Rosters for Shelf {
    fn rosters(&self) -> Answer<'_, Value> {
        Box::pin(async move {
            let stops = |_| Unavailable("rosters: the daemon stops".into());
            let (answer, told) = oneshot::channel();
            let ask = Order::Ask(Ask::Rosters, answer);
            self.orders
                .send(ask)
                .await
                .map_err(|error| stops(error.to_string()))?;
            let told = told.await.map_err(|error| stops(error.to_string()))?;
            serde_json::from_slice(&told).map_err(|error| Unavailable(error.to_string()))
        })
    }

    fn accept<'a>(
        &'a self,
        operator: &'a OperatorId,
        roster: &'a str,
        person: &'a str,
    ) -> Answer<'a, Changed> {
        let wish = Accepting {
            roster: roster.into(),
            person: person.into(),
            by: operator.to_string(),
            undo_because: None,
        };
        Box::pin(self.accepted(wish))
    }

    fn undo<'a>(
        &'a self,
        operator: &'a OperatorId,
        roster: &'a str,
        person: &'a str,
        why: &'a str,
    ) -> Answer<'a, Changed> {
        let wish = Accepting {
            roster: roster.into(),
            person: person.into(),
            by: operator.to_string(),
            undo_because: Some(why.to_owned()),
        };
        Box::pin(self.accepted(wish))
    }
}

impl Walls for Shelf {
    fn wall<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, Option<Value>> {
        Box::pin(async move {
            let stops = |error: String| Unavailable(format!("wall: the daemon stops: {error}"));
            let (answer, told) = oneshot::channel();
            let ask = Order::Ask(Ask::Wall(Some(operator.clone())), answer);
            let sent = self.orders.send(ask).await;
            sent.map_err(|error| stops(error.to_string()))?;
            let told = told.await.map_err(|error| stops(error.to_string()))?;
            if told.is_empty() {
                return Ok(None);
            }
            let page = serde_json::from_slice(&told);
            page.map(Some)
                .map_err(|error| Unavailable(error.to_string()))
        })
    }

    fn supervises<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, bool> {
        Box::pin(async move {
            let supervises = self.store.supervises(operator).await;
            supervises.map_err(|error| Unavailable(error.to_string()))
        })
    }
}

impl Supervision for Shelf {
    fn direct<'a>(
        &'a self,
        operator: &'a OperatorId,
        cmd: &'a str,
        args: Value,
    ) -> Answer<'a, Changed> {
        Box::pin(async move {
            let came = match gudok_cti::directive(cmd, args) {
                Ok(directive) => {
                    let by = Speaker::Operator(operator.clone());
                    self.said(Said { by, directive }).await?
                }
                Err(misfit) => Came::misfit(misfit),
            };
            let Came { refused, text } = came;
            let done = refused.is_none();
            let answer = match refused {
                None => json!({ "told": text }),
                Some(code) => json!({ "error": { "code": code, "text": text } }),
            };
            Ok(Changed { done, answer })
        })
    }
}

impl Shelf {
    async fn said(&self, said: Said) -> Result<Came, Unavailable> {
        let stops = |_| Unavailable("supervision: the daemon stops".into());
        let (answer, told) = oneshot::channel();
        let ask = Order::Ask(Ask::Direct(said), answer);
        let sent = self.orders.send(ask).await;
        sent.map_err(|error| stops(error.to_string()))?;
        let told = told.await.map_err(|error| stops(error.to_string()))?;
        serde_json::from_slice(&told).map_err(|error| Unavailable(error.to_string()))
    }
}

struct Database(Store);

impl Staff for Database {
    fn sign_in<'a>(&'a self, operator: &'a str, password: &'a str) -> Answer<'a, Option<Person>> {
        Box::pin(async move {
            let profile = self.0.sign_in(operator, password).await;
            let profile = profile.map_err(|error| Unavailable(error.to_string()))?;
            Ok(profile.map(|profile| Person {
                operator: profile.id,
                name: profile.name,
                project: profile.project,
            }))
        })
    }

    fn project<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, Option<ProjectId>> {
        Box::pin(async move {
            let project = self.0.project_of(operator).await;
            project.map_err(|error| Unavailable(error.to_string()))
        })
    }
}

/// What is on record, as far as whoever reads may see it.
struct Archive {
    store: Store,
    /// To the hotline, which knows who works for whom.
    orders: mpsc::Sender<Order>,
    /// What shifts are brought up to before they are told.
    journal: PathBuf,
}

impl Archive {
    async fn shifts(&self, project: &ProjectId, query: &ReportQuery) -> Result<Value, Unavailable> {
        let failed = |error: String| Unavailable(error);
        floor_kept::shifts(&self.journal, &self.store)
            .await
            .map_err(|error| failed(error.to_string()))?;
        let last = self.store.last_version().await;
        let last = last.map_err(|error| failed(error.to_string()))?;
        let plan = tokio::task::spawn_blocking(move || {
            let edition = versions::edition(last.as_ref()?)?;
            Some(gudok_dialplan::load::load(&edition.files()).ok()?.plan)
        });
        let plan = plan.await.map_err(|error| failed(error.to_string()))?;
        let wanted = worked::Wanted {
            from: Edge::Moment(Wall(query.from)),
            to: Edge::Moment(Wall(query.to)),
            project: Some(project.clone()),
            group: query.group.as_deref().map(GroupId::from),
            operator: query.operator.as_deref().map(OperatorId::from),
            known_to: wall(),
        };
        let sheet = worked::Sheet::of(&self.store, plan.as_ref(), &wanted).await;
        sheet
            .map(|sheet| sheet.json())
            .map_err(|error| failed(error.to_string()))
    }
}

impl Records for Archive {
    fn calls<'a>(&'a self, reader: &'a Reader, query: &'a CallQuery) -> Answer<'a, Vec<Value>> {
        Box::pin(async move {
            let number = query
                .number
                .as_ref()
                .map(|raw| parse(raw, &NumberRules::default()).e164);
            if number == Some(None) {
                return Ok(Vec::new());
            }
            let sight = Sight::of(reader, &self.orders).await?;
            let filter = CallFilter {
                from: query.from.map(Wall),
                to: query.to.map(Wall),
                number: number.flatten(),
                outcome: query.outcome.clone(),
                region: query.region.clone(),
                of: (reader.role == Role::Operator).then(|| reader.operator.clone()),
                rated_low: query.rated_low,
                project: sight.project().cloned(),
                limit: query.limit.unwrap_or(100),
            };
            let rows = self.store.calls(&filter).await.map_err(unavailable)?;
            Ok(rows.iter().map(|row| sight.call(row)).collect())
        })
    }

    fn call<'a>(&'a self, reader: &'a Reader, id: &'a str) -> Answer<'a, Option<Value>> {
        Box::pin(async move {
            let Found::One(id) = self.store.find_call(id).await.map_err(unavailable)? else {
                return Ok(None);
            };
            let id: CallId = id;
            let sight = Sight::of(reader, &self.orders).await?;
            if reader.role == Role::Operator {
                let own = self.store.is_call_of(id, &reader.operator).await;
                if !own.map_err(unavailable)? {
                    return Ok(None);
                }
            }
            let story = self.store.call(id).await.map_err(unavailable)?;
            let is_theirs = |story: &CallStory| {
                let project = sight.project();
                project.is_none_or(|project| story.call.project == project.as_str())
            };
            Ok(story.filter(is_theirs).map(|story| sight.story(&story)))
        })
    }

    fn report<'a>(&'a self, reader: &'a Reader, query: &'a ReportQuery) -> Answer<'a, Value> {
        let secs = |secs: u32| Duration::from_secs(secs.into());
        let asked = Asked {
            from: Wall(query.from),
            to: Wall(query.to),
            project: Some(&reader.project),
            terms: Terms {
                t: secs(query.t),
                short: secs(query.short),
            },
        };
        let zone = TimeZone::system();
        Box::pin(async move {
            let calls = async |by| Ok(Sheet::of(&self.store, by, &asked, &zone).await?.json());
            let told = match query.by {
                ReportBy::Queue => calls(By::Queue).await,
                ReportBy::Hour => calls(By::Hour).await,
                ReportBy::Number => calls(By::Number).await,
                ReportBy::Operator => Talks::of(&self.store, &asked).await.map(|it| it.json()),
                ReportBy::Outbound => {
                    let of = match query.of {
                        OutboundOf::Operator => CalledBy::Operator,
                        OutboundOf::Number => CalledBy::Number,
                        OutboundOf::Day => CalledBy::Day,
                    };
                    let sight = Sight::of(reader, &self.orders).await?;
                    let told = Called::of(&self.store, of, &asked, &zone).await;
                    told.map(|it| match of {
                        CalledBy::Number => sight.figures(it.json()),
                        CalledBy::Operator | CalledBy::Day => it.json(),
                    })
                }
                ReportBy::Shifts => return self.shifts(&reader.project, query).await,
                ReportBy::Callbacks => {
                    let within = secs(query.within);
                    Promised::of(&self.store, &asked, within)
                        .await
                        .map(|it| it.json())
                }
            };
            told.map_err(|error: QueryError| Unavailable(error.to_string()))
        })
    }

    fn missed<'a>(&'a self, reader: &'a Reader, all: bool) -> Answer<'a, Vec<Value>> {
        Box::pin(async move {
            let sight = Sight::of(reader, &self.orders).await?;
            let rows = match sight.owing() {
                Some(owing) => {
                    self.store
                        .missed_owed_by(&reader.project, all, &owing)
                        .await
                }
                None => self.store.missed(sight.project(), all).await,
            };
            let rows = rows.map_err(unavailable)?;
            Ok(rows.iter().filter_map(|row| sight.missed(row)).collect())
        })
    }

    fn requests<'a>(&'a self, reader: &'a Reader, closed: bool) -> Answer<'a, Vec<Value>> {
        Box::pin(async move {
            let sight = Sight::of(reader, &self.orders).await?;
            let rows = match sight.owing() {
                Some(owing) => {
                    let project = &reader.project;
                    self.store.requests_owed_by(project, closed, &owing).await
                }
                None => self.store.requests(sight.project(), closed).await,
            };
            let rows = rows.map_err(unavailable)?;
            Ok(rows.iter().filter_map(|row| sight.request(row)).collect())
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: QueryError) -> Unavailable {
    Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn figures_of_a_span_come_from_the_record() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("gudok.db")).await;
        let (orders, _nobody) = mpsc::channel(1);
        let book = Archive {
            store: store.expect("opens"),
            orders,
            journal: PathBuf::new(),
        };
        let mut query = ReportQuery {
            from: 0,
            to: 1_000_000,
            by: ReportBy::Hour,
            t: 30,
            short: 2,
            within: 1_200,
            of: OutboundOf::default(),
            group: None,
            operator: None,
            project: None,
        };
        let reader = Reader {
            operator: "anna".into(),
            project: "isp1".into(),
            role: Role::Supervisor,
        };
        let told = book.report(&reader, &query).await.expect("told");
        let asked = (&told["by"], &told["t_ms"], &told["short_ms"], &told["rows"]);
        let asked_for = (&json!("hour"), &json!(30_000), &json!(2_000), &json!([]));
        assert_eq!(asked, asked_for);
        assert_eq!(told["adds_up"]["holds"], json!(true));
        query.by = ReportBy::Operator;
        let told = book.report(&reader, &query).await.expect("told");
        assert_eq!(
            (&told["by"], &told["rows"]),
            (&json!("operator"), &json!([]))
        );
    }

    #[test]
    fn what_lives_shows_callers_to_who_has_them_and_to_admins() {
        let status = json!({ "calls": [
            { "call": "A", "project": "isp1", "operators": ["anna"], "caller": "+79990000042" },
            { "call": "B", "project": "isp1", "operators": [], "caller": "+79990000043" },
            { "call": "C", "project": "isp2", "operators": [], "caller": null },
        ], "operators": [] });
        let seen = |operator: &str, role| {
            let reader = Reader {
                operator: operator.into(),
                project: "isp1".into(),
                role,
            };
            let seen = of_project(&status, &reader);
            let calls = seen["calls"].as_array().cloned().unwrap_or_default();
            let callers = calls.iter().map(|call| call["caller"].clone());
            callers.collect::<Vec<_>>()
        };
        let (first, second) = ("+7999•••0042", "+7999•••0043");
        assert_eq!(seen("anna", Role::Operator), ["+79990000042", second]);
        assert_eq!(seen("boris", Role::Operator), [first, second]);
        assert_eq!(seen("olga", Role::Supervisor), [first, second]);
        let all = [json!("+79990000042"), json!("+79990000043"), Value::Null];
        assert_eq!(seen("root", Role::Admin), all);
    }

    #[test]
    fn a_hotline_that_stands_still_is_not_live() {
        let spoke = json!({ "at": 5_000_000, "draining": false });
        let health = |status: &Value, now| {
            let health = health_of(status, &Standing::default(), Wall(now));
            (health.live, health.ready)
        };
        assert_eq!(health(&Value::Null, 0), (true, false), "it only begins");
        assert_eq!(health(&spoke, 6_000_000), (true, true));
        assert_eq!(health(&spoke, 16_000_000), (false, false));
        assert_eq!(
            health(&json!({ "at": 0, "draining": true }), 1),
            (true, false)
        );
    }
}
