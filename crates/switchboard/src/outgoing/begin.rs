//! A call out begins: the rules are asked, the call is made, the operator's own phone rings.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::decision::Cursor;
use gudok_dialplan::plan::{Number, Plan};
use gudok_model::{
    AutoAnswer, CallBasis, CallEvent, CallId, Caller, Dialled, IdentitySource, Kind, LegId, Needs,
    Now, OfferId, OperatorId, Outcome, Parsed, PhoneNumber, Presentation, ProjectId, Reason,
    Termination, TrunkId,
};
use gudok_outbound::{
    Attempt, Basis, Check, Cli, DNC, Decision, Door, Facts, Rules, Standing, decide,
};

use super::{Denial, Dialling, Out, Stage, Turn, Wanted, Way, denied};
use crate::admission::{Admitted, Arrival, new_call};
use crate::call::{Access, Call, Phase, Role, Talk, Wait};
use crate::hand::Hold;
use crate::output::{DialTarget, Output};
use crate::queue_of::{queue_named, queue_of};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// What the rules say of a call that may be made.
pub(crate) struct Allowed {
    pub(super) cli: PhoneNumber,
    pub(super) attempt: Attempt,
    pub(super) why: Vec<Check>,
}

/// Whose settings a call out has.
struct Ground {
    plan: Arc<Plan>,
    number: Arc<Number>,
    /// Where the customer goes when the operator's phone dies, and what follows the talk.
    from: Wait,
    group: gudok_model::GroupId,
    wrap_up: Duration,
    hold_max: Option<Duration>,
}

impl Switchboard {
    /// Begins a call to a client, or says why not. What a rule refuses is on record all the same.
    pub(crate) fn begin_out(
        &mut self,
        now: Now,
        wanted: Wanted,
        way: Way,
    ) -> Result<CallId, Denial> {
        if self.draining || !self.config.outgoing {
            return Err(Denial::of("draining"));
        }
        if self.is_full() {
            return Err(Denial::of("too_many_calls"));
        }
        let plan = self.plan.clone().ok_or_else(|| Denial::of("no_plan"))?;
        let operator = match &way {
            Way::ByHand(operator) => Some(operator.clone()),
            Way::Queued(_) => None,
        };
        let id = self.outs.call(now.wall);
        let allowed = self.ask_rules(now, &wanted, operator.as_ref());
        let cli = allowed.as_ref().ok().map(|it| it.cli.clone());
        let shown = cli.as_ref().or(wanted.cli.as_ref());
        let number = self.number_of(&plan, &wanted, shown, operator.as_ref())?;
        let ground = self.ground(now, plan, number, &way)?;
        let mut out = self.out_of(now, wanted, &ground);
        match allowed {
            Err(denial) => {
                self.tell_dialled(id, &out, &ground, (operator, None));
                self.tell_denied(id, &denial);
                self.alarm_of(id, &denial);
                self.end_at_once(id, denied());
                Err(denial)
            }
            Ok(allowed) => {
                out.wanted.cli = cli;
                match way {
                    Way::ByHand(operator) => {
                        self.ring_own(now, id, (out, ground), operator, &allowed)
                    }
                    Way::Queued(turn) => self.stand_in(now, id, (out, ground), turn, &allowed),
                }
            }
        }
    }

    /// What the rules in force make of it now.
    pub(crate) fn ask_rules(
        &self,
        now: Now,
        wanted: &Wanted,
        operator: Option<&OperatorId>,
    ) -> Result<Allowed, Denial> {
        let Some(rules) = self.plan.as_ref().and_then(|plan| plan.outbound()) else {
            let text = "в плане нет [outbound]: правил исходящих нет, и никому не звонят";
            return Err(Denial::by_rule(
                "outbound".into(),
                "".into(),
                text.to_owned(),
            ));
        };
        let own = self.own_cli(rules, wanted, operator, now)?;
        let facts = Facts {
            door: Door::Client,
            number: &wanted.number,
            region: wanted.region.as_ref(),
            home: Some(&wanted.home),
            operator,
            purpose: wanted.purpose,
            basis: wanted.basis.as_ref(),
            cli: wanted.cli.as_ref().or(own.as_ref()),
            usage: self.counters.usage(now, operator, &wanted.number),
            refusal: self.refusal_of(wanted, operator),
            asked_at: self.asked_at(wanted),
        };
        match decide(rules, &facts, now.wall) {
            Decision::Allowed {
                cli: Some(cli),
                per_minute,
                counted,
                why,
            } => Ok(Allowed {
                cli,
                attempt: attempt_of(rules, wanted, operator, (per_minute, counted)),
                why,
            }),
            Decision::Allowed { cli: None, .. } => Err(Denial::of("no_cli")),
            Decision::Blocked { rule, place, text } => Err(Denial::by_rule(rule, place, text)),
        }
    }

    /// Whose call it is: of the project that owes it, else of whoever calls. None: all of the plan is of one project, or nobody
    /// knows.
    pub(crate) fn project_out(
        &self,
        plan: &Plan,
        wanted: &Wanted,
        operator: Option<&OperatorId>,
    ) -> Option<&ProjectId> {
        let first = &plan.numbers().first()?.project;
        if plan.numbers().iter().all(|it| it.project == *first) {
            return None;
        }
        let request = wanted.request.and_then(|id| self.callbacks.get(id));
        let owing = request.map(|it| &it.key.project);
        owing.or_else(|| Some(&self.profile(operator?)?.project))
    }

    /// The number to show where a plan has several projects: nobody is called under the name of another. The line that was called,
    /// if it is registered, else the first that fits. None: the rules choose among all, or were told which.
    fn own_cli(
        &self,
        rules: &Rules,
        wanted: &Wanted,
        operator: Option<&OperatorId>,
        now: Now,
    ) -> Result<Option<PhoneNumber>, Denial> {
        let Some(plan) = &self.plan else {
            return Ok(None);
        };
        let Some(project) = self.project_out(plan, wanted, operator) else {
            return Ok(None);
        };
        let is_own = |cli: &PhoneNumber| plan.number(cli).is_some_and(|it| it.project == *project);
        if let Some(cli) = &wanted.cli {
            return is_own(cli)
                .then_some(None)
                .ok_or_else(|| Denial::of("no_number"));
        }
        let request = wanted.request.and_then(|id| self.callbacks.get(id));
        let line = request.and_then(|it| it.line.as_ref());
        let today = rules.today(now.wall);
        let fits = |cli: &&&Cli| cli.is_valid(today) && cli.serves(wanted.purpose);
        let own: Vec<&Cli> = rules.clis.iter().filter(|it| is_own(&it.number)).collect();
        let mut fit = own.iter().filter(fits);
        let by_line = fit.clone().find(|it| Some(&it.number) == line);
        // As the rules choose: one that lacks nothing first.
        let whole = fit.clone().find(|it| it.lacks().is_empty());
        let cli = by_line.or(whole).or_else(|| fit.next());
        // Where none fits the rules say why.
        let cli = cli.or_else(|| own.first());
        let cli = cli.ok_or_else(|| Denial::of("no_number"))?;
        Ok(Some(cli.number.clone()))
    }

    /// The number of ours that it is made from, else the first of its project.
    fn number_of(
        &self,
        plan: &Plan,
        wanted: &Wanted,
        cli: Option<&PhoneNumber>,
        operator: Option<&OperatorId>,
    ) -> Result<Arc<Number>, Denial> {
        let project = self.project_out(plan, wanted, operator);
        let is_own = |it: &&Number| project.is_none_or(|project| it.project == *project);
        let number = cli.and_then(|cli| plan.number(cli)).filter(is_own);
        let number = number.or_else(|| plan.numbers().iter().find(is_own));
        let number = number.ok_or_else(|| Denial::of("no_number"))?;
        Ok(Arc::new(number.clone()))
    }

    /// The queue whose group has the operator, else the first.
    fn ground(
        &self,
        now: Now,
        plan: Arc<Plan>,
        number: Arc<Number>,
        way: &Way,
    ) -> Result<Ground, Denial> {
        let found = match way {
            Way::ByHand(who) => queue_of(&plan, who),
            Way::Queued(turn) => queue_named(&plan, &turn.queue),
        };
        let (queue, group) = found.ok_or_else(|| Denial::of("no_queue"))?;
        let from = Wait {
            queue: queue.id.clone(),
            priority: 0,
            deadline: now.mono + self.config.transfer_wait,
            leave_empty: false,
            music: self.config.hold_prompt.clone(),
            intro: None,
            then: Vec::new(),
            entered: now.mono,
            aside: Duration::ZERO,
            announce: None,
            keys: None,
        };
        Ok(Ground {
            number,
            group: group.id.clone(),
            wrap_up: queue.wrap_up_in(group),
            hold_max: queue.hold_max.filter(|_| self.config.limits_whole),
            from,
            plan: Arc::clone(&plan),
        })
    }

    fn out_of(&mut self, now: Now, wanted: Wanted, ground: &Ground) -> Out {
        let attempt = self.outs.attempt(now.wall);
        Out {
            wanted,
            attempt,
            began_as: attempt,
            wrap_up: ground.wrap_up,
            hold_max: ground.hold_max,
            consented: false,
            reached: false,
            told: false,
        }
    }

    /// The operator's own phone rings; they are busy from now on.
    fn ring_own(
        &mut self,
        now: Now,
        id: CallId,
        (mut out, ground): (Out, Ground),
        operator: OperatorId,
        allowed: &Allowed,
    ) -> Result<CallId, Denial> {
        if let Some(look) = self.outs.looks.remove(&operator) {
            (out.attempt, out.began_as) = (look.attempt, look.attempt);
        }
        let dialling = gudok_acd::Input::Dialling {
            operator: operator.clone(),
            attempt: out.attempt,
            call: id,
            hold_max: out.hold_max,
        };
        self.ask_acd(now, dialling)
            .map_err(|no| Denial::of(&no.code))?;
        self.tell_dialled(id, &out, &ground, (Some(operator.clone()), Some(allowed)));
        let (from, group) = (ground.from.clone(), ground.group.clone());
        self.make_call(now, id, out, &ground);
        let role = Role::Own {
            operator: operator.clone(),
        };
        let Some(leg) = self.new_leg(id, role) else {
            return Err(Denial::of("too_many_legs"));
        };
        let talk = Talk {
            leg,
            operator: operator.clone(),
            group,
            offer: OfferId { call: id, index: 0 },
            since: now.mono,
            heard: true,
            hold: Hold::default(),
            muted: false,
            settled_before: None,
            from,
        };
        let stage = Stage::Operator;
        let ring = self.config.transfer_ring;
        self.enter(
            now,
            id,
            Phase::Dialling(Box::new(Dialling { talk, stage })),
            ring,
        );
        self.start_lookup(now, id);
        self.show_out_card(now, id);
        self.tell_dialling(id, "phone");
        self.dial_own(leg, operator);
        Ok(id)
    }

    fn dial_own(&mut self, leg: LegId, operator: OperatorId) {
        let shown_number = self.calls.get(&leg.call).and_then(Call::shown_number);
        let auto_answer = self.seats.get(&operator).map(|it| it.profile.auto_answer);
        self.fact(
            leg.call,
            CallEvent::LegDialled {
                leg,
                operator: Some(operator.clone()),
                number: None,
            },
        );
        self.outputs.push_back(Output::Dial {
            leg,
            target: DialTarget::Operator { operator },
            shown_number,
            shown_name: None,
            auto_answer: auto_answer.unwrap_or(AutoAnswer::Off),
            colleague: Some(false),
            headers: vec![("X-Call-Id".to_owned(), leg.call.to_string())],
        });
    }

    /// A call without a caller takes its place in a queue.
    fn stand_in(
        &mut self,
        now: Now,
        id: CallId,
        (out, ground): (Out, Ground),
        turn: Turn,
        allowed: &Allowed,
    ) -> Result<CallId, Denial> {
        self.tell_dialled(id, &out, &ground, (None, Some(allowed)));
        let wait = Wait {
            queue: turn.queue,
            priority: turn.priority,
            deadline: turn.deadline,
            ..ground.from.clone()
        };
        self.make_call(now, id, out, &ground);
        if let Some(call) = self.calls.get_mut(&id) {
            call.queued_since = Some(turn.since);
        }
        self.start_lookup(now, id);
        if self.wait_in(now, id, wait).is_some() {
            self.give_up_out(now, id, super::How::NobodyInQueue);
            return Err(Denial::of("no_queue"));
        }
        Ok(id)
    }

    fn make_call(&mut self, now: Now, id: CallId, out: Out, ground: &Ground) {
        let number = &ground.number;
        let trunk = number.trunk.clone().unwrap_or_else(|| TrunkId::from(""));
        let arrival = Arrival {
            call: id,
            trunk,
            caller: customer(&out.wanted),
            withheld: None,
            dialled: Dialled {
                number: parsed(out.wanted.cli.as_ref()),
                found_in: IdentitySource::From,
            },
            sip_call_id: String::new(),
            session_id: None,
            brief: false,
            no_digits: false,
        };
        let cursor = Cursor {
            flow: number.flow.clone(),
            step: 0,
            taken: 0,
            tried: Vec::new(),
            asked: 0,
            attempt: 0,
        };
        let admitted = Admitted::plainly(&ground.plan, number, cursor);
        let mut call = new_call(now, &arrival, admitted);
        call.access = Access::Called;
        call.legs = BTreeMap::new();
        // Its card is shown before anybody could be found.
        call.lookup_late = true;
        call.memory.needs = self.needs_of_request(&out);
        call.out = Some(Box::new(out));
        self.calls.insert(id, call);
        self.timers
            .set(Timer::Life(id), now.mono + self.config.call_max);
        self.touch(id);
    }

    /// What was needed where the call was promised, of what the plan knows still.
    fn needs_of_request(&self, out: &Out) -> Needs {
        let request = out.wanted.request.and_then(|id| self.callbacks.get(id));
        let mut needs = request.map_or_else(Needs::new, |it| it.needs.clone());
        let known = self.plan.as_ref().map_or(&[][..], |plan| plan.skills());
        needs.retain(|skill, _| known.iter().any(|it| it.id == *skill));
        needs
    }

    /// The first fact of such a call.
    fn tell_dialled(
        &mut self,
        id: CallId,
        out: &Out,
        ground: &Ground,
        (by, allowed): (Option<OperatorId>, Option<&Allowed>),
    ) {
        let wanted = &out.wanted;
        let basis = wanted.basis.as_ref().map(on_record);
        let (cli, attempt) = match allowed {
            Some(it) => (Some(it.cli.clone()), Some(&it.attempt)),
            None => (wanted.cli.clone(), None),
        };
        let kept = allowed.map(|it| it.why.as_slice()).unwrap_or_default();
        let kept = kept.iter().filter(|it| it.standing == Standing::Passed);
        let dialled = CallEvent::Dialled {
            attempt: out.began_as,
            by,
            number: wanted.number.clone(),
            region: wanted.region.clone(),
            purpose: wanted.purpose.word().into(),
            basis,
            cli,
            project: ground.number.project.clone(),
            plan: ground.plan.generation().clone(),
            rules: kept.map(reason).collect(),
            counted: attempt.is_some_and(|it| it.contact.is_some()),
            minute_kopecks: attempt.map_or(0, |it| it.per_minute.0),
            request: wanted.request,
        };
        self.fact(id, dialled);
    }

    /// A rule is not kept.
    pub(crate) fn tell_denied(&mut self, id: CallId, denial: &Denial) {
        let fact = CallEvent::OutboundDenied {
            rule: denial.rule.clone().unwrap_or_else(|| denial.code.clone()),
            place: denial.place.clone(),
            text: denial.text.clone().unwrap_or_default(),
        };
        self.fact(id, fact);
    }

    /// Beyond a limit, or where nobody may call, somebody should look: it may be a thief's hand (S03). What a law says no to is the
    /// everyday of those who call.
    fn alarm_of(&mut self, id: CallId, denial: &Denial) {
        let rules = self.plan.as_ref().and_then(|plan| plan.outbound());
        let rule = denial.rule.as_ref();
        let (Some(rules), Some(rule)) = (rules, rule) else {
            return;
        };
        if !rules.law.contains_key(rule) && **rule != *DNC {
            self.alarm("outbound_denied", format!("{id}: {rule}"));
        }
    }

    /// The last word of a call that never was.
    fn end_at_once(&mut self, id: CallId, termination: Termination) {
        let outcome = Outcome::Out { reached: false };
        let ended = CallEvent::Ended {
            outcome,
            termination,
        };
        self.fact(id, ended);
    }
}

fn attempt_of(
    rules: &Rules,
    wanted: &Wanted,
    operator: Option<&OperatorId>,
    (per_minute, counted): (gudok_outbound::Kopecks, bool),
) -> Attempt {
    Attempt {
        operator: operator.cloned(),
        number: wanted.number.clone(),
        contact: counted.then_some(wanted.purpose),
        per_minute,
        talk_max: rules.talk_max,
    }
}

fn reason(check: &Check) -> Reason {
    Reason {
        code: check.rule.clone(),
        place: Some(check.place.clone()),
        text: check.text.clone(),
    }
}

/// Who is called, as callers are known.
fn customer(wanted: &Wanted) -> Caller {
    Caller {
        number: parsed(Some(&wanted.number)),
        display: None,
        presentation: Presentation::Allowed,
        asserted_by: IdentitySource::To,
        region: wanted.region.clone(),
    }
}

fn parsed(number: Option<&PhoneNumber>) -> Parsed {
    Parsed {
        raw: number.map(ToString::to_string).unwrap_or_default(),
        e164: number.cloned(),
        kind: Kind::Unknown,
    }
}

/// The ground of a call, as facts have it.
pub(crate) fn on_record(basis: &Basis) -> CallBasis {
    CallBasis {
        ground: basis.ground.word().into(),
        reference: basis.reference.clone(),
    }
}
