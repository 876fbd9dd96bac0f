//! A group of operators: its settings, and who of them could take a call now, by what they must know for it.
use std::collections::BTreeMap;

use gudok_model::{GroupSettings, Needs, OperatorId, QueueId};
use serde::{Deserialize, Serialize};

use crate::bench::{Bench, Member, Standing};
use crate::skills::Skills;

/// The members of a group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) settings: GroupSettings,
    /// Place of each member in the admin's list.
    pub(crate) places: BTreeMap<OperatorId, u32>,
    /// Queues that feed this group.
    pub(crate) queues: Vec<QueueId>,
    /// Queues whose callers it is asked for when they have waited.
    #[serde(default)]
    pub(crate) helps: Vec<QueueId>,
    /// One for each thing that some queue asks of these people, by it; the first asks nothing and has everybody.
    benches: Vec<Bench>,
    /// Asked at once for callers of the queues whose ladders add it.
    pub(crate) raised: bool,
    /// Some queue takes those whose phones only ring.
    pub(crate) preempted: bool,
    /// Members who are logged in.
    pub(crate) logged_in: u32,
    /// Whom `round_robin` asked last.
    pub(crate) cursor: Option<OperatorId>,
}

impl Group {
    /// A group with nobody listed as routable yet. `former` is the group of the same name before
    /// the reconfiguration; its cursor is kept.
    pub(crate) fn new(settings: GroupSettings, former: Option<&Self>) -> Self {
        let mut places = BTreeMap::new();
        for (place, operator) in (0u32..).zip(&settings.operators) {
            places.entry(operator.clone()).or_insert(place);
        }
        let cursor = former.and_then(|former| former.cursor_in(&places));
        Self {
            settings,
            places,
            queues: Vec::new(),
            helps: Vec::new(),
            benches: vec![Bench::default()],
            raised: former.is_some_and(|former| former.raised),
            preempted: false,
            logged_in: 0,
            cursor,
        }
    }

    /// The cursor in a new list: the member asked last, or the nearest before them who is still there.
    fn cursor_in(&self, places: &BTreeMap<OperatorId, u32>) -> Option<OperatorId> {
        let cursor = self.cursor.as_ref()?;
        let asked = self.settings.operators.iter().position(|id| id == cursor)?;
        let before = self.settings.operators.iter().take(asked + 1).rev();
        before
            .into_iter()
            .find(|id| places.contains_key(*id))
            .cloned()
    }

    /// Somebody works for this group from now on: where the plan lists them, else after all that it lists. They are listed as
    /// routable later.
    pub(crate) fn admit(&mut self, operator: &OperatorId) {
        let listed = (0u32..).zip(&self.settings.operators);
        let (mut place, mut count) = (None, 0);
        for (at, it) in listed {
            count = at + 1;
            if place.is_none() && it == operator {
                place = Some(at);
            }
        }
        let last = self.places.values().max().copied();
        let after = last.map_or(count, |last| last.saturating_add(1).max(count));
        let place = place.unwrap_or(after);
        self.places.entry(operator.clone()).or_insert(place);
    }

    /// Somebody works for it no more; they are not listed by now.
    pub(crate) fn dismiss(&mut self, operator: &OperatorId) {
        self.places.remove(operator);
    }

    /// A queue asks for these people, and that they know so much. Before anybody is listed; else [`Self::fill`] is next. False:
    /// some queue has asked for that already.
    pub(crate) fn is_asked_for(&mut self, needs: &Needs) -> bool {
        match self.find(needs) {
            Ok(_) => false,
            Err(place) => {
                self.benches.insert(place, Bench::new(needs.clone()));
                true
            }
        }
    }

    /// Puts a member on the new list of those who know so much.
    pub(crate) fn fill(&mut self, needs: &Needs, operator: &OperatorId, standing: &Standing) {
        let place = self.places.get(operator).copied();
        let (Some(place), Ok(at)) = (place, self.find(needs)) else {
            return;
        };
        self.benches[at].list(Member { operator, place }, standing, &self.settings);
    }

    fn find(&self, needs: &Needs) -> Result<usize, usize> {
        self.benches
            .binary_search_by(|bench| bench.needs.cmp(needs))
    }

    /// Those who know so much. None: no queue has asked.
    pub(crate) fn bench(&self, needs: &Needs) -> Option<&Bench> {
        self.benches.get(self.find(needs).ok()?)
    }

    /// All of them; for the invariants.
    pub(crate) fn benches(&self) -> &[Bench] {
        &self.benches
    }

    /// Puts a member on the lists of what they know enough for.
    pub(crate) fn list(&mut self, operator: &OperatorId, standing: &Standing, skills: &Skills) {
        self.each_bench(operator, skills, |bench, member, settings| {
            bench.list(member, standing, settings);
        });
    }

    /// Takes a member off the lists.
    pub(crate) fn unlist(&mut self, operator: &OperatorId, standing: &Standing, skills: &Skills) {
        self.each_bench(operator, skills, |bench, member, settings| {
            bench.unlist(member, standing, settings);
        });
    }

    fn each_bench(
        &mut self,
        operator: &OperatorId,
        skills: &Skills,
        change: impl Fn(&mut Bench, Member<'_>, &GroupSettings),
    ) {
        let Some(&place) = self.places.get(operator) else {
            return;
        };
        for bench in &mut self.benches {
            if skills.meets(operator, &bench.needs) {
                change(bench, Member { operator, place }, &self.settings);
            }
        }
    }

    /// How many members could take a call at once, whatever they know.
    pub(crate) fn ready(&self) -> usize {
        self.benches.first().map_or(0, Bench::ready)
    }
}
