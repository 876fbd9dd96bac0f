//! A supervisor's words as they come over the wire: from a desk, over HTTP and from the command line, read in one place.
use gudok_model::{Forced, GroupId, Name, OperatorId, ProjectId, QueueId};
use gudok_switchboard::{ANNOUNCED_MAX, Directive, REGROUPED_MAX};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::args::{Args, Misfit, fits, short};

/// Highest priority.
const PRIORITY_MAX: u8 = 9;

/// Longest that `quiet` may ask for. Seconds.
const QUIET_S_MAX: u32 = 86_400;

/// Reads `{"cmd": …, "args": …}`: `force`, `reserve`, `regroup`, `reprioritise`, `assign`, `announce`, `quiet`; or tells which argument
/// does not fit, or that it is none of them.
pub fn directive(cmd: &str, args: Value) -> Result<Directive, Misfit> {
    Args::read(Some(args))?.directive(cmd)
}

impl Args {
    pub(crate) fn directive(&mut self, cmd: &str) -> Result<Directive, Misfit> {
        Ok(match cmd {
            "force" => Directive::Force {
                operator: OperatorId::new(self.name("operator")?),
                to: self.forced()?,
            },
            "reserve" => Directive::Reserve {
                group: GroupId::new(self.name("group")?),
                on: self.need("on")?,
            },
            "regroup" => Directive::Regroup {
                operator: OperatorId::new(self.name("operator")?),
                groups: self.groups()?,
            },
            "reprioritise" => Directive::Reprioritise {
                call_id: self.need("call_id")?,
                priority: self.at_most("priority", PRIORITY_MAX)?,
            },
            "assign" => Directive::Assign {
                call_id: self.need("call_id")?,
                to: OperatorId::new(self.name("to")?),
            },
            "announce" => Directive::Announce {
                queue: QueueId::new(self.name("queue")?),
                prompts: self.prompts()?,
            },
            "quiet" => Directive::Quiet {
                alarm: self.name("alarm")?,
                subject: self.subject()?,
                project: self.maybe_name("project")?.map(ProjectId::new),
                for_s: self.at_most("for_s", QUIET_S_MAX)?,
            },
            _ => return Err(Misfit::Command),
        })
    }

    fn at_most<T: DeserializeOwned + PartialOrd>(
        &mut self,
        name: &'static str,
        max: T,
    ) -> Result<T, Misfit> {
        let told: T = self.need(name)?;
        fits(name, (told <= max).then_some(told))
    }

    /// What an alarm is about; nothing: the whole hotline.
    fn subject(&mut self) -> Result<Name, Misfit> {
        let told: Option<Name> = self.maybe("subject")?;
        let told = told.filter(|name| !name.is_empty());
        told.map_or_else(|| Ok(Name::default()), |name| fits("subject", short(name)))
    }

    /// What an operator is to be, in the words of [`Forced`].
    fn forced(&mut self) -> Result<Forced, Misfit> {
        let to: Name = self.need("to")?;
        Ok(match &*to {
            "ready" => Forced::Ready,
            "not_ready" => Forced::NotReady {
                reason: self.name("reason")?,
            },
            "logged_out" => Forced::LoggedOut,
            "wrap_up_over" => Forced::WrapUpOver,
            _ => return Err(Misfit::Arg("to")),
        })
    }

    pub(crate) fn groups(&mut self) -> Result<Vec<GroupId>, Misfit> {
        let names = self.names("groups", REGROUPED_MAX)?;
        Ok(names.into_iter().map(GroupId::new).collect())
    }

    fn prompts(&mut self) -> Result<Vec<Name>, Misfit> {
        let names = self.names("prompts", ANNOUNCED_MAX)?;
        fits("prompts", (!names.is_empty()).then_some(names))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CALL: &str = "0198c0de-0000-7000-8000-000000000001";

    fn read(cmd: &str, args: Value) -> String {
        directive(cmd, args).map_or_else(|it| it.to_string(), |it| format!("{it:?}"))
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
        reason is missing or does not fit
        Reserve { group: second, on: true }
        on is missing or does not fit
        Regroup { operator: 101, groups: [first, second] }
        groups is missing or does not fit
        Reprioritise { call_id: 0198c0de-0000-7000-8000-000000000001, priority: 9 }
        priority is missing or does not fit
        Assign { call_id: 0198c0de-0000-7000-8000-000000000001, to: 101 }
        call_id is missing or does not fit
        Announce { queue: tech, prompts: ["outage"] }
        prompts is missing or does not fit
        prompts is missing or does not fit
        queue is missing or does not fit
        Quiet { alarm: "service_level", subject: "tech", project: None, for_s: 7200 }
        Quiet { alarm: "oldest_waiting", subject: "tech", project: Some(isp), for_s: 0 }
        Quiet { alarm: "disk", subject: "", project: None, for_s: 86400 }
        for_s is missing or does not fit
        for_s is missing or does not fit
        the command is unknown
        "#);
    }
}
