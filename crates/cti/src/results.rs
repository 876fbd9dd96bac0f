//! Each command is done once: the results of the last commands of one operator, by id.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gudok_switchboard::desk::CommandResult;
use uuid::Uuid;

use crate::config::IN_FLIGHT_MAX;

/// Commands under way and the last answered ones, those of the runs before among them.
#[derive(Debug, Default)]
pub(crate) struct Results {
    waiting: BTreeMap<Uuid, Vec<u64>>,
    /// The refusal, if it was one: most are done, and a thousand for each operator must stay small.
    done: BTreeMap<Uuid, Option<Box<CommandResult>>>,
    order: VecDeque<Uuid>,
    /// Of `done`: whose desk was told that the disk does not have it yet.
    unwritten: BTreeSet<Uuid>,
}

/// What to do with a command that came.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Claim {
    /// Execute it.
    Fresh,
    /// It is under way: the answer will go to this connection too.
    Waiting,
    /// It was answered like this.
    Done(CommandResult),
    /// Too many under way: refuse, and forget the id, so that the client may try again.
    Busy,
}

impl Results {
    /// Claims an id for a connection.
    pub(crate) fn claim(&mut self, id: Uuid, connection: u64) -> Claim {
        if let Some(result) = self.done.get(&id) {
            let result = result.as_deref().cloned();
            return Claim::Done(result.unwrap_or(CommandResult::Ok));
        }
        if let Some(asking) = self.waiting.get_mut(&id) {
            // Bounded by the connections of one operator.
            if !asking.contains(&connection) {
                asking.push(connection);
            }
            return Claim::Waiting;
        }
        if self.waiting.len() >= IN_FLIGHT_MAX {
            return Claim::Busy;
        }
        self.waiting.insert(id, vec![connection]);
        Claim::Fresh
    }

    /// The command could not be handed on: the id is free again.
    pub(crate) fn release(&mut self, id: Uuid) {
        self.waiting.remove(&id);
    }

    /// Remembers the answer, of `each` the latest. Gives the connections that wait for it: none if it was answered already. What
    /// was told as not written has its true answer from now on.
    pub(crate) fn answer(&mut self, id: Uuid, result: &CommandResult, each: usize) -> Vec<u64> {
        if self.unwritten.remove(&id) {
            self.done.insert(id, refusal(result));
            return Vec::new();
        }
        let Some(asking) = self.waiting.remove(&id) else {
            return Vec::new();
        };
        self.remember(id, result, each);
        asking
    }

    /// It is done, and the disk does not have it. Gives the connections that wait for it; who repeats it is told so too, until
    /// [`answer`](Self::answer).
    pub(crate) fn unwritten(&mut self, id: Uuid, told: &CommandResult, each: usize) -> Vec<u64> {
        let Some(asking) = self.waiting.remove(&id) else {
            return Vec::new();
        };
        self.unwritten.insert(id);
        self.remember(id, told, each);
        asking
    }

    /// It was answered so in a run before.
    pub(crate) fn recall(&mut self, id: Uuid, result: &CommandResult, each: usize) {
        if !self.done.contains_key(&id) {
            self.remember(id, result, each);
        }
    }

    fn remember(&mut self, id: Uuid, result: &CommandResult, each: usize) {
        self.done.insert(id, refusal(result));
        self.order.push_back(id);
        while self.order.len() > each
            && let Some(oldest) = self.order.pop_front()
        {
            self.done.remove(&oldest);
            self.unwritten.remove(&oldest);
        }
    }

    /// Nobody is there any more to hear the answer at this connection.
    pub(crate) fn forget_connection(&mut self, connection: u64) {
        for asking in self.waiting.values_mut() {
            asking.retain(|waiting| *waiting != connection);
        }
    }
}

fn refusal(result: &CommandResult) -> Option<Box<CommandResult>> {
    (*result != CommandResult::Ok).then(|| Box::new(result.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RESULTS_MAX;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn a_command_is_done_once_and_answered_to_each_who_asks() {
        let mut results = Results::default();
        assert_eq!(results.claim(id(1), 10), Claim::Fresh);
        assert_eq!(results.claim(id(1), 10), Claim::Waiting);
        assert_eq!(results.claim(id(1), 11), Claim::Waiting);
        assert_eq!(
            results.answer(id(1), &CommandResult::Ok, RESULTS_MAX),
            [10, 11]
        );
        assert_eq!(results.claim(id(1), 12), Claim::Done(CommandResult::Ok));
        let late = CommandResult::Error {
            code: "late".into(),
            actual: None,
        };
        assert!(
            results.answer(id(1), &late, RESULTS_MAX).is_empty(),
            "the first answer stands"
        );
        assert_eq!(results.claim(id(1), 12), Claim::Done(CommandResult::Ok));
    }

    #[test]
    fn too_many_at_once_are_refused_and_may_try_again() {
        let mut results = Results::default();
        for n in 0..IN_FLIGHT_MAX as u128 {
            assert_eq!(results.claim(id(n), 1), Claim::Fresh);
        }
        assert_eq!(results.claim(id(1_000), 1), Claim::Busy);
        results.answer(id(0), &CommandResult::Ok, RESULTS_MAX);
        assert_eq!(results.claim(id(1_000), 1), Claim::Fresh);
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest() {
        let mut results = Results::default();
        for n in 0..=RESULTS_MAX as u128 {
            results.claim(id(n), 1);
            results.answer(id(n), &CommandResult::Ok, RESULTS_MAX);
        }
        assert_eq!(results.done.len(), RESULTS_MAX);
        assert_eq!(results.claim(id(0), 1), Claim::Fresh);
        assert_eq!(results.claim(id(1), 1), Claim::Done(CommandResult::Ok));
    }

    #[test]
    fn an_answer_of_a_run_before_stands_and_does_not_come_twice() {
        let mut results = Results::default();
        let late = refusal("late");
        results.recall(id(1), &late, 2);
        results.recall(id(1), &CommandResult::Ok, 2);
        assert_eq!(results.claim(id(1), 1), Claim::Done(late));
        results.recall(id(2), &CommandResult::Ok, 2);
        results.recall(id(3), &CommandResult::Ok, 2);
        assert_eq!(results.claim(id(1), 1), Claim::Fresh, "of two the latest");
    }

    #[test]
    fn what_the_disk_does_not_have_yet_is_said_to_each_and_becomes_the_answer_when_it_has() {
        let mut results = Results::default();
        let unwritten = refusal("not_written");
        results.claim(id(1), 10);
        assert_eq!(results.unwritten(id(1), &unwritten, RESULTS_MAX), [10]);
        assert_eq!(results.claim(id(1), 11), Claim::Done(unwritten));
        assert!(
            results
                .answer(id(1), &CommandResult::Ok, RESULTS_MAX)
                .is_empty()
        );
        assert_eq!(results.claim(id(1), 11), Claim::Done(CommandResult::Ok));
        assert!(results.unwritten.is_empty());
    }

    fn refusal(code: &str) -> CommandResult {
        CommandResult::Error {
            code: code.into(),
            actual: None,
        }
    }
}
