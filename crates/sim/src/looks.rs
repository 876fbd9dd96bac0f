//! How often it is asked whether anything is that must never be: each answer costs more than what a call does.
use std::time::Duration;

use gudok_model::Mono;

use crate::prng::Prng;

/// How closely a world is looked at. What happens in it is the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Care {
    /// After each step.
    #[default]
    EachStep,
    /// After one step of so many, by lot. What is broken stays broken for a while, and of thousands of days one sees it.
    OneOf(u64),
}

/// After what changes everything at once (a start, another plan, another list of operators) each step is looked at for so long.
const CLOSELY: Duration = Duration::from_secs(5);

/// Says after which steps it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Looks {
    care: Care,
    /// A stream of its own, so that whoever looks more closely sees the same world.
    lots: Prng,
    closely_until: Mono,
}

impl Looks {
    pub(crate) fn new(seed: u64, care: Care) -> Self {
        Self {
            care,
            lots: Prng::new(!seed),
            closely_until: Mono::default(),
        }
    }

    /// Everything has changed at once.
    pub(crate) fn closely(&mut self, now: Mono) {
        self.closely_until = now + CLOSELY;
    }

    /// Whether this step is one of them.
    pub(crate) fn at(&mut self, now: Mono) -> bool {
        match self.care {
            Care::EachStep => true,
            Care::OneOf(many) => now < self.closely_until || self.lots.below(many) == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_of_so_many_is_looked_at_and_each_after_a_start() {
        let mut looks = Looks::new(1, Care::OneOf(10));
        let start = Mono(86_400_000_000);
        let seen = |looks: &mut Looks, at: Mono| (0..1_000).filter(|_| looks.at(at)).count();
        let seldom = seen(&mut looks, start);
        assert!((60..=140).contains(&seldom), "{seldom}");
        looks.closely(start);
        assert_eq!(seen(&mut looks, start), 1_000);
        let later = start + CLOSELY;
        assert!(seen(&mut looks, later) < 200);
        assert_eq!(seen(&mut Looks::new(1, Care::EachStep), start), 1_000);
    }
}
