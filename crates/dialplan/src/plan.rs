//! The checked plan: what the hotline is made of, and the two questions a call asks it.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cel::Env;
use gudok_calendar::{Overrides, Roster, Schedule, Zone};
use gudok_model::{
    AlarmRule, BreakRule, CapSettings, Dialled, GroupSettings, Name, Owed, PhoneNumber, ProjectId,
    QueueId, QueueSettings, SkillSettings, TrunkId, Wall,
};
use gudok_outbound::Rules;
use gudok_speech::Locale;

use crate::decision::{AnswerFirst, Cursor, RecordConsultations, RecordPolicy, Step, StepEnd};
use crate::edges::Edges;
use crate::facts::Facts;
use crate::flow::{Flow, QueueOp, What};
use crate::link::{CalendarUse, PlanRoster, SkillEnd};
use crate::problem::Problem;
use crate::spell;
use crate::survey::Survey;

/// Most operations of one call (conditions and jumps count too); then the closing message.
pub const STEPS_MAX: u16 = 200;

/// How long the lookup may take when the number does not say. From the INVITE.
pub const LOOKUP_DEADLINE: Duration = Duration::from_millis(800);

/// A whole dialplan that was proved to have no dead end. Immutable; calls pin the generation they began with.
pub struct Plan {
    pub(crate) generation: Name,
    pub(crate) numbers: Vec<Number>,
    pub(crate) by_did: BTreeMap<PhoneNumber, usize>,
    pub(crate) groups: Vec<GroupSettings>,
    pub(crate) queues: Vec<QueueSettings>,
    pub(crate) skills: Vec<SkillSettings>,
    pub(crate) skill_ends: Vec<SkillEnd>,
    pub(crate) caps: Vec<CapSettings>,
    pub(crate) surveys: BTreeMap<QueueId, Arc<Survey>>,
    pub(crate) edges: BTreeMap<QueueId, Edges>,
    pub(crate) not_ready_reasons: Vec<BreakReason>,
    pub(crate) dispositions: Vec<Choice>,
    pub(crate) supervision_told: bool,
    pub(crate) prompts: BTreeMap<Name, Name>,
    pub(crate) external_numbers: BTreeSet<PhoneNumber>,
    pub(crate) trunks: BTreeSet<TrunkId>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) calendars: Vec<CalendarUse>,
    pub(crate) without_busy: Vec<Problem>,
    pub(crate) rosters: Vec<PlanRoster>,
    pub(crate) outbound: Option<Arc<Rules>>,
    pub(crate) alarms: Vec<AlarmRule>,
    /// As `schedules`.
    pub(crate) schedule_names: Vec<Name>,
    pub(crate) flows: Vec<Flow>,
    pub(crate) flow_index: BTreeMap<Name, usize>,
    /// The names of flows that are called; each is laid out wherever it is.
    pub(crate) subflows: Vec<Name>,
    pub(crate) env: Arc<Env>,
}

/// One hotline number of the plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Number {
    /// The numbers that are served so, as dialled (DID).
    pub dids: Vec<PhoneNumber>,
    /// As people call it: `Горячая линия`.
    pub label: String,
    /// Whose number it is.
    pub project: ProjectId,
    /// Only calls from this trunk; None: from any.
    pub trunk: Option<TrunkId>,
    /// How the caller's leg is answered.
    pub answer: AnswerFirst,
    /// When the recording begins.
    pub record: RecordPolicy,
    /// Whose words with an operator aside are recorded while the call is.
    pub record_consultations: RecordConsultations,
    /// The language of its prompts and announcements.
    pub locale: Locale,
    /// How long the lookup may take. From the INVITE.
    pub lookup_deadline: Duration,
    /// The zone in which `now` is read.
    pub zone: Zone,
    /// The flow a call begins with.
    pub flow: Name,
    /// The schedule that chooses between `flow` and `after_hours`.
    pub schedule: Option<Name>,
    /// The flow a call begins with when `schedule` is closed.
    pub after_hours: Option<Name>,
    /// The flow of a call that comes when there are more than can be served: a few words, and the record of who called.
    pub busy: Option<Name>,
    /// The reasons of closing phrases with which a call may end before it met anybody; None: nobody said which, and the
    /// proof of coverage only warns.
    pub allow_closed: Option<Vec<Name>>,
    /// Where the number is declared: `8800.toml:3:1`.
    pub place: Name,
    /// The flow of the plan a call really begins with.
    pub(crate) entry: usize,
    /// The same, for `busy`.
    pub(crate) busy_entry: Option<usize>,
}

/// One entry of a list the operator chooses from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// Stable: `LUNCH`.
    pub code: Name,
    /// As shown: `Обед`. Russian.
    pub label: String,
    /// Without a few words besides it is refused.
    pub needs_note: bool,
}

/// A reason for which operators take no calls, and what binds such a break.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BreakReason {
    /// Stable: `LUNCH`.
    pub code: Name,
    /// As shown: `Обед`. Russian.
    pub label: String,
    /// Longer than this somebody is told. None: it may last.
    pub max: Option<Duration>,
    /// So many of each of the operator's groups stay on the line, or the break is refused. 0: nobody need.
    pub keep_ready: u32,
}

impl BreakReason {
    /// One that nothing binds.
    pub(crate) fn free(code: Name, label: String) -> Self {
        Self {
            code,
            label,
            max: None,
            keep_ready: 0,
        }
    }

    /// What the floor obeys.
    pub fn rule(&self) -> BreakRule {
        BreakRule {
            code: self.code.clone(),
            max: self.max,
            keep_ready: self.keep_ready,
        }
    }
}

impl Plan {
    /// Hash of the sources: the same text gives the same name.
    pub fn generation(&self) -> &Name {
        &self.generation
    }

    /// Every number, in the order of the text.
    pub fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    /// The number a caller dialled, where it is ours.
    pub fn number(&self, did: &PhoneNumber) -> Option<&Number> {
        self.numbers.get(*self.by_did.get(did)?)
    }

    /// Every group of operators, by name.
    pub fn groups(&self) -> &[GroupSettings] {
        &self.groups
    }

    /// Every skill and who has it, by name.
    pub fn skills(&self) -> &[SkillSettings] {
        &self.skills
    }

    /// Every limit of operators, by name.
    pub fn caps(&self) -> &[CapSettings] {
        &self.caps
    }

    /// Every queue, by name.
    pub fn queues(&self) -> &[QueueSettings] {
        &self.queues
    }

    /// How long callers may wait at the steps that lead to this queue, counted from their first queue; each length once.
    pub fn waits(&self, queue: &QueueId) -> BTreeSet<Duration> {
        let ops = self.flows.iter().flat_map(|flow| &flow.ops);
        let waits = ops.filter_map(|op| match &op.what {
            What::Queue(step) if step.queue == *queue => Some(step.wait),
            _ => None,
        });
        waits.collect()
    }

    /// What callers of this queue are asked when the operator hangs up; None: nothing.
    pub fn survey(&self, queue: &QueueId) -> Option<&Arc<Survey>> {
        self.surveys.get(queue)
    }

    /// Whether a call that stands at this step of the plan goes on by `on_error` after a fault of ours.
    pub fn has_error_exit(&self, at: &Cursor) -> bool {
        self.queue_at(at)
            .is_some_and(|step| step.on_error.is_some())
    }

    /// Whether a call that stands at this step goes on by `on_removed` when its queue has left the plan.
    pub fn has_removed_exit(&self, at: &Cursor) -> bool {
        self.queue_at(at)
            .is_some_and(|step| step.on_removed.is_some())
    }

    /// Whether a call that stands at this step goes on by `on_closed` when its queue closes to who waits there.
    pub fn has_closed_exit(&self, at: &Cursor) -> bool {
        self.queue_at(at)
            .is_some_and(|step| step.on_closed.is_some())
    }

    fn queue_at(&self, at: &Cursor) -> Option<&QueueOp> {
        let flow = self.flows.get(*self.flow_index.get(&at.flow)?)?;
        match &flow.ops.get(usize::from(at.step))?.what {
            What::Queue(step) => Some(step),
            _ => None,
        }
    }

    /// Every survey that some queue has, once for each.
    pub fn surveys(&self) -> impl Iterator<Item = &Survey> {
        self.surveys.values().map(Arc::as_ref)
    }

    /// A schedule by its name: open or closed at a moment, why, and until when.
    pub fn schedule(&self, name: &str) -> Option<&Schedule> {
        let index = self
            .schedule_names
            .iter()
            .position(|known| **known == *name)?;
        self.schedules.get(index)
    }

    /// Every schedule, by name.
    pub fn schedules(&self) -> impl Iterator<Item = (&Name, &Schedule)> {
        self.schedule_names.iter().zip(&self.schedules)
    }

    /// Production calendars that some schedule goes by and that lack the present year or, from the first of November on,
    /// the next one: warnings with the place of the schedule's `holidays`.
    pub fn missing_years(&self, now: Wall) -> Vec<Problem> {
        let calendars = self.calendars.iter();
        calendars.filter_map(|used| used.problem(now)).collect()
    }

    /// Numbers without a `busy` flow: warnings with their places. Whoever calls one of them when there are more calls than can
    /// be served is told so and owed nothing.
    pub fn numbers_without_busy(&self) -> &[Problem] {
        &self.without_busy
    }

    /// The rules of calls out; None: the plan has none, nobody is called by hand, and the plan's own calls are not limited.
    pub fn outbound(&self) -> Option<&Arc<Rules>> {
        self.outbound.as_ref()
    }

    /// Whether the prefixes of calls out let one go to this number, at some hour. Where there are no rules of calls out, people call
    /// by their own phones, and whoever they like.
    pub fn lets_call(&self, number: &PhoneNumber) -> bool {
        let rules = self.outbound.as_ref();
        rules.is_none_or(|rules| rules.prefixes.lets(number))
    }

    /// At which levels somebody is called, where it is otherwise than usual ([`AlarmKind::usual`](gudok_model::AlarmKind::usual)).
    pub fn alarms(&self) -> &[AlarmRule] {
        &self.alarms
    }

    /// Every roster, by name.
    pub fn rosters(&self) -> impl Iterator<Item = (&Name, &Roster)> {
        self.rosters.iter().map(|it| (&it.name, &it.roster))
    }

    /// The table beside the plan in which a roster's turns lie; None: they stand in the plan.
    pub fn roster_sheet(&self, name: &str) -> Option<&Name> {
        let roster = self.rosters.iter().find(|it| *it.name == *name)?;
        roster.sheet.as_ref()
    }

    /// Rosters that have a stretch without anybody from now on, or that end within a week: warnings with their place.
    pub fn bare_rosters(&self, now: Wall) -> Vec<Problem> {
        let rosters = self.rosters.iter();
        rosters.filter_map(|roster| roster.problem(now)).collect()
    }

    /// Levels of skills that end within two weeks, or have ended, and the queues and steps for which nobody is left then: warnings
    /// with their places.
    pub fn skills_that_end(&self, now: Wall) -> Vec<Problem> {
        let ends = self.skill_ends.iter();
        ends.filter_map(|end| end.problem(now)).collect()
    }

    /// Why an operator may be not ready; Russian defaults when the plan names none.
    pub fn not_ready_reasons(&self) -> &[BreakReason] {
        &self.not_ready_reasons
    }

    /// Whether an operator is shown who listens to their talk; yes where the plan does not say.
    pub fn tells_supervision(&self) -> bool {
        self.supervision_told
    }

    /// What a call may have been about; Russian defaults when the plan names none.
    pub fn dispositions(&self) -> &[Choice] {
        &self.dispositions
    }

    /// Every prompt some caller may hear, music and the pieces of announcements included, each with the first place that
    /// says it; named as [`in_locale`](crate::in_locale) names them.
    pub fn prompts(&self) -> &BTreeMap<Name, Name> {
        &self.prompts
    }

    /// Every number outside that some caller may be sent to.
    pub fn external_numbers(&self) -> &BTreeSet<PhoneNumber> {
        &self.external_numbers
    }

    /// Every trunk the plan names; the config must have them.
    pub fn trunks(&self) -> &BTreeSet<TrunkId> {
        &self.trunks
    }

    /// Steps that call outside by a trunk which they name, with their places: no other trunk carries these calls.
    pub fn steps_by_trunk(&self) -> impl Iterator<Item = (&TrunkId, &Name)> {
        let ops = self.flows.iter().flat_map(|flow| &flow.ops);
        ops.filter_map(|op| match &op.what {
            What::External {
                trunk: Some(trunk), ..
            } => Some((trunk, &op.place)),
            What::Duty(duty) => Some((duty.trunk.as_ref()?, &op.place)),
            _ => None,
        })
    }

    /// Where a call begins, or None when the number is not ours (or not on this trunk).
    pub fn enter(&self, dialled: &Dialled, trunk: &TrunkId) -> Option<(&Number, Cursor)> {
        let number = self.number(dialled.number.e164.as_ref()?)?;
        if number.trunk.as_ref().is_some_and(|only| only != trunk) {
            return None;
        }
        Some((number, self.begin(number.entry)?))
    }

    /// Where a call of this number begins when there are more calls than can be served; None: it has no flow for that.
    pub fn enter_busy(&self, number: &Number) -> Option<Cursor> {
        self.begin(number.busy_entry?)
    }

    /// Whether some number has a flow for busy times. Nobody else gets a few words in a replay of a journal whose daemon had
    /// none of its own.
    pub fn is_ready_for_press(&self) -> bool {
        self.numbers
            .iter()
            .any(|number| number.busy_entry.is_some())
    }

    /// The sub-flow whose step stands at a cursor.
    pub(crate) fn subflow_at(&self, cursor: &Cursor) -> Option<&Name> {
        let flow = self.flows.get(*self.flow_index.get(&cursor.flow)?)?;
        flow.ops.get(usize::from(cursor.step))?.within.as_ref()
    }

    fn begin(&self, flow: usize) -> Option<Cursor> {
        let flow = self.flows.get(flow)?.name.clone();
        Some(Cursor {
            flow,
            step: 0,
            taken: 0,
            tried: Vec::new(),
            asked: 0,
            attempt: 0,
        })
    }

    /// When what was promised at a moment is due: so much time later, of which only the open hours of its schedule count where it
    /// has one. By day and by night where they never add up to so much.
    ///
    /// Where other hours are left out it is a whole minute, as callers are told it: never later than what they heard.
    pub fn due(&self, owed: &Owed, at: Wall, overrides: &Overrides) -> Wall {
        let name = owed.schedule.as_ref();
        let kept = name.and_then(|name| {
            let by_hand = overrides.hours(at, name);
            self.schedule(name)?.open_for(at, owed.within, by_hand)
        });
        let by_clock = at + owed.within;
        kept.filter(|kept| *kept != by_clock)
            .map_or(by_clock, spell::to_the_minute)
    }

    /// What to do next: at the cursor of [`Plan::enter`] with `end` None, then at the cursor of the last
    /// [`Step`] with how it ended. Total: a cursor of another generation, a plan that goes round and a
    /// condition that fails all end at a closing message, never in silence.
    ///
    /// After [`StepEnd::Answered`] the call is over with the talk; asked nevertheless, it hangs up.
    pub fn step(
        &self,
        number: &Number,
        cursor: &Cursor,
        end: Option<StepEnd>,
        facts: &Facts<'_>,
    ) -> Step {
        crate::step::step(self, number, cursor, end, facts)
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
