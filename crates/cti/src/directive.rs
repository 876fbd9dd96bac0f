//! A supervisor's words as they come over the wire: from a desk, over HTTP and from the command line, read in one place.
use gudok_model::{Forced, GroupId, Name, OperatorId, ProjectId, QueueId};
use gudok_switchboard::{ANNOUNCED_MAX, Directive, REGROUPED_MAX};
use serde_json::Value;

use crate::protocol::{Args, short};

/// Highest priority.
const PRIORITY_MAX: u8 = 9;

/// Longest that `quiet` may ask for. Seconds.
const QUIET_S_MAX: u32 = 86_400;

/// Reads `{"cmd": …, "args": …}`: `force`, `reserve`, `regroup`, `reprioritise`, `assign`, `announce`, `quiet`. None: it is none of
/// them, or its arguments do not fit.
pub fn directive(cmd: &str, args: Value) -> Option<Directive> {
    let args: Args = serde_json::from_value(args).ok()?;
    args.directive(cmd)
}

impl Args {
    pub(crate) fn directive(self, cmd: &str) -> Option<Directive> {
        Some(match cmd {
            "force" => Directive::Force {
                operator: OperatorId::new(short(self.operator?)?),
                to: forced(self.to.as_deref()?, self.reason)?,
            },
            "reserve" => Directive::Reserve {
                group: GroupId::new(short(self.group?)?),
                on: self.on?,
            },
            "regroup" => Directive::Regroup {
                operator: OperatorId::new(short(self.operator?)?),
                groups: groups(self.groups?)?,
            },
            "reprioritise" => Directive::Reprioritise {
                call_id: self.call_id?,
                priority: self.priority.filter(|it| *it <= PRIORITY_MAX)?,
            },
            "assign" => Directive::Assign {
                call_id: self.call_id?,
                to: OperatorId::new(short(self.to?.into())?),
            },
            "announce" => Directive::Announce {
                queue: QueueId::new(short(self.queue?)?),
                prompts: prompts(self.prompts?)?,
            },
            "quiet" => Directive::Quiet {
                alarm: short(self.alarm?)?,
                subject: subject(self.subject)?,
                project: match self.project {
                    None => None,
                    Some(project) => Some(ProjectId::new(short(project)?)),
                },
                for_s: self.for_s.filter(|length| *length <= QUIET_S_MAX)?,
            },
            _ => return None,
        })
    }
}

/// What an alarm is about; nothing: the whole hotline.
fn subject(name: Option<Name>) -> Option<Name> {
    name.filter(|name| !name.is_empty())
        .map_or_else(|| Some(Name::default()), short)
}

/// What an operator is to be, in the words of [`Forced`].
fn forced(to: &str, reason: Option<Name>) -> Option<Forced> {
    Some(match to {
        "ready" => Forced::Ready,
        "not_ready" => Forced::NotReady {
            reason: short(reason?)?,
        },
        "logged_out" => Forced::LoggedOut,
        "wrap_up_over" => Forced::WrapUpOver,
        _ => return None,
    })
}

pub(crate) fn groups(names: Vec<Name>) -> Option<Vec<GroupId>> {
    let names = Some(names).filter(|names| names.len() <= REGROUPED_MAX)?;
    let groups = names.into_iter().map(|name| short(name).map(GroupId::new));
    groups.collect()
}

fn prompts(names: Vec<Name>) -> Option<Vec<Name>> {
    let names = Some(names).filter(|names| (1..=ANNOUNCED_MAX).contains(&names.len()))?;
    names.into_iter().map(short).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CALL: &str = "0198c0de-0000-7000-8000-000000000001";

    fn read(cmd: &str, args: Value) -> String {
        directive(cmd, args).map_or_else(|| "no".to_owned(), |it| format!("{it:?}"))
    }

    #[test]
    fn words_are_understood_within_their_bounds() {
        let many = |count: usize| vec!["x"; count];
        let told = [
            read("force", json!({"operator": "101", "to": "ready"})),
            read("force", json!({"operator": "101", "to": "not_ready"})),
            read("reserve", json!({"group": "second", "on": true})),
            read("reserve", json!({"group": "second"})),
            read(
                "regroup",
                json!({"operator": "101", "groups": ["first", "second"]}),
            ),
            read("regroup", json!({"operator": "101", "groups": many(65)})),
            read("reprioritise", json!({"call_id": CALL, "priority": 9})),
            read("reprioritise", json!({"call_id": CALL, "priority": 10})),
            read("assign", json!({"call_id": CALL, "to": "101"})),
            read("assign", json!({"call_id": "first", "to": "101"})),
            read("announce", json!({"queue": "tech", "prompts": ["outage"]})),
            read("announce", json!({"queue": "tech", "prompts": []})),
            read("announce", json!({"queue": "tech", "prompts": many(9)})),
            read(
                "announce",
                json!({"queue": "x".repeat(65), "prompts": ["outage"]}),
            ),
            read(
                "quiet",
                json!({"alarm": "service_level", "subject": "tech", "for_s": 7_200}),
            ),
            read(
                "quiet",
                json!({"alarm": "oldest_waiting", "subject": "tech", "project": "isp", "for_s": 0}),
            ),
            read("quiet", json!({"alarm": "disk", "for_s": 86_400})),
            read("quiet", json!({"alarm": "disk", "for_s": 86_401})),
            read("quiet", json!({"alarm": "disk"})),
            read("ready", json!({})),
        ];
        insta::assert_snapshot!(told.join("\n"), @r#"
        Force { operator: 101, to: Ready }
        no
        Reserve { group: second, on: true }
        no
        Regroup { operator: 101, groups: [first, second] }
        no
        Reprioritise { call_id: 0198c0de-0000-7000-8000-000000000001, priority: 9 }
        no
        Assign { call_id: 0198c0de-0000-7000-8000-000000000001, to: 101 }
        no
        Announce { queue: tech, prompts: ["outage"] }
        no
        no
        no
        Quiet { alarm: "service_level", subject: "tech", project: None, for_s: 7200 }
        Quiet { alarm: "oldest_waiting", subject: "tech", project: Some(isp), for_s: 0 }
        Quiet { alarm: "disk", subject: "", project: None, for_s: 86400 }
        no
        no
        no
        "#);
    }
}
