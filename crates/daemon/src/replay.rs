//! `gudok replay`: the same inputs to a new switchboard must give the same outputs.
//!
//! The journal holds what the switchboard was told and what it asked for. From the start of the run in which the call
//! arrived every input is told again, at the time it was told; whatever the new switchboard does otherwise for
//! this call is a difference, and a difference is a bug.
use std::path::Path;
use std::sync::Arc;

use gudok_dialplan::load::{Source, load};
use gudok_journal::Seq;
use gudok_model::{CallId, Now};
use gudok_switchboard::{Output, Switchboard};

use crate::records::{Entry, entries};

/// What came of a replay.
#[derive(Debug)]
pub(crate) struct Verdict {
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

/// Replays the run of the daemon in which the call lived.
///
/// # Errors
/// When the call is not in the journal, or its plan cannot be loaded any more.
pub(crate) fn replay(journal: &Path, call: CallId) -> Result<Verdict, ReplayError> {
    let mut machine = Machine::new(call);
    for (seq, entry) in entries(journal, Seq(0)) {
        machine.take(seq.0, entry)?;
    }
    machine.close();
    if machine.verdict.steps == 0 {
        Err(ReplayError::NoCall(call))
    } else {
        Ok(machine.verdict)
    }
}

/// The fold over the journal.
struct Machine {
    needle: String,
    switchboard: Option<Switchboard>,
    /// The step whose outputs are being read: its number, what the machine did now, what it did then.
    step: Option<(u64, Vec<Output>, Vec<Output>)>,
    verdict: Verdict,
}

impl Machine {
    fn new(call: CallId) -> Self {
        let verdict = Verdict {
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
                self.switchboard = Some(Switchboard::new(config));
            }
            Entry::Plan { now, sources } => {
                let sources: Vec<Source> = sources.into_iter().map(Source::from).collect();
                let plan = Arc::new(load(&sources).map_err(|_| ReplayError::Plan(seq))?.plan);
                self.step(seq, now, |switchboard| switchboard.set_plan(now, plan));
            }
            Entry::Input { now, input } => {
                self.step(seq, now, |switchboard| switchboard.handle_input(now, input));
            }
            Entry::Timeout { now } => {
                self.step(seq, now, |switchboard| switchboard.handle_timeout(now));
            }
            Entry::Output { output } => self.then(output),
            Entry::Fact(fact) => self.then(Output::Fact {
                call: fact.call,
                fact: fact.event,
            }),
            Entry::Measured(_) => {}
        }
        Ok(())
    }

    fn step(&mut self, seq: u64, _now: Now, act: impl FnOnce(&mut Switchboard)) {
        self.close();
        // Before the first boot of the journal's oldest segment nothing can be told again.
        let Some(switchboard) = &mut self.switchboard else {
            return;
        };
        act(switchboard);
        let outputs = std::iter::from_fn(|| switchboard.poll_output()).collect();
        self.step = Some((seq, outputs, Vec::new()));
    }

    fn then(&mut self, output: Output) {
        if let Some((_, _, then)) = &mut self.step {
            then.push(output);
        }
    }

    /// Compares the step that has been read to its end.
    fn close(&mut self) {
        let Some((seq, now, then)) = self.step.take() else {
            return;
        };
        let (now, then) = (self.of_call(&now), self.of_call(&then));
        if now.is_empty() && then.is_empty() {
            return;
        }
        self.verdict.steps += 1;
        self.verdict.outputs += now.len();
        if now != then {
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
