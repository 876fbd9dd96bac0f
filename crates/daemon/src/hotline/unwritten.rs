//! Answers to desks: nobody is told that a command is done before the disk has it, and has its answer, by which a repeat is
//! answered after a crash. What is refused is told at once. After [`DOOR_MAX`] the desk is told that it is done and not written; the answer is kept, and takes the
//! place of that word when the disk has it.
use std::collections::VecDeque;

use gudok_journal::Seq;
use gudok_model::Mono;
use gudok_switchboard::Output;

use super::at_doors::DOOR_MAX;
use super::paper::Word;

/// Answers that are kept for the disk; beyond it the oldest is told as not written, and that stands until the next start.
const KEPT_MAX: usize = 4_096;

/// Answers that wait for the disk, in their order.
#[derive(Debug, Default)]
pub(super) struct Results {
    kept: VecDeque<Waits>,
    /// So many at the front were told as not written.
    told: usize,
}

#[derive(Debug)]
struct Waits {
    needs: Seq,
    since: Mono,
    output: Output,
}

impl Results {
    /// Keeps an [`Output::DeskResult`] until the disk has this record.
    pub(super) fn hold(&mut self, since: Mono, needs: Seq, output: Output) {
        self.kept.push_back(Waits {
            needs,
            since,
            output,
        });
    }

    /// Adds the words that may go out now; how many of them were not written in time.
    pub(super) fn released(&mut self, now: Mono, durable: Seq, words: &mut Vec<Word>) -> usize {
        while let Some(waits) = self.kept.pop_front_if(|it| it.needs <= durable) {
            self.told = self.told.saturating_sub(1);
            words.push(Word::Result(Box::new(waits.output)));
        }
        let (before, surplus) = (self.told, self.kept.len().saturating_sub(KEPT_MAX));
        while let Some(waits) = self.kept.get(self.told)
            && (self.told < surplus || now.since(waits.since) >= DOOR_MAX)
        {
            words.push(Word::Unwritten(Box::new(waits.output.clone())));
            self.told += 1;
        }
        let late = self.told - before;
        self.kept.drain(..surplus);
        self.told -= surplus;
        late
    }

    /// When the next is told without the disk.
    pub(super) fn due(&self) -> Option<Mono> {
        self.kept.get(self.told).map(|it| it.since + DOOR_MAX)
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::SessionId;
    use gudok_switchboard::desk::CommandResult;

    use super::*;

    fn result(id: u64) -> Output {
        Output::DeskResult {
            operator: "ivan".into(),
            session: SessionId(1),
            id: id.to_string(),
            result: CommandResult::Ok,
            at: None,
        }
    }

    fn kept(count: u64) -> Results {
        let mut results = Results::default();
        for n in 1..=count {
            results.hold(Mono(0), Seq(n), result(n));
        }
        results
    }

    /// `+3`: the answer of the third; `-3`: it is told as not written.
    fn released(results: &mut Results, now: Mono, durable: u64) -> Vec<String> {
        let mut words = Vec::new();
        results.released(now, Seq(durable), &mut words);
        let id = |output: &Output| match output {
            Output::DeskResult { id, .. } => id.clone(),
            other => format!("{other:?}"),
        };
        let told = words.iter().map(|word| match word {
            Word::Result(output) => format!("+{}", id(output)),
            Word::Unwritten(output) => format!("-{}", id(output)),
            Word::Answer(leg) => leg.to_string(),
        });
        told.collect()
    }

    #[test]
    fn an_answer_goes_out_when_the_disk_has_it() {
        let mut results = kept(3);
        assert_eq!(released(&mut results, Mono(1), 0), [""; 0]);
        assert_eq!(released(&mut results, Mono(1), 2), ["+1", "+2"]);
        assert_eq!(results.due(), Some(Mono(0) + DOOR_MAX));
    }

    #[test]
    fn what_is_told_as_not_written_is_answered_when_it_is() {
        let (mut results, late) = (kept(2), Mono(0) + DOOR_MAX);
        results.hold(late, Seq(3), result(3));
        assert_eq!(released(&mut results, late, 0), ["-1", "-2"]);
        assert_eq!(released(&mut results, late, 0), [""; 0], "once");
        assert_eq!(results.due(), Some(late + DOOR_MAX));
        assert_eq!(released(&mut results, late, 1), ["+1"]);
        assert_eq!(released(&mut results, late + DOOR_MAX, 1), ["-3"]);
        assert_eq!(released(&mut results, late + DOOR_MAX, 3), ["+2", "+3"]);
        assert_eq!((results.due(), results.told), (None, 0));
    }

    #[test]
    fn beyond_the_limit_the_oldest_is_told_and_let_go() {
        let mut results = kept(KEPT_MAX as u64 + 2);
        assert_eq!(released(&mut results, Mono(1), 0), ["-1", "-2"]);
        assert_eq!((results.kept.len(), results.told), (KEPT_MAX, 0));
        assert_eq!(released(&mut results, Mono(1), 3), ["+3"]);
    }
}
