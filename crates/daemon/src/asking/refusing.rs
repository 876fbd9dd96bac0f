//! Customers who want no calls, by a page or at the command line: read, handed to the hotline, answered when the disk has it.
use gudok_model::number::parse;
use gudok_model::{Actor, Name, NumberRules, PhoneNumber, ProjectId, RefusalWord, Role};
use gudok_web::{Came, Reader, RefusalWish};
use serde_json::json;
use tokio::sync::oneshot;

use super::{Answered, Asking, busy, refused, stops};
use crate::hotline::Order;
use crate::hotline::promised::Told;

impl Asking {
    /// Writes it down, or lifts it.
    pub(super) async fn refusal(
        &self,
        reader: &Reader,
        wish: &RefusalWish,
        lift: bool,
    ) -> Answered {
        let number = parse(&wish.number, &NumberRules::default()).e164;
        let Some(number) = number else {
            let text = "number: write it with its code, such as +79991234567";
            return Ok(refused(Came::Wrong, "number", text));
        };
        let by = actor(reader);
        let why = wish.why.trim().to_owned();
        let word = match lift {
            true => RefusalWord::Lift { by, why },
            false => RefusalWord::Refuse { by, why },
        };
        let project = match self.whose(reader, wish).await? {
            Ok(project) => project,
            Err(refused) => return Ok(refused),
        };
        let purpose = wish.purpose.as_deref().map(Name::from);
        let before = self.standing(&project, &number).await?;
        let of = (project.clone(), number.clone(), purpose.clone());
        match self.refuse_of(of, word).await? {
            Told::Done(fact) => {
                self.on_disk(fact).await?;
                if !self.is_written(fact).await {
                    return Ok((Came::Known, json!({ "done": true })));
                }
                let after = self.standing(&project, &number).await?;
                Ok((Came::Known, after.since(&before, purpose.as_ref())))
            }
            Told::Refused(why) => Ok(before.beside(denied(&why))),
            Told::Promised(_) | Told::Denied { .. } => Err(stops()),
        }
    }

    /// Tells the hotline.
    pub(super) async fn refuse_of(
        &self,
        (project, number, purpose): (ProjectId, PhoneNumber, Option<Name>),
        word: RefusalWord,
    ) -> Result<Told, gudok_web::Unavailable> {
        let (answer, told) = oneshot::channel();
        let wish = Box::new((project, number, purpose, word));
        self.order(Order::Refusal(wish, answer)).await?;
        told.await.map_err(|_| stops())
    }
}

/// In whose name it is written down.
pub(super) fn actor(reader: &Reader) -> Actor {
    match reader.role {
        Role::Operator => Actor::Operator(reader.operator.clone()),
        Role::Supervisor => Actor::Supervisor(reader.operator.clone()),
        Role::Admin => Actor::Admin(Name::from(reader.operator.as_str())),
    }
}

fn denied(why: &Name) -> (Came, serde_json::Value) {
    let (came, text) = match &**why {
        "disk" => return busy(why),
        "dnc_full" => (
            Came::Busy,
            "as many want no calls as may be kept: gudok dnc list",
        ),
        "unknown_refusal" => (
            Came::Absent,
            "nobody has said that this number wants no such calls",
        ),
        "unknown_purpose" => (
            Came::Wrong,
            "purpose: service, debt, advertising, survey, or none",
        ),
        "reason_missing" => (Came::Wrong, "why: write what they said"),
        _ => (Came::Wrong, "why: at most 400 characters"),
    };
    refused(came, why, text)
}
