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
            WordAbout::Refuse { note } => {
                let word = RefusalWord::Refuse {
                    by: super::refusing::actor(reader),
                    why: note.clone(),
                };
                match key(row) {
                    Some(it) => came(self.refuse_of((it.project, it.number, None), word).await?),
                    None => {
                        let text = "number: nobody knows it, or it is a message: POST /api/v1/dnc";
                        Ok(Err(refused(Came::Wrong, "number", text)))
                    }
                }
            }
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
        let no = |_| Unavailable("a request with a number that is none".into());
        let closing = Closing {
            call: CallId(row.call_id.parse().map_err(no)?),
            request: u64::try_from(row.request_id).unwrap_or(0),
            end,
            by: by.to_string(),
            note: (!note.is_empty()).then(|| note.to_owned()),
            key: key(row),
        };
        let whose = (!is_admin).then(|| Whose {
            operator: by.clone(),
            project: ProjectId::new(row.project.as_str()),
            group: row.owner.as_deref().map(GroupId::new),
        });
        let (answer, told) = oneshot::channel();
        let order = Order::CloseRequest(Box::new((closing, whose)), answer);
        self.order(order).await?;
        came(told.await.map_err(|_| stops())?)
    }

    /// Once the journal is on disk and the database is as far as this fact.
    async fn as_it_stands(&self, sight: &Sight<'_>, request: i64, fact: u64) -> Answered {
        self.on_disk(fact).await?;
        let mut applied = self.applied.clone();
        let written = timeout(WRITTEN_WITHIN, applied.wait_for(|applied| *applied >= fact));
        written.await.map_err(late)?.map_err(|_| stops())?;
        let row = self.store.request(request).await.map_err(unavailable)?;
        let seen = row.as_ref().and_then(|row| sight.request(row));
        Ok((Came::Known, json!({ "request": seen })))
    }
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
