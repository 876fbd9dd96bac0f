//! A call arrives: may it come in, whose number is it, and how is the caller's leg taken.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use gudok_dialplan::decision::{AnswerFirst, Cursor};
use gudok_dialplan::plan::{Number, Plan};
use gudok_dialplan::{Decision, Memory, RecordPolicy};
use gudok_model::{
    CallEvent, CallId, Caller, ClientMatch, Dialled, LegId, Name, Now, Outcome, ProjectId, Reason,
    Termination, TrunkId,
};

use crate::call::{Access, Call, Leg, Phase, Recording, Role, Searched};
use crate::check_human::HumanCheck;
use crate::conference::Room;
use crate::course::Course;
use crate::flow::describe;
use crate::keys::Presses;
use crate::output::Output;
use crate::press::{AttackMode, Verdict, Whose};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// What an INVITE brings.
pub(crate) struct Arrival {
    pub(crate) call: CallId,
    pub(crate) trunk: TrunkId,
    pub(crate) caller: Caller,
    /// The mark of a number that is kept back.
    pub(crate) withheld: Option<u64>,
    pub(crate) dialled: Dialled,
    pub(crate) sip_call_id: String,
    pub(crate) session_id: Option<String>,
    pub(crate) brief: bool,
    pub(crate) no_digits: bool,
}

/// What rules an admitted call.
pub(crate) struct Admitted {
    plan: Arc<Plan>,
    number: Arc<Number>,
    cursor: Cursor,
    brief: bool,
    /// The few words, where the number has none of its own.
    words: Option<Decision>,
    check: Option<HumanCheck>,
}

impl Admitted {
    /// A call that nobody had to let in.
    pub(crate) fn plainly(plan: &Arc<Plan>, number: &Arc<Number>, cursor: Cursor) -> Self {
        Self {
            plan: Arc::clone(plan),
            number: Arc::clone(number),
            cursor,
            brief: false,
            words: None,
            check: None,
        }
    }
}

/// Why a call may not come in. A named policy each: the carrier is told, and the record has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Refusal {
    /// The daemon is being taken out of service (behaviour Q15): the carrier should try its other way in.
    Draining,
    /// No dialplan is in force.
    NoPlan,
    /// [`Config::calls_max`](crate::Config::calls_max) is reached.
    Full,
    /// This number calls more often than [`PressLimits::caller`](crate::PressLimits) allows.
    TooMany,
    /// It was asked whether it is a person, and did not answer, [too often](crate::MISSES_MAX).
    NoPerson,
    /// As many callers as may be are being asked whether they are people.
    Attacked,
    /// The plan does not have the number, or not on this trunk.
    UnknownNumber,
}

impl Refusal {
    fn status(self) -> u16 {
        match self {
            Self::Draining | Self::NoPlan | Self::Full | Self::Attacked => 503,
            Self::TooMany | Self::NoPerson => 603,
            Self::UnknownNumber => 404,
        }
    }

    fn termination(self) -> Termination {
        match self {
            Self::Draining => Termination::server_error("draining"),
            Self::NoPlan => Termination::server_error("no-plan"),
            Self::Full => Termination::server_error("too-many-calls"),
            Self::TooMany => Termination::caller_error("too-many-of-caller"),
            Self::NoPerson => Termination::caller_error("too-many-failed-checks"),
            Self::Attacked => Termination::server_error("too-many-checks"),
            Self::UnknownNumber => Termination::upstream_error("unknown-number"),
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::TooMany | Self::NoPerson => Outcome::RejectedSpam,
            Self::Draining | Self::NoPlan | Self::Full | Self::Attacked | Self::UnknownNumber => {
                Outcome::Failed
            }
        }
    }
}

/// The project of a call whose number is not in the plan.
const NO_PROJECT: &str = "unknown";

/// Shortest Retry-After of a 503. Seconds.
const RETRY_AFTER_MIN: u32 = 5;

impl Switchboard {
    /// Admits or refuses. The fact of the arrival comes before any answer.
    pub(crate) fn arrive(&mut self, now: Now, arrival: Arrival) {
        if self.calls.contains_key(&arrival.call) {
            return self.alarm("duplicate_call", format!("{} arrived twice", arrival.call));
        }
        if let Some(mark) = arrival.withheld {
            self.hidden.called(arrival.call, mark);
        }
        match self.admit(now, &arrival) {
            Ok(admitted) => self.take_in(now, arrival, admitted),
            Err(refusal) => self.refuse(arrival, refusal),
        }
    }

    fn admit(&mut self, now: Now, arrival: &Arrival) -> Result<Admitted, Refusal> {
        if self.draining {
            return Err(Refusal::Draining);
        }
        let plan = self.plan.clone().ok_or(Refusal::NoPlan)?;
        let entry = plan.enter(&arrival.dialled, &arrival.trunk);
        let (number, cursor) = entry.ok_or(Refusal::UnknownNumber)?;
        let mut number = number.clone();
        let check = self.check_of(now, arrival)?;
        let dear = self.is_too_dear(now, arrival);
        let saves = dear && plan.enter_busy(&number).is_some();
        let brief = saves || arrival.brief || (self.is_full() && !self.end_oldest_survey(now));
        let (cursor, words) = match brief {
            true => self.few_words(&plan, &number, cursor, check.is_some() || dear)?,
            false => (cursor, None),
        };
        if words.is_some() {
            number.record = RecordPolicy::Off;
        }
        Ok(Admitted {
            plan,
            number: Arc::new(number),
            cursor,
            brief,
            words,
            // Those few words are no longer than the question.
            check: check.filter(|_| !brief),
        })
    }

    /// Whether the caller is to be asked whether it is a person.
    fn check_of(&mut self, now: Now, arrival: &Arrival) -> Result<Option<HumanCheck>, Refusal> {
        let was = self.press.is_attacked();
        let whose = Whose::of(&arrival.caller, arrival.withheld);
        let verdict = self.press.judge(now.mono, whose.as_ref());
        let is = self.press.is_attacked();
        if is != was {
            let what = if is { "attack_began" } else { "attack_ended" };
            self.alarm(what, "by the number of calls".to_owned());
        }
        match verdict {
            Verdict::Pass => Ok(None),
            Verdict::TooMany => Err(Refusal::TooMany),
            Verdict::NoPerson => Err(Refusal::NoPerson),
            Verdict::Check if arrival.no_digits && self.press.passes_no_digits() => Ok(None),
            Verdict::Check => {
                let asked = self
                    .calls
                    .values()
                    .filter(|call| call.check.is_some())
                    .count();
                // Those who are asked never fill the line.
                let half = (self.config.calls_max / 2).max(1);
                if asked >= self.press.checks_max().min(half) {
                    return Err(Refusal::Attacked);
                }
                Ok(Some(HumanCheck::of(arrival.call)))
            }
        }
    }

    /// Whether the line has cost too much for a caller whom nobody knows. Where the number has no few words for that, the
    /// call is worth more than its minutes.
    fn is_too_dear(&mut self, now: Now, arrival: &Arrival) -> bool {
        let line = arrival.dialled.number.e164.as_ref();
        line.is_some_and(|line| self.meter.is_closed(now.wall, line))
            && !Whose::of(&arrival.caller, arrival.withheld)
                .is_some_and(|caller| self.press.is_known(now.mono, &caller))
    }

    /// Whether [`Config::calls_max`](crate::Config::calls_max) is reached. A call that only waits for the end of a wrap-up
    /// keeps nobody out; they are told apart only where it matters, since each arrival asks.
    pub(crate) fn is_full(&self) -> bool {
        let most = self.config.calls_max + self.briefs;
        let with_legs = || self.calls.values().filter(|call| !call.legs.is_empty());
        self.calls.len() >= most && with_legs().count() >= most
    }

    /// Where a call begins that gets a few words, while there is room for one more; the words themselves where the plan has
    /// none, which leaves the call where it would have begun. Nobody chose to pay for those: who may be a robot, or would
    /// go beyond the budget, is refused for nothing, and so is who calls a number that may not end with such words.
    fn few_words(
        &self,
        plan: &Plan,
        number: &Number,
        usual: Cursor,
        must_be_free: bool,
    ) -> Result<(Cursor, Option<Decision>), Refusal> {
        if self.briefs >= self.config.brief_max {
            return Err(Refusal::Full);
        }
        if let Some(cursor) = plan.enter_busy(number) {
            return Ok((cursor, None));
        }
        let allowed = number.allow_closed.as_ref();
        let fits = |prompt: &&Name| allowed.is_none_or(|reasons| reasons.contains(prompt));
        let prompt = self.config.busy_prompt.as_ref().filter(fits);
        let prompt = prompt.filter(|_| !must_be_free).ok_or(Refusal::Full)?;
        let words = Decision::Close {
            prompts: vec![prompt.clone()],
            reason: prompt.clone(),
        };
        Ok((usual, Some(words)))
    }

    /// How the attack mode is set, and whether callers are asked now.
    pub fn attack(&self) -> (AttackMode, bool) {
        (self.press.mode, self.press.is_attacked())
    }

    /// Whether one more call could be given a few words: so a driver knows whether to let it in at all.
    pub fn has_brief_room(&self) -> bool {
        let has_words = self.config.busy_prompt.is_some();
        let ready = |plan: &Arc<Plan>| has_words || plan.is_ready_for_press();
        self.plan.as_ref().is_some_and(ready) && self.briefs < self.config.brief_max
    }

    fn refuse(&mut self, arrival: Arrival, refusal: Refusal) {
        let call = arrival.call;
        let plan = self.plan.as_ref().map(|plan| plan.generation().clone());
        let project = self.project_of(&arrival);
        self.told_arrived(arrival, project, plan.unwrap_or("".into()));
        let status = refusal.status();
        self.outputs.push_back(Output::Refuse {
            leg: LegId::caller(call),
            status,
            retry_after_secs: (status == 503).then(|| self.retry_after(call)),
        });
        self.fact(
            call,
            CallEvent::Ended {
                outcome: refusal.outcome(),
                termination: refusal.termination(),
            },
        );
    }

    /// Spread by the random bits of the call's id, so that refused callers do not come back together and a replay says the
    /// same.
    fn retry_after(&self, call: CallId) -> u32 {
        let longest = self.config.retry_after_secs.max(RETRY_AFTER_MIN);
        let random = u32::from(call.0.as_bytes()[14]);
        RETRY_AFTER_MIN + random % (longest - RETRY_AFTER_MIN + 1)
    }

    fn project_of(&self, arrival: &Arrival) -> ProjectId {
        let plan = self.plan.as_ref();
        let entry = plan.and_then(|plan| plan.enter(&arrival.dialled, &arrival.trunk));
        entry.map_or(NO_PROJECT.into(), |(number, _)| number.project.clone())
    }

    fn take_in(&mut self, now: Now, arrival: Arrival, admitted: Admitted) {
        let id = arrival.call;
        let words = admitted.words.clone();
        let mut call = new_call(now, &arrival, admitted);
        let theirs = (&call.number.project, arrival.caller.e164());
        self.calls_in(now, id, theirs);
        call.former = self.former_place(now.mono, &call);
        let project = call.number.project.clone();
        let plan = call.plan.generation().clone();
        let answer = call.number.answer;
        let asked = call.check.is_some();
        self.briefs += usize::from(call.brief);
        self.told_arrived(arrival, project, plan);
        self.calls.insert(id, call);
        self.timers
            .set(Timer::Life(id), now.mono + self.config.call_max);
        self.touch(id);
        if let Some(words) = words {
            return self.say_busy(now, id, words);
        }
        self.start_lookup(now, id);
        let leg = LegId::caller(id);
        match answer {
            AnswerFirst::Answer if !asked => return self.answer_then(now, id, None),
            AnswerFirst::Answer => {}
            AnswerFirst::Ring => self.outputs.push_back(Output::Ring { leg }),
            // The question needs the 200 at once.
            AnswerFirst::EarlyMedia if asked => {}
            AnswerFirst::EarlyMedia => self.outputs.push_back(Output::EarlyMedia { leg }),
        }
        if asked {
            return self.ask_human(now, id);
        }
        self.advance(now, id, None);
    }

    /// The words for a number that has none for busy times. They need the 200, whatever the number's calls begin with: not
    /// every carrier lets sound through before it. They are the same for everybody, so no directory is asked who calls, and
    /// they are ours, so they are not recorded.
    fn say_busy(&mut self, now: Now, id: CallId, words: Decision) {
        let reason = Reason {
            code: "no_busy_flow".into(),
            place: None,
            text: "звонков больше, чем успеваем, а ветки busy у номера нет".to_owned(),
        };
        let (decision, reasons) = (describe(&words), vec![reason]);
        self.fact(id, CallEvent::Decided { decision, reasons });
        self.answer_then(now, id, Some(words));
    }

    fn told_arrived(&mut self, arrival: Arrival, project: ProjectId, plan: Name) {
        self.fact(
            arrival.call,
            CallEvent::Arrived {
                project,
                trunk: arrival.trunk,
                caller: arrival.caller,
                dialled: arrival.dialled,
                sip_call_id: arrival.sip_call_id,
                session_id: arrival.session_id,
                plan,
            },
        );
    }
}

/// A call that begins.
pub(crate) fn new_call(now: Now, arrival: &Arrival, admitted: Admitted) -> Call {
    let caller_leg = Leg {
        role: Role::Caller,
        answered: false,
        dismissed: false,
        playing: None,
    };
    Call {
        id: arrival.call,
        arrived: now,
        trunk: arrival.trunk.clone(),
        caller: arrival.caller.clone(),
        withheld: arrival.withheld,
        dialled: arrival.dialled.clone(),
        access: match admitted.number.answer {
            AnswerFirst::Answer | AnswerFirst::Ring => Access::Ringing,
            AnswerFirst::EarlyMedia => Access::Early,
        },
        plan: admitted.plan,
        number: admitted.number,
        cursor: admitted.cursor,
        phase: Phase::Deciding,
        client: ClientMatch::Pending,
        lookup_late: false,
        searched: Searched::default(),
        legs: BTreeMap::from([(0, caller_leg)]),
        next_leg: 0,
        next_play: 0,
        offers: BTreeMap::new(),
        offers_told: 0,
        queued_since: None,
        last_queue: None,
        former: None,
        by_hand: None,
        aside: None,
        wait_noted: false,
        position_said: None,
        notice_played: false,
        recording: Recording::Off,
        settled: None,
        sent_outside: false,
        requeues: 0,
        failed_over: false,
        wrap_ups: BTreeSet::new(),
        disposed: BTreeSet::new(),
        brief: admitted.brief,
        check: admitted.check,
        ending: None,
        ack: None,
        memory: Memory::default(),
        ahead: VecDeque::new(),
        no_digits: arrival.no_digits,
        presses: Presses::default(),
        room: Room::default(),
        course: Course::default(),
        consult: None,
        supervisions: Vec::new(),
        transfer: None,
        after_talk: None,
        out: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_callers_do_not_come_back_together() {
        let board = Switchboard::new(crate::Config::default());
        let waits: BTreeSet<u32> = (0..=u8::MAX)
            .map(|byte| {
                let id = format!("01930000-0000-7000-8000-00000000{byte:02x}00");
                let call = serde_json::from_value(serde_json::json!(id));
                board.retry_after(call.expect("an id"))
            })
            .collect();
        assert_eq!(waits, (5..=30).collect());
    }
}
