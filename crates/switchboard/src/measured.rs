//! What alarms are measured on, as far as a picture of everything shows it: how long callers wait, each project's by themselves, and
//! what operators do for longer than they may. Pure: a picture in, readings out.
//!
//! Of whom nobody waits and what is not too long there is no reading: what is measured no more is well.
use std::collections::BTreeMap;

use gudok_model::{AlarmKind, ProjectId, QueueId, Wall};

use crate::alarms::Reading;
use crate::wall::{OperatorNow, Picture, QueueNow};

/// How long the callers of each project wait in each queue, by the one who has waited longest.
pub fn waits(now: Wall, picture: &Picture) -> Vec<Reading> {
    let mut lines: BTreeMap<(&QueueId, &ProjectId), QueueNow> = BTreeMap::new();
    for call in picture.calls.values().filter(|it| it.waits_since.is_some()) {
        let Some(queue) = &call.queue else { continue };
        let line = lines.entry((queue, &call.project));
        line.or_insert_with(|| QueueNow::empty(queue.clone()))
            .add(call);
    }
    let told = lines.into_iter().flat_map(|((queue, project), line)| {
        let levels = [
            (AlarmKind::OldestWaiting, line.oldest),
            (AlarmKind::OldestEmergency, line.oldest_emergency),
        ];
        levels.map(|(what, since)| {
            since.map(|since| Reading {
                what,
                subject: queue.as_str().into(),
                project: Some(project.clone()),
                level: now.since(since).as_secs(),
            })
        })
    });
    told.flatten().collect()
}

/// Who is away, or keeps a caller on hold, for longer than they may, and by how much; each is of the operator's project.
pub fn too_long(now: Wall, picture: &Picture) -> Vec<Reading> {
    let of = |operator: &OperatorNow| {
        let it = operator.too_long?;
        Some(Reading {
            what: it.what,
            subject: operator.operator.as_str().into(),
            project: Some(operator.project.clone()),
            level: now.since(it.since).as_secs(),
        })
    };
    picture.operators.values().filter_map(of).collect()
}
