//! The floors on which everything is tried. Settings are small, so that what they forbid is near.
use std::time::Duration;

use gudok_model::{Absence, GroupSettings, Needs, OperatorId, QueueSettings, Relax, Strategy};

use crate::moves::Extra;

/// A floor: who is there, and the two plans between which a reload changes.
pub(crate) struct Play {
    pub(crate) name: &'static str,
    pub(crate) operators: &'static [&'static str],
    /// Queue and priority of each caller.
    pub(crate) callers: &'static [(&'static str, u8)],
    /// It makes no difference who of the operators is who.
    pub(crate) symmetric: bool,
    /// So many stay on the line when somebody goes to lunch.
    pub(crate) keep_ready: u32,
    /// Callers that each of them talks with within an hour, at most.
    pub(crate) cap: Option<u32>,
    /// When the queue is empty, where it says so itself.
    pub(crate) empty: Option<Edges>,
    /// What may happen here besides.
    pub(crate) extras: &'static [Extra],
    pub(crate) plans: [fn() -> Plan; 2],
}

/// By which absences a queue is empty: to who comes, and to who waits.
pub(crate) type Edges = (&'static [Absence], &'static [Absence]);

/// Groups and queues.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) groups: Vec<GroupSettings>,
    pub(crate) queues: Vec<QueueSettings>,
}

/// The world of the issue. Callers come in their order, since they are alike.
pub(crate) static ONE_QUEUE: Play = Play {
    name: "one queue",
    operators: &["a", "b", "c"],
    callers: &[("p", 5), ("p", 5)],
    symmetric: true,
    keep_ready: 0,
    cap: None,
    empty: None,
    extras: &[],
    plans: [
        || Plan {
            groups: vec![group("g", &["a", "b", "c"], Strategy::LongestIdle, 1)],
            queues: vec![queue("p", "g", 1)],
        },
        || Plan {
            groups: vec![group("g", &["a", "b", "c"], Strategy::RingAll, 2)],
            queues: vec![queue("p", "g", 1)],
        },
    ],
};

pub(crate) static TWO_QUEUES: Play = Play {
    name: "two queues",
    operators: &["a", "b", "c"],
    callers: &[("p", 8), ("q", 9)],
    symmetric: false,
    keep_ready: 0,
    cap: None,
    empty: None,
    extras: &[
        Extra::Aside,
        Extra::Engaged,
        Extra::Drain,
        Extra::Leaving,
        Extra::Stale,
    ],
    plans: [two, one],
};

/// A supervisor has a word, breaks have a quota, operators call people themselves.
pub(crate) static FLOOR: Play = Play {
    name: "a floor",
    operators: &["a", "b", "c"],
    callers: &[("p", 5), ("p", 5)],
    symmetric: true,
    keep_ready: 1,
    cap: None,
    empty: None,
    extras: &[Extra::Force, Extra::Outbound],
    plans: [
        || Plan {
            groups: vec![group("g", &["a", "b", "c"], Strategy::LongestIdle, 1)],
            queues: vec![queue("p", "g", 1)],
        },
        || Plan {
            groups: vec![group("g", &["a", "b", "c"], Strategy::LongestIdle, 2)],
            queues: vec![queue("p", "g", 1)],
        },
    ],
};

/// Phones ring one more each step, and an emergency takes the one that rings for somebody else.
pub(crate) static URGENT: Play = Play {
    name: "an emergency",
    operators: &["a", "b", "c"],
    callers: &[("p", 5), ("p", 9)],
    symmetric: false,
    keep_ready: 0,
    cap: None,
    empty: None,
    extras: &[],
    plans: [
        || Plan {
            groups: vec![stepping("g", &["a", "b", "c"])],
            queues: vec![QueueSettings {
                preempt: true,
                ..queue("p", "g", 1)
            }],
        },
        || Plan {
            groups: vec![group("g", &["a", "b", "c"], Strategy::Linear, 1)],
            queues: vec![QueueSettings {
                preempt: true,
                ..queue("p", "g", 1)
            }],
        },
    ],
};

fn stepping(id: &str, operators: &[&str]) -> GroupSettings {
    GroupSettings {
        step: Duration::from_secs(7),
        ..group(id, operators, Strategy::Progressive, 1)
    }
}

/// A supervisor's hand is in everything: a reserve that a ladder adds, other groups, other priorities, one operator next.
pub(crate) static BY_HAND: Play = Play {
    name: "by hand",
    operators: &["a", "b", "c"],
    callers: &[("p", 5), ("p", 5)],
    symmetric: false,
    keep_ready: 0,
    cap: None,
    empty: None,
    extras: &[Extra::ByHand],
    plans: [|| reserved(false), || reserved(true)],
};

/// A caller who waits for one operator; a queue that is empty as its operators are away, and where somebody may be expected; a
/// restart that gives seats back.
pub(crate) static KEPT: Play = Play {
    name: "kept and expected",
    operators: &["a", "b", "c"],
    callers: &[("p", 5), ("p", 5)],
    symmetric: false,
    keep_ready: 0,
    cap: None,
    empty: Some((
        &[Absence::LoggedOut],
        &[Absence::LoggedOut, Absence::Paused, Absence::Ringing],
    )),
    extras: &[
        Extra::Sticky,
        Extra::Expected,
        Extra::Comeback,
        Extra::Leaving,
    ],
    plans: [
        || Plan {
            groups: vec![group("g", &["a", "b"], Strategy::LongestIdle, 1)],
            queues: vec![queue("p", "g", 1)],
        },
        || Plan {
            groups: vec![group("g", &["b", "c"], Strategy::RingAll, 2)],
            queues: vec![queue("p", "g", 1)],
        },
    ],
};

/// Everybody may talk with one caller an hour, and one stays on the line when somebody goes to lunch.
pub(crate) static BOUND: Play = Play {
    name: "a limit",
    operators: &["a", "b", "c"],
    callers: &[("p", 5), ("p", 5)],
    symmetric: true,
    keep_ready: 1,
    cap: Some(1),
    empty: None,
    extras: &[],
    plans: [
        || Plan {
            groups: vec![group("g", &["a", "b", "c"], Strategy::LongestIdle, 1)],
            queues: vec![queue("p", "g", 1)],
        },
        || Plan {
            groups: vec![group("g", &["a", "b", "c"], Strategy::RingAll, 2)],
            queues: vec![queue("p", "g", 1)],
        },
    ],
};

/// A queue that closes and opens: who waits goes, whoever rings for them may still take them.
pub(crate) static CLOSED: Play = Play {
    name: "a closed queue",
    operators: &["a", "b", "c"],
    callers: &[("p", 5), ("p", 9)],
    symmetric: false,
    keep_ready: 0,
    cap: None,
    empty: None,
    extras: &[Extra::Closing, Extra::Aside],
    plans: [
        || Plan {
            groups: vec![group("g", &["a", "b"], Strategy::LongestIdle, 1)],
            queues: vec![QueueSettings {
                preempt: true,
                ..queue("p", "g", 1)
            }],
        },
        || Plan {
            groups: vec![group("g", &["b", "c"], Strategy::RingAll, 2)],
            queues: vec![queue("p", "g", 1)],
        },
    ],
};

fn reserved(preempt: bool) -> Plan {
    let ladder = Relax {
        after: Duration::from_secs(25),
        group: Some("h".into()),
        needs: Needs::new(),
    };
    Plan {
        groups: vec![
            group("g", &["a", "b"], Strategy::LongestIdle, 1),
            group("h", &["c"], Strategy::Linear, 2),
        ],
        queues: vec![QueueSettings {
            relax: vec![ladder],
            aging: Some(Duration::from_secs(10)),
            preempt,
            ..queue("p", "g", 1)
        }],
    }
}

/// For lives at random alone.
pub(crate) static CROWD: Play = Play {
    name: "a crowd",
    operators: &["a", "b", "c", "d", "e"],
    callers: &[
        ("p", 8),
        ("p", 9),
        ("q", 5),
        ("p", 5),
        ("q", 8),
        ("q", 0),
        ("p", 7),
    ],
    symmetric: false,
    keep_ready: 1,
    cap: None,
    empty: Some((
        &[Absence::LoggedOut],
        &[Absence::LoggedOut, Absence::Unavailable],
    )),
    extras: &Extra::ALL,
    plans: [two, one],
};

pub(crate) static ALL: [&Play; 9] = [
    &CROWD,
    &TWO_QUEUES,
    &ONE_QUEUE,
    &FLOOR,
    &URGENT,
    &BY_HAND,
    &KEPT,
    &BOUND,
    &CLOSED,
];

fn two() -> Plan {
    let ladder = Relax {
        after: Duration::from_secs(15),
        group: Some("h".into()),
        needs: Needs::new(),
    };
    let light = queue("p", "g", 1);
    let heavy = queue("q", "h", 9);
    Plan {
        groups: vec![
            group("g", &["a", "b", "d"], Strategy::RoundRobin, 1),
            group("h", &["c", "b", "e"], Strategy::Linear, 2),
        ],
        queues: vec![
            QueueSettings {
                relax: vec![ladder],
                aging: Some(Duration::from_secs(10)),
                ..light
            },
            QueueSettings {
                callers_max: 2,
                ..heavy
            },
        ],
    }
}

/// The queue `q` is not in it any more.
fn one() -> Plan {
    Plan {
        groups: vec![group("g", &["c", "a", "b", "e"], Strategy::RingAll, 0)],
        queues: vec![QueueSettings {
            aging: Some(Duration::from_secs(10)),
            callers_max: 1,
            ..queue("p", "g", 1)
        }],
    }
}

fn group(id: &str, operators: &[&str], strategy: Strategy, misses_max: u32) -> GroupSettings {
    GroupSettings {
        strategy,
        ring: Duration::from_secs(20),
        wrap_up: Duration::from_secs(30),
        reject_delay: Duration::from_secs(5),
        misses_max,
        refuse_memory: Duration::from_secs(60),
        ..GroupSettings::usual(
            id.into(),
            operators.iter().map(|id| OperatorId::from(*id)).collect(),
        )
    }
}

fn queue(id: &str, group: &str, weight: u8) -> QueueSettings {
    QueueSettings {
        weight,
        callers_max: 10,
        ..QueueSettings::usual(id.into(), group.into())
    }
}
