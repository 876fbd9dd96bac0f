//! Customers of whom something is said: whose they are, what of their words holds, and how much was owed to them.
use std::collections::BTreeSet;

use gudok_dialplan::load::load;
use gudok_model::number::parse;
use gudok_model::{Name, NumberRules, PhoneNumber, ProjectId, RequestKind, Role};
use gudok_store::{DNC_SHOWN, DncAsked};
use gudok_web::{Came, Reader, RefusalQuery, RefusalWish, Unavailable};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Asking, refused, unavailable};
use crate::control::WRITTEN_WITHIN;
use crate::sight::Sight;
use crate::versions;

/// How it stands with a customer.
pub(super) struct Standing {
    /// What they want no calls for; none: nothing at all.
    holds: Vec<Option<String>>,
    /// Requests of theirs that are open.
    open: usize,
}

impl Standing {
    /// In what it differs from how it stood before, for whoever said it.
    pub(super) fn since(&self, before: &Self, purpose: Option<&Name>) -> Value {
        let purpose = purpose.map(ToString::to_string);
        json!({
            "done": true,
            "again": before.holds.contains(&purpose),
            "closed": before.open.saturating_sub(self.open),
            "holds": self.holds,
        })
    }

    /// What holds though this does not.
    pub(super) fn beside(&self, (came, mut told): (Came, Value)) -> (Came, Value) {
        if came == Came::Absent {
            told["error"]["holds"] = json!(self.holds);
        }
        (came, told)
    }
}

impl Asking {
    /// Whose customer is meant. A name that nobody has would keep nobody from calling.
    pub(super) async fn whose(
        &self,
        reader: &Reader,
        wish: &RefusalWish,
    ) -> Result<Result<ProjectId, (Came, Value)>, Unavailable> {
        let wanted = wish.project.as_deref();
        let wanted = wanted.filter(|_| reader.role == Role::Admin);
        // Whoever sits at the machine is of no project.
        if wanted.is_none() && !reader.project.as_str().is_empty() {
            return Ok(Ok(reader.project.clone()));
        }
        let of_plan = self.projects_of_plan().await?;
        let Some(wanted) = wanted else {
            return Ok(only(&of_plan));
        };
        let project = ProjectId::new(wanted);
        let operators = self.store.operators().await.map_err(unavailable)?;
        let is_known =
            of_plan.contains(&project) || operators.iter().any(|it| it.project == project);
        Ok(is_known.then_some(project).ok_or_else(|| {
            let text = "project: no number of the plan and no operator is of it";
            refused(Came::Wrong, "unknown_project", text)
        }))
    }

    async fn projects_of_plan(&self) -> Result<BTreeSet<ProjectId>, Unavailable> {
        let last = self.store.last_version().await.map_err(unavailable)?;
        let projects = tokio::task::spawn_blocking(move || {
            let edition = versions::edition(last.as_ref()?)?;
            let plan = load(&edition.files()).ok()?.plan;
            Some(plan.numbers().iter().map(|it| it.project.clone()).collect())
        });
        let projects = projects.await;
        let projects = projects.map_err(|error| Unavailable(error.to_string()))?;
        Ok(projects.unwrap_or_default())
    }

    /// How it stands by the database.
    pub(super) async fn standing(
        &self,
        project: &ProjectId,
        number: &PhoneNumber,
    ) -> Result<Standing, Unavailable> {
        let asked = DncAsked {
            project: Some(project),
            number: Some(number),
            all: false,
            most: DNC_SHOWN,
        };
        let rows = self.store.dnc_of_late(&asked).await.map_err(unavailable)?;
        let purposes = rows.rows.into_iter().map(|row| row.purpose);
        let mut open = 0;
        for kind in [RequestKind::Callback, RequestKind::Missed] {
            let row = self.store.request_of(project, number, kind).await;
            open += usize::from(row.map_err(unavailable)?.is_some());
        }
        Ok(Standing {
            holds: purposes
                .map(|it| Some(it).filter(|it| !it.is_empty()))
                .collect(),
            open,
        })
    }

    /// Until the database is as far as this fact; false: it is late.
    pub(super) async fn is_written(&self, fact: u64) -> bool {
        let mut applied = self.applied.clone();
        let written = timeout(WRITTEN_WITHIN, applied.wait_for(|applied| *applied >= fact));
        matches!(written.await, Ok(Ok(_)))
    }

    /// Who wants no calls, as far as they may see it.
    pub(super) async fn listed(
        &self,
        reader: &Reader,
        query: &RefusalQuery,
    ) -> Result<Value, Unavailable> {
        let number = query.number.as_deref();
        let number = number.map(|raw| parse(raw, &NumberRules::default()).e164);
        if number == Some(None) {
            return Ok(json!({ "dnc": [], "total": 0 }));
        }
        let number = number.flatten();
        let sight = Sight::of(reader, &self.orders).await?;
        let asked = DncAsked {
            project: sight.project(),
            number: number.as_ref(),
            all: false,
            most: DNC_SHOWN,
        };
        let shown = self.store.dnc_of_late(&asked).await.map_err(unavailable)?;
        let rows = shown.rows.iter().map(|row| sight.figures(json!(row)));
        Ok(json!({ "dnc": rows.collect::<Vec<_>>(), "total": shown.total }))
    }
}

/// The plan's only project; of several one is to be named.
fn only(of_plan: &BTreeSet<ProjectId>) -> Result<ProjectId, (Came, Value)> {
    let mut all = of_plan.iter();
    match (all.next(), all.next()) {
        (Some(project), None) => Ok(project.clone()),
        _ => {
            let text = "project: the plan has several, or none; name one";
            Err(refused(Came::Wrong, "project", text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_project_of_a_plan_is_meant_and_of_several_none() {
        let of = |names: &[&str]| only(&names.iter().map(|it| (*it).into()).collect()).ok();
        assert_eq!(of(&["isp1"]), Some("isp1".into()));
        assert_eq!(of(&["isp1", "isp2"]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn whoever_says_it_is_told_whether_it_is_new_what_it_closed_and_what_holds() {
        let of = |holds: &[Option<&str>], open| Standing {
            holds: holds.iter().map(|it| it.map(str::to_owned)).collect(),
            open,
        };
        let advertising = Name::from("advertising");
        let (none, both) = (of(&[], 2), of(&[None, Some("advertising")], 0));
        let told = both.since(&none, None);
        assert_eq!(told["again"], false);
        assert_eq!(told["closed"], 2);
        assert_eq!(told["holds"], json!([null, "advertising"]));
        let told = of(&[None], 0).since(&both, Some(&advertising));
        assert_eq!(
            (&told["again"], &told["holds"]),
            (&json!(true), &json!([null]))
        );
        let nothing = refused(Came::Absent, "unknown_refusal", "");
        let (_, told) = of(&[Some("advertising")], 0).beside(nothing);
        assert_eq!(told["error"]["holds"], json!(["advertising"]));
    }
}
