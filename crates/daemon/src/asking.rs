//! Who is to be called, for forms, programs and people over HTTP: checked, handed to the hotline, and answered when the database
//! has it, which is after the journal.
use gudok_model::number::parse;
use gudok_model::{
    Asked, CallId, GroupId, Kind, Name, NumberRules, PhoneNumber, ProjectId, RequestKind,
    RequestSource, Wall,
};
use gudok_outbound::DNC;
use gudok_store::{QueryError, RequestRow, Store};
use gudok_switchboard::NO_PREFIX;
use gudok_web::requests::SCOPE;
use gudok_web::{
    Answer, AskedBy, Asker, CallWish, Came, Reader, RefusalQuery, RefusalWish, Requests,
    Unavailable, WordAbout,
};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::clock::wall;
use crate::control::WRITTEN_WITHIN;
use crate::hotline::Order;
use crate::hotline::promised::Told;
use crate::hotline::signalling::new_call_id;
use crate::sight::Sight;

mod customers;
mod refusing;
mod words;

/// What is asked for later than this is for a calendar, and not for us. 30 days, microseconds.
const AHEAD_MAX_US: i64 = 30 * 24 * 3_600 * 1_000_000;

/// Between the pages and whoever is to call.
pub(crate) struct Asking {
    pub store: Store,
    pub orders: mpsc::Sender<Order>,
    /// How far the database is.
    pub applied: watch::Receiver<u64>,
    /// How far the journal is on disk.
    pub durable: watch::Receiver<u64>,
}

type Answered = Result<(Came, Value), Unavailable>;

impl Requests for Asking {
    fn holder<'a>(&'a self, hash: &'a str) -> Answer<'a, Option<(String, ProjectId)>> {
        Box::pin(async move {
            let token = self.store.api_token(hash).await.map_err(unavailable)?;
            let token = token.filter(|token| token.scope == SCOPE);
            Ok(token.map(|token| (token.name, ProjectId::new(token.project))))
        })
    }

    fn ask<'a>(&'a self, asker: &'a Asker, wish: &'a CallWish) -> Answer<'a, (Came, Value)> {
        Box::pin(async move {
            match asked(asker, wish, wall()) {
                Ok(asked) => self.promised(asker, asked).await,
                Err((code, text)) => Ok(refused(Came::Wrong, code, &text)),
            }
        })
    }

    fn one<'a>(&'a self, asker: &'a Asker, request: i64) -> Answer<'a, (Came, Value)> {
        Box::pin(async move {
            let row = self.store.request(request).await.map_err(unavailable)?;
            let Some(reader) = &asker.reader else {
                let own =
                    |row: &RequestRow| row.project == asker.project.as_str() && row.source == "web";
                let row = row.filter(own);
                return Ok(row.map_or_else(
                    || absent(request),
                    |row| (Came::Known, json!({ "request": progress(&row) })),
                ));
            };
            let sight = Sight::of(reader, &self.orders).await?;
            let theirs = |row: &RequestRow| is_theirs(&sight, row);
            let Some(row) = row.filter(theirs) else {
                return Ok(absent(request));
            };
            Ok(match sight.request(&row) {
                Some(seen) => (Came::Known, json!({ "request": seen })),
                None => refused(Came::Forbidden, "not_allowed", "another group owes it"),
            })
        })
    }

    fn refuse<'a>(
        &'a self,
        reader: &'a Reader,
        wish: &'a RefusalWish,
        lift: bool,
    ) -> Answer<'a, (Came, Value)> {
        Box::pin(self.refusal(reader, wish, lift))
    }

    fn refusals<'a>(&'a self, reader: &'a Reader, query: &'a RefusalQuery) -> Answer<'a, Value> {
        Box::pin(self.listed(reader, query))
    }

    fn word<'a>(
        &'a self,
        reader: &'a Reader,
        request: i64,
        word: &'a WordAbout,
    ) -> Answer<'a, (Came, Value)> {
        Box::pin(async move {
            let row = self.store.request(request).await.map_err(unavailable)?;
            let sight = Sight::of(reader, &self.orders).await?;
            let theirs = |row: &RequestRow| is_theirs(&sight, row);
            let Some(row) = row.filter(theirs) else {
                return Ok(absent(request));
            };
            if !row.open {
                let text = format!("request {request} is closed: {}", row.state);
                return Ok(refused(Came::Conflict, "closed", &text));
            }
            self.said(&sight, &row, word).await
        })
    }
}

impl Asking {
    /// A number that has an open request has no other. What that says already is not said again.
    async fn promised(&self, asker: &Asker, asked: Asked) -> Answered {
        let (project, number) = (asked.project.clone(), asked.number.clone());
        let open = self.open(&project, &number).await?;
        if let Some(row) = open.filter(|row| says(row, &asked)) {
            return Ok((Came::Known, self.shown(asker, &row).await?));
        }
        let id = CallId(new_call_id(wall().0));
        let (answer, told) = oneshot::channel();
        self.order(Order::AskForCall(id, Box::new(asked), answer))
            .await?;
        let told = told.await.map_err(|_| stops())?;
        let open = match told {
            Told::Promised(open) => open,
            Told::Refused(why) if *why == *"unknown_group" => {
                let text = "group: the plan has no such group; leave it out, or write its name as in the plan";
                return Ok(refused(Came::Wrong, &why, text));
            }
            Told::Refused(why) if *why == *NO_PREFIX => {
                let text = "number: the plan lets no call go there ([outbound.prefixes]); ask for another number";
                return Ok(refused(Came::Wrong, &why, text));
            }
            Told::Refused(why) if *why == *DNC => {
                let text = "the customer wants no calls; they may ask for one themself, by a form or a call, or an admin lifts it (POST /api/v1/dnc/lift)";
                return Ok(refused(Came::Wrong, &why, text));
            }
            Told::Refused(why) => return Ok(busy(&why)),
            Told::Denied { .. } | Told::Done(_) => return Err(stops()),
        };
        let row = self.written(&project, &number).await?;
        let is_new = open == id && row.call_id == id.to_string();
        let came = if is_new { Came::New } else { Came::Known };
        Ok((came, self.shown(asker, &row).await?))
    }

    /// A request, for whoever asked: people have what they may see of it; a form, and an operator to whom it is not to do, how far
    /// it is.
    async fn shown(&self, asker: &Asker, row: &RequestRow) -> Result<Value, Unavailable> {
        let seen = match &asker.reader {
            Some(reader) => Sight::of(reader, &self.orders).await?.request(row),
            None => None,
        };
        Ok(json!({ "request": seen.unwrap_or_else(|| of_form(row)) }))
    }

    /// The open request of a number once the database has it and the journal is on disk.
    async fn written(
        &self,
        project: &ProjectId,
        number: &PhoneNumber,
    ) -> Result<RequestRow, Unavailable> {
        let mut applied = self.applied.clone();
        let row = async {
            loop {
                applied.mark_unchanged();
                match self.open(project, number).await? {
                    Some(row) => return Ok(row),
                    None => applied.changed().await.map_err(|_| stops())?,
                }
            }
        };
        let row: RequestRow = timeout(WRITTEN_WITHIN, row).await.map_err(late)??;
        let needed = u64::try_from(row.request_id).unwrap_or(u64::MAX);
        self.on_disk(needed).await?;
        Ok(row)
    }

    /// Until the journal is on disk as far as this fact.
    async fn on_disk(&self, fact: u64) -> Result<(), Unavailable> {
        let mut durable = self.durable.clone();
        let on_disk = timeout(WRITTEN_WITHIN, durable.wait_for(|durable| *durable >= fact));
        on_disk.await.map_err(late)?.map_err(|_| stops())?;
        Ok(())
    }

    async fn open(
        &self,
        project: &ProjectId,
        number: &PhoneNumber,
    ) -> Result<Option<RequestRow>, Unavailable> {
        let kind = RequestKind::Callback;
        let row = self.store.request_of(project, number, kind).await;
        row.map_err(unavailable)
    }

    async fn order(&self, order: Order) -> Result<(), Unavailable> {
        self.orders.send(order).await.map_err(|_| stops())
    }
}

/// Whether the open request says all of this already. One that stands still does not: whoever asks again sets it going.
fn says(row: &RequestRow, asked: &Asked) -> bool {
    let soon_enough = asked.due.is_none_or(|due| row.due_at <= due.0);
    let note = asked.note.is_none() || asked.note == row.note;
    // The first one holds, so only where there is none a basis is news.
    let basis = asked.basis.is_none() || row.basis.is_some();
    let still = [
        "exhausted",
        "scheduled",
        "retry_wait",
        "blocked_by_law",
        "by_hand",
    ];
    let goes_on = !still.contains(&row.state.as_str());
    soon_enough && note && basis && goes_on && asked.not_before.is_none()
}

/// What is asked for, if it can be promised; else a code and what to do about it.
fn asked(asker: &Asker, wish: &CallWish, now: Wall) -> Result<Asked, (&'static str, String)> {
    let number = callable(&wish.number)?;
    for (key, at) in [("due", wish.due), ("not_before", wish.not_before)] {
        if let Some(at) = at {
            ahead(key, at, now)?;
        }
    }
    if let (Some(due), Some(not_before)) = (wish.due, wish.not_before)
        && due <= not_before
    {
        let text = "due must be after not_before".to_owned();
        return Err(("due", text));
    }
    let source = source(asker, wish)?;
    let said = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).unwrap_or_default();
        (!text.is_empty()).then(|| text.to_owned())
    };
    Ok(Asked {
        project: asker.project.clone(),
        number,
        region: None,
        source,
        due: wish.due.map(Wall),
        not_before: wish.not_before.map(Wall),
        group: said(&wish.group).map(GroupId::new),
        line: None,
        note: said(&wish.note),
        basis: said(&wish.basis).map(Name::from),
    })
}

/// Whoever is signed in writes down what customers want, and is no form of theirs.
fn source(asker: &Asker, wish: &CallWish) -> Result<RequestSource, (&'static str, String)> {
    match (wish.source.unwrap_or(asker.by), &asker.reader) {
        (AskedBy::Web, Some(_)) => {
            let text = "source: web is for the key of a form; leave it out";
            Err(("source", text.to_owned()))
        }
        (AskedBy::Web, None) => Ok(RequestSource::Web),
        (AskedBy::Api, _) => Ok(RequestSource::Api),
    }
}

/// As `callback` of a plan has it: others cost whoever calls them, or are no person's (S03).
fn callable(raw: &str) -> Result<PhoneNumber, (&'static str, String)> {
    let parsed = parse(raw, &NumberRules::default());
    match (parsed.e164, parsed.kind) {
        (Some(number), Kind::Mobile | Kind::Geo) => Ok(number),
        (Some(_), _) => {
            let text = "number: only Russian mobile and geographic numbers are called back";
            Err(("number", text.to_owned()))
        }
        (None, _) => {
            let text = "number: write it with its code, such as +79991234567 or 8 495 123-45-67";
            Err(("number", text.to_owned()))
        }
    }
}

fn ahead(key: &'static str, at: i64, now: Wall) -> Result<(), (&'static str, String)> {
    let fits = at > now.0 && at <= now.0.saturating_add(AHEAD_MAX_US);
    fits.then_some(()).ok_or_else(|| {
        let text = format!("{key}: microseconds since 1970 UTC, from now to 30 days ahead");
        (key, text)
    })
}

/// Whether it is of a project that they may look at.
fn is_theirs(sight: &Sight<'_>, row: &RequestRow) -> bool {
    let project = sight.project();
    project.is_none_or(|project| row.project == project.as_str())
}

/// What whoever asked is answered: their own number, and how far it is.
fn of_form(row: &RequestRow) -> Value {
    let mut told = progress(row);
    told["number"] = json!(row.number);
    told
}

/// What a key is shown of a request by its number: how far it is. Whom to call is not there: another form of the project may have
/// asked, and numbers of requests are counted through.
fn progress(row: &RequestRow) -> Value {
    json!({
        "request_id": row.request_id,
        "state": row.state,
        "open": row.open,
        "created_at": row.created_at,
        "due_at": row.due_at,
        "not_before": row.not_before,
        "next_at": row.next_at,
        "attempts": row.attempts,
        "contact_at": row.contact_at,
        "closed_at": row.closed_at,
    })
}

fn absent(request: i64) -> (Came, Value) {
    let text = format!("there is no request {request}: see GET /api/v1/requests");
    refused(Came::Absent, "not_found", &text)
}

fn refused(came: Came, code: &str, text: &str) -> (Came, Value) {
    (came, json!({ "error": { "code": code, "text": text } }))
}

fn busy(why: &Name) -> (Came, Value) {
    let text = match &**why {
        "disk" => "the disk does not take what is promised; try again when it does",
        _ => "as many calls are promised as may be; try again later, or call",
    };
    refused(Came::Busy, why, text)
}

fn late(_: tokio::time::error::Elapsed) -> Unavailable {
    Unavailable("a request is in the journal and not yet in the database".into())
}

fn stops() -> Unavailable {
    Unavailable("requests: the daemon stops".into())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: QueryError) -> Unavailable {
    Unavailable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(number: &str) -> CallWish {
        CallWish {
            number: number.to_owned(),
            due: None,
            not_before: None,
            group: None,
            note: Some("  тариф ".to_owned()),
            basis: Some(" ".to_owned()),
            source: None,
        }
    }

    fn site() -> Asker {
        Asker {
            name: "site".to_owned(),
            project: "main".into(),
            by: AskedBy::Web,
            reader: None,
        }
    }

    #[test]
    fn what_is_asked_for_is_read_as_people_write_it() {
        let asked = asked(&site(), &wish("8 (999) 123-45-67"), Wall(0)).expect("it fits");
        assert_eq!(asked.number.as_str(), "+79991234567");
        assert_eq!((asked.note.as_deref(), asked.basis), (Some("тариф"), None));
        assert_eq!(asked.source, RequestSource::Web);
        let said = RequestRow {
            due_at: 100,
            note: Some("тариф".to_owned()),
            ..RequestRow::default()
        };
        let again = |due| Asked {
            due,
            ..super::asked(&site(), &wish("89991234567"), Wall(0)).expect("it fits")
        };
        assert!(says(&said, &again(None)) && says(&said, &again(Some(Wall(100)))));
        assert!(!says(&said, &again(Some(Wall(99)))), "sooner than promised");
        let exhausted = RequestRow {
            state: "exhausted".to_owned(),
            ..said.clone()
        };
        assert!(!says(&exhausted, &again(None)), "nobody calls any more");
        let waits = RequestRow {
            state: "retry_wait".to_owned(),
            ..said.clone()
        };
        assert!(!says(&waits, &again(None)), "they are there again");
        let proven = Asked {
            basis: Some("consent-17".into()),
            ..again(None)
        };
        assert!(!says(&said, &proven), "nothing has proven it until now");
    }

    #[test]
    fn a_form_is_shown_nothing_that_others_have_said_of_its_request() {
        let row = RequestRow {
            request_id: 7,
            note: Some("тариф".to_owned()),
            closed_note: Some("грубил".to_owned()),
            lease_by: Some("ivan".to_owned()),
            ..RequestRow::default()
        };
        let form = of_form(&row);
        assert_eq!(form["request_id"], 7);
        for key in ["note", "closed_note", "lease_by"] {
            assert!(form.get(key).is_none(), "{key}: {form}");
        }
    }

    #[test]
    fn what_nobody_can_promise_says_what_to_write() {
        let code = |wish: CallWish| asked(&site(), &wish, Wall(1_000)).expect_err("refused").0;
        for number in [
            "",
            "мой номер",
            "112",
            "+375290000001",
            "88001234567",
            "+78091234567",
        ] {
            assert_eq!(code(wish(number)), "number", "{number}");
        }
        let at = |due, not_before| CallWish {
            due,
            not_before,
            ..wish("+79991234567")
        };
        assert_eq!(code(at(Some(1_000), None)), "due");
        assert_eq!(code(at(Some(1_001 + AHEAD_MAX_US), None)), "due");
        assert_eq!(code(at(None, Some(5))), "not_before");
        assert_eq!(code(at(Some(2_000), Some(2_000))), "due");
        assert!(asked(&site(), &at(Some(3_000), Some(2_000)), Wall(0)).is_ok());
    }

    /// A form is the customer's own wish, and passes where they wanted no calls; an operator's word for them does not.
    #[test]
    fn nobody_who_is_signed_in_asks_as_a_form() {
        let signed_in = Asker {
            by: AskedBy::Api,
            reader: Some(Reader {
                operator: "anna".into(),
                project: "main".into(),
                role: gudok_model::Role::Operator,
            }),
            ..site()
        };
        let as_form = CallWish {
            source: Some(AskedBy::Web),
            ..wish("+79991234567")
        };
        let refused = asked(&signed_in, &as_form, Wall(0)).expect_err("refused");
        assert_eq!(refused.0, "source");
        let own = asked(&signed_in, &wish("+79991234567"), Wall(0)).expect("it fits");
        assert_eq!(own.source, RequestSource::Api);
    }
}
