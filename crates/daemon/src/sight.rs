//! How far whoever is signed in sees what is on record of callers: by their role, and by what is theirs to do. One place for every
//! page, see `web/decisions/0001-who-reads-what.md`.
//!
//! | | operator | supervisor | admin |
//! |---|---|---|---|
//! | calls | those they talked in or dialled, whole | of the project, masked | all, whole |
//! | requests, missed calls | of their groups, or that they took: whole; everybody's: masked | of the project, whole: theirs to see to | all, whole |
use std::collections::BTreeSet;

use gudok_model::{CallId, GroupId, OperatorId, ProjectId, Role};
use gudok_store::{CallRow, CallStory, MissedRow, Owing, RequestRow};
use gudok_trace::mask::{hide_in_word, hide_numbers};
use gudok_web::{Reader, Unavailable};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::control::Ask;
use crate::hotline::Order;

/// What a reader may see.
pub(crate) struct Sight<'a> {
    reader: &'a Reader,
    /// Of an operator: those they work for now.
    groups: BTreeSet<GroupId>,
}

impl<'a> Sight<'a> {
    /// Who works for whom the hotline knows: a supervisor may have moved them.
    ///
    /// # Errors
    /// When the hotline does not answer.
    pub(crate) async fn of(
        reader: &'a Reader,
        orders: &mpsc::Sender<Order>,
    ) -> Result<Self, Unavailable> {
        let groups = match reader.role {
            Role::Operator => groups_of(&reader.operator, orders).await?,
            Role::Supervisor | Role::Admin => BTreeSet::new(),
        };
        Ok(Self { reader, groups })
    }

    /// Whose it is.
    pub(crate) fn reader(&self) -> &Reader {
        self.reader
    }

    /// Of which project's callers. None: of all.
    pub(crate) fn project(&self) -> Option<&ProjectId> {
        (self.reader.role != Role::Admin).then_some(&self.reader.project)
    }

    /// Of an operator: what is theirs to do. None: all of it.
    pub(crate) fn owing(&self) -> Option<Owing<'_>> {
        (self.reader.role == Role::Operator).then_some(Owing {
            operator: &self.reader.operator,
            groups: &self.groups,
        })
    }

    /// A request as they see it. None: it is of others.
    pub(crate) fn request(&self, row: &RequestRow) -> Option<Value> {
        let hands = [&row.lease_by, &row.closed_by];
        self.owed(&row.project, row.owner.as_ref(), hands, json!(row))
    }

    /// A missed call as they see it. None: it is of others.
    pub(crate) fn missed(&self, row: &MissedRow) -> Option<Value> {
        let hands = [&row.lease_by, &row.closed_by];
        self.owed(&row.project, row.owner.as_ref(), hands, json!(row))
    }

    /// `hands`: who has it, or had it last.
    fn owed(
        &self,
        project: &str,
        owner: Option<&String>,
        hands: [&Option<String>; 2],
        whole: Value,
    ) -> Option<Value> {
        if self.project().is_some_and(|own| own.as_str() != project) {
            return None;
        }
        let own = self.reader.operator.as_str();
        let is_in_hand = hands.iter().any(|hand| hand.as_deref() == Some(own));
        if self.reader.role.supervises() || is_in_hand {
            return Some(whole);
        }
        match owner {
            Some(owner) => {
                let group = GroupId::new(owner.as_str());
                self.groups.contains(&group).then_some(whole)
            }
            None => Some(masked(whole)),
        }
    }

    /// A call of those they may see, as they see it.
    pub(crate) fn call(&self, row: &CallRow) -> Value {
        self.of_calls(json!(row))
    }

    /// The same with all that is known of it.
    pub(crate) fn story(&self, story: &CallStory) -> Value {
        let mut told = json!({ "call": story.call, "legs": story.legs, "offers": story.offers, "events": story.events });
        if self.reader.role != Role::Supervisor {
            return told;
        }
        // A fact is a text within the text.
        for event in told["events"].as_array_mut().into_iter().flatten() {
            let body = event["body"].as_str().unwrap_or_default();
            let body = serde_json::from_str(body).map_or(Value::Null, masked);
            event["body"] = json!(body.to_string());
        }
        let events = told["events"].take();
        told = masked(told);
        told["events"] = events;
        told
    }

    /// Figures by the numbers that were called.
    pub(crate) fn figures(&self, told: Value) -> Value {
        self.of_calls(told)
    }

    fn of_calls(&self, told: Value) -> Value {
        match self.reader.role {
            Role::Supervisor => masked(told),
            Role::Operator | Role::Admin => told,
        }
    }
}

async fn groups_of(
    operator: &OperatorId,
    orders: &mpsc::Sender<Order>,
) -> Result<BTreeSet<GroupId>, Unavailable> {
    let stops = |_| Unavailable("groups: the daemon stops".into());
    let (answer, told) = oneshot::channel();
    let ask = Order::Ask(Ask::Groups(operator.clone()), answer);
    let sent = orders.send(ask).await;
    sent.map_err(|error| stops(error.to_string()))?;
    let told = told.await.map_err(|error| stops(error.to_string()))?;
    serde_json::from_slice(&told).map_err(|error| Unavailable(error.to_string()))
}

/// What is no number of a caller: names of ours, and what machines have made.
const OURS: [&str; 16] = [
    "project",
    "owner",
    "queue",
    "group",
    "operator",
    "line",
    "did",
    "did_raw",
    "did_e164",
    "cli",
    "plan",
    "recording",
    "recording_file",
    "recording_sha256",
    "session_id",
    "sha256",
];

/// Every text in it without the numbers of callers. Whoever adds a field adds it masked: what stays is named.
fn masked(mut told: Value) -> Value {
    mask("", &mut told);
    told
}

fn mask(key: &str, told: &mut Value) {
    match told {
        Value::String(text) if !OURS.contains(&key) => *text = shortened(key, text),
        Value::Array(all) => all.iter_mut().for_each(|it| mask(key, it)),
        Value::Object(all) => all.iter_mut().for_each(|(key, it)| mask(key, it)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn shortened(key: &str, text: &str) -> String {
    match key {
        "sip_call_id" => hide_in_word(text),
        _ if is_of_a_call(text) => text.to_owned(),
        _ => hide_numbers(text),
    }
}

/// The id of a call, or of something of it: `0193…#2`.
fn is_of_a_call(text: &str) -> bool {
    let id = text.split('#').next().unwrap_or_default();
    id.len() == 36 && id.parse().map(CallId).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(role: Role) -> Reader {
        Reader {
            operator: "anna".into(),
            project: "main".into(),
            role,
        }
    }

    fn sight(reader: &Reader) -> Sight<'_> {
        Sight {
            reader,
            groups: BTreeSet::from(["tech".into()]),
        }
    }

    fn owed(owner: Option<&str>, lease_by: Option<&str>) -> RequestRow {
        RequestRow {
            project: "main".to_owned(),
            number: Some("+79990000042".to_owned()),
            note: Some("или на 8 (999) 000-00-43".to_owned()),
            call_id: "0193c0de-0000-7000-8000-000000000001".to_owned(),
            owner: owner.map(str::to_owned),
            lease_by: lease_by.map(str::to_owned),
            ..RequestRow::default()
        }
    }

    #[test]
    fn an_operator_sees_what_is_theirs_whole_what_is_everybodys_masked_and_nothing_else() {
        let anna = reader(Role::Operator);
        let seen = |row: RequestRow| {
            let seen = sight(&anna).request(&row)?;
            seen["number"].as_str().map(str::to_owned)
        };
        let (whole, hidden) = (Some("+79990000042"), Some("+7999•••0042"));
        assert_eq!(seen(owed(Some("tech"), None)).as_deref(), whole);
        assert_eq!(seen(owed(Some("sales"), None)), None);
        assert_eq!(seen(owed(None, None)).as_deref(), hidden);
        assert_eq!(seen(owed(None, Some("anna"))).as_deref(), whole);
        assert_eq!(seen(owed(None, Some("boris"))).as_deref(), hidden);
        assert_eq!(seen(owed(Some("sales"), Some("anna"))).as_deref(), whole);
        let foreign = RequestRow {
            project: "other".to_owned(),
            ..owed(None, None)
        };
        assert_eq!(seen(foreign), None);
    }

    #[test]
    fn what_is_masked_keeps_its_ids_and_loses_every_number() {
        let anna = reader(Role::Operator);
        let seen = sight(&anna)
            .request(&owed(None, None))
            .expect("everybody's");
        assert_eq!(seen["call_id"], "0193c0de-0000-7000-8000-000000000001");
        let text = seen.to_string();
        assert!(
            !text.contains("9990000042") && !text.contains("000-00-43"),
            "{text}"
        );
    }

    #[test]
    fn a_supervisor_reads_calls_without_the_numbers_of_callers_down_to_the_facts() {
        let row = CallRow {
            caller_e164: Some("+79990000042".to_owned()),
            caller_raw: Some("89990000042".to_owned()),
            did_e164: Some("+78005550101".to_owned()),
            sip_call_id: Some("89990000042-1@198.51.100.1".to_owned()),
            ..CallRow::default()
        };
        let body = json!({"kind": "arrived", "caller": {"e164": "+79990000042"}, "offer": "0193c0de-0000-7000-8000-000000000001#2"});
        let event = gudok_store::EventRow {
            seq: 1,
            call_id: String::new(),
            project: String::new(),
            at: 0,
            event: "arrived".to_owned(),
            body: body.to_string(),
        };
        let story = CallStory {
            call: row,
            legs: Vec::new(),
            offers: Vec::new(),
            events: vec![event],
        };
        let supervisor = reader(Role::Supervisor);
        let seen = sight(&supervisor).story(&story);
        let text = seen.to_string();
        assert!(!text.contains("9990000042"), "{text}");
        assert!(
            text.contains("+78005550101") && text.contains("000000000001#2"),
            "{text}"
        );
        let admin = reader(Role::Admin);
        let whole = sight(&admin).story(&story);
        assert!(whole.to_string().contains("89990000042"));
    }
}
