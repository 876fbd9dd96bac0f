//! The floor as it is now, in the words of `gudok simulate --state`.
use std::collections::BTreeMap;

use gudok_dialplan::state::WAITING_MAX;
use gudok_model::{Name, Now, Wall};
use gudok_switchboard::live::{LiveCall, LiveOperator};
use serde::Serialize;

use super::Hotline;

/// Whatever has been so for longer has been so for this long. Seconds; the longest a state may say.
const SINCE_MAX: u64 = 7_200;

#[derive(Serialize)]
struct Floor {
    operator: BTreeMap<String, Told>,
    waiting: Vec<Waits>,
}

#[derive(Serialize)]
struct Told {
    state: &'static str,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<String>,
    phone: bool,
}

#[derive(Serialize)]
struct Waits {
    queue: String,
    since: String,
    priority: u8,
}

impl Hotline {
    /// Operators of the plan who are at their desks, and callers who wait.
    pub(super) fn floor(&self, now: Now) -> String {
        let groups = self.plan.groups().iter();
        let members: Vec<_> = groups.flat_map(|group| &group.operators).collect();
        let operators = self.switchboard.operators().into_iter();
        let operators = operators.filter(|it| members.contains(&&it.operator));
        let operators =
            operators.filter_map(|it| Some((it.operator.to_string(), self.told(now, &it)?)));
        let calls = self.switchboard.live(now.mono);
        // A promise that stands in a queue is no caller who waits.
        let callers = calls
            .iter()
            .filter(|it| !self.switchboard.is_promise(it.call));
        let floor = Floor {
            operator: operators.collect(),
            waiting: callers.filter_map(waits).take(WAITING_MAX).collect(),
        };
        toml::to_string(&floor).unwrap_or_default()
    }

    /// None: not at the desk.
    fn told(&self, now: Now, operator: &LiveOperator) -> Option<Told> {
        let shown = &operator.state;
        let state = match &*shown.display {
            "ready" | "device_down" => "ready",
            "not_ready" => "not_ready",
            "wrap_up" => "wrap_up",
            "logged_out" => return None,
            // Whoever is being rung is about to talk.
            _ => "talking",
        };
        let listed = self.plan.not_ready_reasons();
        let reason = shown.reason.clone().filter(|reason| {
            state == "not_ready" && listed.iter().any(|known| known.code == *reason)
        });
        let left = shown.deadline.filter(|_| state == "wrap_up");
        Some(Told {
            state,
            since: seconds(now.wall, shown.since),
            reason,
            left: left
                .map(|until| format!("{}s", until.since(now.wall).as_secs().clamp(1, SINCE_MAX))),
            phone: &*shown.display != "device_down",
        })
    }
}

fn waits(call: &LiveCall) -> Option<Waits> {
    Some(Waits {
        queue: call.queue.as_ref()?.to_string(),
        since: format!("{}s", (call.waited_ms / 1_000).min(SINCE_MAX)),
        priority: call.priority.unwrap_or_default(),
    })
}

fn seconds(now: Wall, since: Wall) -> String {
    format!("{}s", now.since(since).as_secs().min(SINCE_MAX))
}
