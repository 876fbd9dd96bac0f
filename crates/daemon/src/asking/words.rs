//! What people say of a request over HTTP: the same words as at a desk, by the same way. The answer is the request as it stands when
//! they are done, in the journal and in the database.
use gudok_model::{
    Actor, CallId, GroupId, Name, OperatorId, ProjectId, RefusalWord, RequestEnd, RequestWord,
    Role, Wall,
};
use gudok_store::RequestRow;
use gudok_web::{Came, Reader, Unavailable, WordAbout};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Answered, Asking, ahead, busy, late, refused, stops, unavailable};
use crate::clock::wall;
use crate::control::WRITTEN_WITHIN;
use crate::hotline::Order;
use crate::hotline::promised::{Closing, Told, Whose};
use crate::sight::Sight;
use crate::verbs::requests::key;

impl Asking {
    /// Does what is said of an open request of the own project.
    pub(super) async fn said(
        &self,
        sight: &Sight<'_>,
        row: &RequestRow,
        word: &WordAbout,
    ) -> Answered {
        // What another group owes is not theirs to close by a customer's word either.
        if matches!(word, WordAbout::Refuse { .. }) && sight.request(row).is_none() {
            let text = "another group owes it";
            return Ok(refused(Came::Forbidden, "not_allowed", text));
        }
        let told = self.obeyed(sight.reader(), row, word).await?;
        match told {
            Ok(fact) => self.as_it_stands(sight, row.request_id, fact).await,
            Err(refused) => Ok(refused),
        }
    }

    /// The customer wants no calls. What the switchboard never had, or never has, its word leaves open: that is closed by its row
    /// alone, a missed call too, for it is the customer who says so.
    async fn wants_none(&self, reader: &Reader, row: &RequestRow, note: &str) -> Obeyed {
        let Some(key) = key(row) else {
            let text = "number: nobody knows it, or it is a message: POST /api/v1/dnc";
            return Ok(Err(refused(Came::Wrong, "number", text)));
        };
        let word = RefusalWord::Refuse {
            by: super::refusing::actor(reader),
            why: note.to_owned(),
        };
        let whose = (key.project, key.number, None);
        let fact = match came(self.refuse_of(whose, word).await?)? {
            Ok(fact) => fact,
            Err(refused) => return Ok(Err(refused)),
        };
        match self.stands(row.request_id, fact).await? {
            Some(left) if left.open => {
                let closing = closing(&left, RequestEnd::Cancelled, (&reader.operator, note))?;
                self.closed_of(closing, None).await
            }
            _ => Ok(Ok(fact)),
        }
    }

    async fn obeyed(&self, reader: &Reader, row: &RequestRow, word: &WordAbout) -> Obeyed {
        let (by, is_admin) = (&reader.operator, reader.role == Role::Admin);
        let actor = match is_admin {
            true => Actor::Admin(Name::from(by.as_str())),
            false => Actor::Operator(by.clone()),
        };
        match word {
            WordAbout::Take => {
                let by = by.clone();
                self.told(row, RequestWord::Take { by }).await
            }
            WordAbout::Later { at } => {
                if let Err((code, text)) = ahead("at", *at, wall()) {
                    return Ok(Err(refused(Came::Wrong, code, &text)));
                }
                let at = Wall(*at);
                self.told(row, RequestWord::Later { by: actor, at }).await
            }
            WordAbout::Cancel { note } => {
                let why = note.clone();
                let word = RequestWord::Cancel { by: actor, why };
                match self.tell(row, word).await? {
                    // What the switchboard never had, or never has, is closed by its row alone.
                    None => {
                        let end = RequestEnd::Cancelled;
                        self.closed(by, is_admin, row, (end, note)).await
                    }
                    Some(told) => came(told),
                }
            }
            WordAbout::Refuse { note } => self.wants_none(reader, row, note).await,
            WordAbout::Done { note } => {
                let end = RequestEnd::Done;
                self.closed(by, is_admin, row, (end, note)).await
            }
        }
    }

    async fn told(&self, row: &RequestRow, word: RequestWord) -> Obeyed {
        match self.tell(row, word).await? {
            Some(told) => came(told),
            None => {
                let text = "nobody is called for it by the hotline: it is a message, or it was left open when the hotline had no room";
                Ok(Err(refused(Came::Conflict, "unknown_request", text)))
            }
        }
    }

    /// The switchboard is told. None: it does not have this one.
    async fn tell(&self, row: &RequestRow, word: RequestWord) -> Result<Option<Told>, Unavailable> {
        let Some(key) = key(row) else {
            return Ok(None);
        };
        let (answer, told) = oneshot::channel();
        self.order(Order::Word(key, word, answer)).await?;
        Ok(match told.await.map_err(|_| stops())? {
            Told::Refused(why) if *why == *"unknown_request" => None,
            told => Some(told),
        })
    }

    /// By a word, without a talk: what was missed only admins close so, who say why.
    async fn closed(
        &self,
        by: &OperatorId,
        is_admin: bool,
        row: &RequestRow,
        (end, note): (RequestEnd, &str),
    ) -> Obeyed {
        if row.kind == "missed" && !is_admin {
            let text = "a missed call is closed by a talk with its number; without one an admin closes it, and says why";
            return Ok(Err(refused(Came::Forbidden, "forbidden", text)));
        }
        if row.kind == "missed" && note.is_empty() {
            let text = "note: say why nobody is to be called";
            return Ok(Err(refused(Came::Wrong, "note", text)));
        }
        let closing = closing(row, end, (by, note))?;
        let whose = (!is_admin).then(|| Whose {
            operator: by.clone(),
            project: ProjectId::new(row.project.as_str()),
            group: row.owner.as_deref().map(GroupId::new),
        });
        self.closed_of(closing, whose).await
    }

    async fn closed_of(&self, closing: Closing, whose: Option<Whose>) -> Obeyed {
        let (answer, told) = oneshot::channel();
        let order = Order::CloseRequest(Box::new((closing, whose)), answer);
        self.order(order).await?;
        came(told.await.map_err(|_| stops())?)
    }

    /// Once the journal is on disk and the database is as far as this fact.
    async fn as_it_stands(&self, sight: &Sight<'_>, request: i64, fact: u64) -> Answered {
        let row = self.stands(request, fact).await?;
        let seen = row.as_ref().and_then(|row| sight.request(row));
        Ok((Came::Known, json!({ "request": seen })))
    }

    async fn stands(&self, request: i64, fact: u64) -> Result<Option<RequestRow>, Unavailable> {
        self.on_disk(fact).await?;
        let mut applied = self.applied.clone();
        let written = timeout(WRITTEN_WITHIN, applied.wait_for(|applied| *applied >= fact));
        written.await.map_err(late)?.map_err(|_| stops())?;
        self.store.request(request).await.map_err(unavailable)
    }
}

/// What is said of this request, by whom and why.
fn closing(
    row: &RequestRow,
    end: RequestEnd,
    (by, note): (&OperatorId, &str),
) -> Result<Closing, Unavailable> {
    let no = |_| Unavailable("a request with a number that is none".into());
    Ok(Closing {
        call: CallId(row.call_id.parse().map_err(no)?),
        request: u64::try_from(row.request_id).unwrap_or(0),
        end,
        by: by.to_string(),
        note: (!note.is_empty()).then(|| note.to_owned()),
        key: key(row),
    })
}

/// What came of a word: done, told by the facts up to this one; or what whoever said it is answered.
type Obeyed = Result<Result<u64, (Came, Value)>, Unavailable>;

fn came(told: Told) -> Obeyed {
    Ok(Err(match told {
        Told::Done(fact) => return Ok(Ok(fact)),
        Told::Promised(_) => return Err(stops()),
        Told::Denied { rule, place, text } => {
            let error = json!({
                "code": "outbound_denied", "rule": rule, "place": place, "text": text
            });
            (Came::Wrong, json!({ "error": error }))
        }
        Told::Refused(why) => match &*why {
            "disk" => busy(&why),
            "not_allowed" => {
                let text = "another group owes it, or it is a missed call, which only an admin crosses off";
                refused(Came::Forbidden, &why, text)
            }
            _ => {
                let text = "somebody calls for it now, or the customer does; `gudok requests` tells how it stands";
                refused(Came::Conflict, &why, text)
            }
        },
    }))
}

#[cfg(test)]
mod tests {
    use gudok_model::{CallEvent, RequestDetail, RequestKind};
    use gudok_store::{Fact, Projector, Store};
    use tokio::sync::{mpsc, watch};
    use tokio::task::JoinHandle;

    use super::*;

    const CUSTOMER: &str = "+79990000001";

    /// A call of theirs that nobody answered.
    async fn missed(store: &Store) -> RequestRow {
        let detail = RequestDetail {
            project: Some("main".into()),
            ..RequestDetail::default()
        };
        let event = CallEvent::Requested {
            kind: RequestKind::Missed,
            number: Some(CUSTOMER.to_owned().try_into().expect("a number")),
            due: Wall(100),
            group: None,
            length_ms: None,
            waited_ms: None,
            detail: Box::new(detail),
        };
        let fact = Fact {
            seq: 1,
            at: Wall(0),
            call: CallId(uuid::Uuid::from_u128(1)),
            event,
        };
        let mut projector = Projector::new(store);
        projector.project(&[fact]).await.expect("written");
        store.request(1).await.expect("read").expect("it is open")
    }

    /// Writes the refusal down and has no such request; gives what it is told to close.
    fn hotline(mut orders: mpsc::Receiver<Order>) -> JoinHandle<Option<Closing>> {
        tokio::spawn(async move {
            while let Some(order) = orders.recv().await {
                match order {
                    Order::Refusal(_, answer) => answer.send(Told::Done(1)).expect("they wait"),
                    Order::CloseRequest(wish, answer) => {
                        answer.send(Told::Done(1)).expect("they wait");
                        return Some(wish.0);
                    }
                    _ => return None,
                }
            }
            None
        })
    }

    #[tokio::test]
    async fn what_the_switchboard_never_had_is_closed_when_its_customer_wants_no_calls() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("gudok.db")).await;
        let store = store.expect("opens");
        let row = missed(&store).await;
        let (orders, told) = mpsc::channel(4);
        let (_known, applied) = watch::channel(1);
        let (_kept, durable) = watch::channel(1);
        let asking = Asking {
            store,
            orders,
            applied,
            durable,
        };
        let reader = Reader {
            operator: "anna".into(),
            project: "main".into(),
            role: Role::Operator,
        };
        let closes = hotline(told);
        let came = asking.wants_none(&reader, &row, "не звоните").await;
        assert_eq!(came.expect("it answers"), Ok(1));
        drop(asking);
        let closed = closes.await.expect("it ends").expect("one is closed");
        assert_eq!((closed.request, closed.end), (1, RequestEnd::Cancelled));
        assert_eq!(closed.note.as_deref(), Some("не звоните"));
    }
}
