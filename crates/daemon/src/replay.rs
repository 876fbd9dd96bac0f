//! `gudok replay`: the same inputs to a new switchboard must give the same outputs.
//!
//! The journal holds what the switchboard was told and what it asked for. From the start of the run in which the call
//! arrived to the end of that run every input is told again, at the time it was told; whatever the new switchboard does
//! otherwise for this call is a difference, and a difference is a bug. A panic is one, with its place.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use gudok_dialplan::load::{Source, load};
use gudok_journal::{Seq, segment};
use gudok_model::{CallEvent, CallId};
use gudok_switchboard::{Output, Switchboard};

use crate::records::{BOOT, Entry, entries};

/// What came of a replay.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Number of the record the re-run began with.
    pub from: u64,
    /// Steps that had to do with the call.
    pub steps: usize,
    /// Outputs compared.
    pub outputs: usize,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// One step that came out differently.
#[derive(Debug)]
pub(crate) struct Difference {
    /// Number of the input in the journal.
    pub seq: u64,
    /// What the switchboard did then.
    pub then: Vec<String>,
    /// What it does now.
    pub now: Vec<String>,
}

/// Why nothing could be replayed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The call is in no run of this journal.
    #[error("в журнале нет вызова {0}")]
    NoCall(CallId),
    /// A plan of then is not accepted now.
    #[error("план, по которому шёл вызов (запись {0}), больше не принимается этой версией")]
    Plan(u64),
}

/// Replays the run of the daemon in which the call lived; `first` is the number of the call's first record. What lies
/// before that run's start is not read.
///
/// # Errors
/// When the call is not in the journal, or its plan cannot be loaded any more.
pub(crate) fn replay(journal: &Path, call: CallId, first: Seq) -> Result<Verdict, ReplayError> {
    let from = boot_before(journal, first);
    let mut machine = Machine::new(call, from);
    for (seq, entry) in entries(journal, from) {
        if seq > first && matches!(entry, Entry::Boot { .. }) {
            break;
        }
        machine.take(seq.0, entry)?;
    }
    machine.close();
    if machine.verdict.steps == 0 {
        Err(ReplayError::NoCall(call))
    } else {
        Ok(machine.verdict)
    }
}

/// The last start of the daemon before a record. Looks through the segment that holds it, then through those before;
/// the first record there is where the start is forgotten.
fn boot_before(journal: &Path, first: Seq) -> Seq {
    let segments = segment::list(journal).unwrap_or_default();
    let earlier = segments.iter().rev().filter(|it| it.first <= first);
    let boots = earlier.filter_map(|segment| {
        let records = gudok_journal::read(journal, segment.first).until(first.next());
        let boots = records.flatten().filter(|record| record.kind == BOOT);
        boots.last().map(|record| record.seq)
    });
    let mut boots = boots;
    boots.next().unwrap_or_default()
}

/// Runs something; a panic comes back as its words and its place.
fn caught<T>(act: impl FnOnce() -> T) -> Result<T, String> {
    let told = Arc::new(Mutex::new(String::new()));
    let (hook, slot) = (std::panic::take_hook(), Arc::clone(&told));
    std::panic::set_hook(Box::new(move |panic| {
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
    }));
    let done = catch_unwind(AssertUnwindSafe(act));
    std::panic::set_hook(hook);
    done.map_err(|_| {
        told.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace('\n', " ")
    })
}

/// One step as it is read.
struct Step {
    /// Its number.
    seq: u64,
    /// What the machine did now.
    now: Vec<Output>,
    /// What it did then.
    then: Vec<Output>,
    /// The machine panicked now.
    panic: Option<String>,
}

/// The fold over the journal.
struct Machine {
    needle: String,
    switchboard: Option<Switchboard>,
    /// The step whose outputs are being read.
    step: Option<Step>,
    verdict: Verdict,
}

impl Machine {
    fn new(call: CallId, from: Seq) -> Self {
        let verdict = Verdict {
            from: from.0,
            steps: 0,
            outputs: 0,
            differences: Vec::new(),
        };
        Self {
            needle: call.to_string(),
            switchboard: None,
            step: None,
            verdict,
        }
    }

    fn take(&mut self, seq: u64, entry: Entry) -> Result<(), ReplayError> {
        match entry {
            Entry::Boot { config, .. } => {
                self.close();
                self.switchboard = Some(Switchboard::new(*config));
            }
            Entry::Plan { now, sources, .. } => {
                let sources: Vec<Source> = sources.into_iter().map(Source::from).collect();
                let plan = Arc::new(load(&sources).map_err(|_| ReplayError::Plan(seq))?.plan);
                self.step(seq, |switchboard| switchboard.set_plan(now, plan));
            }
            Entry::Input { now, input } => {
                self.step(seq, |switchboard| switchboard.handle_input(now, input));
            }
            Entry::Timeout { now } => {
                self.step(seq, |switchboard| switchboard.handle_timeout(now));
            }
            Entry::Output { output } => self.then(output),
            Entry::Fact(fact) => self.then(Output::Fact {
                call: fact.call,
                fact: fact.event,
            }),
            Entry::Floor { event, .. } => self.then(Output::Floor { event }),
            Entry::Measured(_) => {}
        }
        Ok(())
    }

    fn step(&mut self, seq: u64, act: impl FnOnce(&mut Switchboard)) {
        self.close();
        // Before the first boot of the journal's oldest segment nothing can be told again.
        let Some(switchboard) = &mut self.switchboard else {
            return;
        };
        let panic = caught(|| act(switchboard)).err();
        // As the daemon does: what was asked for before the panic counts, and the machine goes on.
        let now = std::iter::from_fn(|| switchboard.poll_output()).collect();
        self.step = Some(Step {
            seq,
            now,
            then: Vec::new(),
            panic,
        });
    }

    fn then(&mut self, output: Output) {
        if let Some(step) = &mut self.step {
            step.then.push(output);
        }
    }

    /// Compares the step that has been read to its end.
    fn close(&mut self) {
        let Some(mut step) = self.step.take() else {
            return;
        };
        forget_the_unwritten(&mut step.now, &step.then);
        let (mut now, then) = (self.of_call(&step.now), self.of_call(&step.then));
        if now.is_empty() && then.is_empty() && step.panic.is_none() {
            return;
        }
        self.verdict.steps += 1;
        self.verdict.outputs += now.len();
        now.extend(step.panic.map(|panic| format!("паника: {panic}")));
        if now != then {
            let seq = step.seq;
            self.verdict.differences.push(Difference { seq, then, now });
        }
    }

    /// Outputs that name the call, as text.
    fn of_call(&self, outputs: &[Output]) -> Vec<String> {
        let texts = outputs
            .iter()
            .filter_map(|output| serde_json::to_string(output).ok());
        texts.filter(|text| text.contains(&self.needle)).collect()
    }
}

/// What the journal of an earlier version does not say is no difference.
fn forget_the_unwritten(now: &mut [Output], then: &[Output]) {
    for pair in now.iter_mut().zip(then) {
        match pair {
            (
                Output::Dial { colleague, .. },
                Output::Dial {
                    colleague: None, ..
                },
            ) => *colleague = None,
            (
                Output::Fact {
                    fact: CallEvent::Offered { group, .. },
                    ..
                },
                Output::Fact {
                    fact: CallEvent::Offered { group: None, .. },
                    ..
                },
            ) => *group = None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{AutoAnswer, LegId, OfferId};
    use gudok_switchboard::output::DialTarget;

    use super::*;

    /// Somebody of ours is dialled for a colleague, as journals of an earlier version say it, or as ours do.
    #[test]
    fn an_earlier_version_did_not_say_who_calls() {
        let call = CallId(uuid::Uuid::nil());
        let dial = |colleague| Output::Dial {
            leg: LegId { call, index: 1 },
            target: DialTarget::Operator {
                operator: "101".into(),
            },
            shown_number: None,
            shown_name: None,
            auto_answer: AutoAnswer::Off,
            colleague,
            headers: Vec::new(),
        };
        let mut written = serde_json::to_value(dial(Some(true))).expect("plain");
        let fields = written.as_object_mut().expect("an object");
        assert!(fields.remove("colleague").is_some());
        let earlier: Output = serde_json::from_value(written).expect("readable");
        assert_eq!(differences(call, dial(Some(true)), earlier), 0);
        assert_eq!(differences(call, dial(Some(true)), dial(Some(false))), 1);
    }

    /// How many a replay finds where a step comes to one thing now and came to another then.
    fn differences(call: CallId, now: Output, then: Output) -> usize {
        let mut machine = Machine::new(call, Seq(1));
        machine.step = Some(Step {
            seq: 1,
            now: vec![now],
            then: vec![then],
            panic: None,
        });
        machine.close();
        machine.verdict.differences.len()
    }

    #[test]
    fn an_earlier_version_did_not_say_of_which_group_an_operator_was_asked() {
        let call = CallId(uuid::Uuid::nil());
        let offered = |group: Option<&str>| Output::Fact {
            call,
            fact: CallEvent::Offered {
                offer: OfferId { call, index: 1 },
                operator: "101".into(),
                group: group.map(Into::into),
                reasons: Vec::new(),
            },
        };
        let now = || offered(Some("tech"));
        assert_eq!(differences(call, now(), offered(None)), 0);
        assert_eq!(differences(call, now(), offered(Some("sales"))), 1);
    }

    #[test]
    fn a_panic_is_a_difference_with_its_place() {
        let call = CallId(uuid::Uuid::nil());
        let mut machine = Machine::new(call, Seq(1));
        machine.switchboard = Some(Switchboard::new(gudok_switchboard::Config::default()));
        machine.step(7, |_| panic!("no such seat"));
        machine.step(8, |_| {});
        machine.close();
        let [difference] = machine.verdict.differences.as_slice() else {
            panic!("{:?}", machine.verdict)
        };
        assert_eq!((difference.seq, difference.then.len()), (7, 0));
        let told = difference.now.concat();
        assert!(
            told.contains("no such seat") && told.contains("replay.rs:"),
            "{told}"
        );
    }
}
