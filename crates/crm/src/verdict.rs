//! Which answer goes onto the card, and when: a pure machine over two sources and a deadline.
use gudok_model::{ClientMatch, LookupError};

/// Weighs the local directory against the CRM for one call.
///
/// The CRM is asked because it knows more: if it finds anybody before the deadline, its answer goes out at
/// once and the local one is not shown. If it does not (nobody, an error, the deadline), the local answer
/// goes out. What the CRM finds after that goes out as an update, once; what it does not find changes
/// nothing, except that "nobody" replaces an error.
#[derive(Debug)]
pub(crate) struct Verdict {
    local: Source,
    crm: Source,
    said: Option<ClientMatch>,
}

#[derive(Debug)]
enum Source {
    /// Not configured.
    Absent,
    /// Asked.
    Waiting,
    Answered(ClientMatch),
}

impl Verdict {
    pub(crate) fn new(has_local: bool, has_crm: bool) -> Self {
        let source = |has| if has { Source::Waiting } else { Source::Absent };
        Self {
            local: source(has_local),
            crm: source(has_crm),
            said: None,
        }
    }

    /// Whether nothing more can come.
    pub(crate) fn is_over(&self) -> bool {
        let waits = |source: &Source| matches!(source, Source::Waiting);
        self.said.is_some() && !waits(&self.local) && !waits(&self.crm)
    }

    /// With no source at all the answer is there before anything is asked.
    pub(crate) fn start(&mut self) -> Option<ClientMatch> {
        match (&self.local, &self.crm) {
            (Source::Absent, Source::Absent) => self.say(ClientMatch::None { took_ms: 0 }),
            _ => None,
        }
    }

    /// The local directory answered.
    pub(crate) fn local(&mut self, answer: ClientMatch) -> Option<ClientMatch> {
        self.local = Source::Answered(answer);
        self.decide()
    }

    /// The CRM answered.
    pub(crate) fn crm(&mut self, answer: ClientMatch) -> Option<ClientMatch> {
        self.crm = Source::Answered(answer);
        self.decide()
    }

    /// The deadline has passed: something is to be said now.
    pub(crate) fn deadline(&mut self) -> Option<ClientMatch> {
        if self.said.is_some() {
            return None;
        }
        let best = self.best().unwrap_or(ClientMatch::Error {
            error: LookupError::Timeout,
        });
        // "Nobody" of one source while the other is still being asked would be a lie.
        let is_open = matches!(self.crm, Source::Waiting) && !has_client(&best);
        self.say(if is_open {
            ClientMatch::Error {
                error: LookupError::Timeout,
            }
        } else {
            best
        })
    }

    fn decide(&mut self) -> Option<ClientMatch> {
        let best = self.best()?;
        match &self.said {
            None => {
                let crm_won = matches!(&self.crm, Source::Answered(crm) if has_client(crm));
                let all_in =
                    !matches!(self.local, Source::Waiting) && !matches!(self.crm, Source::Waiting);
                (crm_won || all_in).then(|| self.say(best)).flatten()
            }
            Some(said) => {
                let is_news = match (said, &best) {
                    (ClientMatch::Error { .. }, ClientMatch::None { .. }) => self.all_in(),
                    (_, best) => has_client(best) && !is_same(said, best),
                };
                is_news.then(|| self.say(best)).flatten()
            }
        }
    }

    fn all_in(&self) -> bool {
        !matches!(self.local, Source::Waiting) && !matches!(self.crm, Source::Waiting)
    }

    fn say(&mut self, answer: ClientMatch) -> Option<ClientMatch> {
        self.said = Some(answer.clone());
        Some(answer)
    }

    /// The best of what is known: who found somebody (the CRM first), else who says nobody, else an error.
    fn best(&self) -> Option<ClientMatch> {
        let answers = [&self.crm, &self.local]
            .into_iter()
            .filter_map(|source| match source {
                Source::Answered(answer) => Some(answer),
                Source::Absent | Source::Waiting => None,
            });
        answers.min_by_key(|answer| rank(answer)).cloned()
    }
}

fn rank(answer: &ClientMatch) -> u8 {
    match answer {
        ClientMatch::One { .. } | ClientMatch::Many { .. } => 0,
        ClientMatch::None { .. } | ClientMatch::NoNumber => 1,
        ClientMatch::Error { .. } | ClientMatch::Pending => 2,
    }
}

fn has_client(answer: &ClientMatch) -> bool {
    rank(answer) == 0
}

/// The same people, however long it took.
fn is_same(a: &ClientMatch, b: &ClientMatch) -> bool {
    match (a, b) {
        (ClientMatch::One { client: a, .. }, ClientMatch::One { client: b, .. }) => a == b,
        (ClientMatch::Many { candidates: a, .. }, ClientMatch::Many { candidates: b, .. }) => {
            a == b
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gudok_model::{Client, ClientClass};

    use super::*;

    fn answer(source: &str, what: &str) -> ClientMatch {
        match what {
            "one" => ClientMatch::One {
                client: Client {
                    id: "1".into(),
                    name: "x".into(),
                    class: ClientClass::Regular,
                    fields: BTreeMap::new(),
                    source: source.into(),
                },
                took_ms: 1,
            },
            "none" => ClientMatch::None { took_ms: 1 },
            "error" => ClientMatch::Error {
                error: LookupError::Status,
            },
            other => panic!("{other}"),
        }
    }

    /// A script of `local:one crm:none deadline …`; the picture is what went onto the card after each.
    fn run(script: &str) -> String {
        let mut verdict = Verdict::new(script.contains("local"), script.contains("crm"));
        let mut picture = Vec::new();
        for step in script.split(' ') {
            let said = match step.split_once(':') {
                None => verdict.deadline(),
                Some(("local", what)) => verdict.local(answer("local", what)),
                Some((_, what)) => verdict.crm(answer("crm", what)),
            };
            let said = said.map_or("–".into(), |said| match said {
                ClientMatch::One { client, .. } => client.source,
                ClientMatch::None { .. } => "none".into(),
                ClientMatch::Error { error } => format!("{error:?}"),
                other => format!("{other:?}"),
            });
            picture.push(format!("{step} → {said}"));
        }
        let over = if verdict.is_over() { "over" } else { "waits" };
        format!("{}, {over}", picture.join(", "))
    }

    #[test]
    fn who_wins() {
        let story = [
            "crm:one local:one deadline",
            "local:one crm:one deadline",
            "local:one crm:none deadline",
            "local:one crm:error deadline",
            "local:none crm:error deadline",
            "local:one deadline crm:one",
            "local:one deadline crm:none",
            "local:none deadline crm:one",
            "local:none deadline crm:none",
            "local:none deadline crm:error",
            "deadline local:one crm:none",
            "deadline crm:none local:one",
            "local:one deadline",
            "local:none",
            "crm:error",
            "deadline crm:one",
        ];
        insta::assert_snapshot!(story.map(run).join("\n"), @r#"
    crm:one → crm, local:one → –, deadline → –, over
    local:one → –, crm:one → crm, deadline → –, over
    local:one → –, crm:none → local, deadline → –, over
    local:one → –, crm:error → local, deadline → –, over
    local:none → –, crm:error → none, deadline → –, over
    local:one → –, deadline → local, crm:one → crm, over
    local:one → –, deadline → local, crm:none → –, over
    local:none → –, deadline → Timeout, crm:one → crm, over
    local:none → –, deadline → Timeout, crm:none → none, over
    local:none → –, deadline → Timeout, crm:error → none, over
    deadline → Timeout, local:one → local, crm:none → –, over
    deadline → Timeout, crm:none → –, local:one → local, over
    local:one → local, deadline → –, over
    local:none → none, over
    crm:error → Status, over
    deadline → Timeout, crm:one → crm, over
    "#);
    }

    #[test]
    fn without_sources_nobody_is_known() {
        let mut verdict = Verdict::new(false, false);
        assert_eq!(verdict.start(), Some(ClientMatch::None { took_ms: 0 }));
        assert!(verdict.is_over());
    }
}
