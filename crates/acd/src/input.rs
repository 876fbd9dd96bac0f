//! What goes into the ACD.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{
    Actor, AttemptId, BreakRule, CallId, CapSettings, Forced, GroupId, GroupSettings, Mono, Name,
    Needs, OfferId, OperatorId, OperatorProfile, QueueId, QueueSettings, SessionId, SkillSettings,
    WhenEmpty,
};

/// Most operators that a call may be for by name.
pub const NAMED_MAX: usize = 4;
/// Most redirections of phones that are followed for one call.
pub const POINTED_MAX: usize = 2;

/// For whom a caller waits before anybody else is asked, and how long.
#[derive(Clone, PartialEq, Debug)]
pub struct Sticky {
    /// Whom: of the group or not. Offered as soon as they may take calls as ever; not waited for where they have no seat.
    pub operator: OperatorId,
    /// Then the caller is for anybody. Absolute.
    pub until: Mono,
}

/// Something happened. Inputs that do not fit the state are answered with [`Output::Rejected`](crate::Output),
/// never with a panic.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// Groups and queues as the dialplan has them; replaces the former. Waiting calls keep their order (Q16);
    /// calls of a removed queue come out as `WaitEnded { Removed }`.
    Configured {
        /// All groups.
        groups: Vec<GroupSettings>,
        /// All queues.
        queues: Vec<QueueSettings>,
        /// All skills.
        skills: Vec<SkillSettings>,
    },
    /// When these queues of the configuration that follows are empty, and whom they let go then (Q8); replaces the former. The
    /// others are empty as soon as nobody of their groups is logged in.
    WhenEmpty {
        /// By queue.
        queues: BTreeMap<QueueId, WhenEmpty>,
    },
    /// Somebody is expected behind a queue that says when it is empty, now or soon, or nobody is any more: while somebody is,
    /// it counts as empty to nobody, and callers who wait there beside nobody are an alarm.
    Expected {
        /// Which.
        queue: QueueId,
        /// Whether somebody is.
        on: bool,
    },
    /// A queue is closed and lets nobody wait meanwhile, or does so again (Q0): who comes and who waits there leaves it with
    /// `WaitEnded { Closed }`, those for whom somebody rings when nobody has taken it. Holds whatever is configured, until it is
    /// told otherwise; of a queue that is not there it means nothing.
    Closed {
        /// Which.
        queue: QueueId,
        /// Closed, or no more.
        on: bool,
    },
    /// The operators; replaces the former list, states are kept by id.
    Operators(Vec<OperatorProfile>),
    /// What binds breaks; replaces the former rules. A break that has begun is judged by those of then.
    Breaks(Vec<BreakRule>),
    /// Limits of people; replaces the former. Who has reached one is offered no call, whatever their readiness, and cannot say
    /// that they are ready (`capped`) until it binds them no more.
    Caps(Vec<CapSettings>),
    /// A call enters a queue, or moves to another one keeping `since`.
    Queued {
        /// Which call.
        call: CallId,
        /// Which queue.
        queue: QueueId,
        /// 0–9.
        priority: u8,
        /// When the call entered its first queue (Q1: never moved back).
        since: Mono,
        /// Leaves the queue with `WaitEnded { TimedOut }` then. Absolute.
        deadline: Mono,
        /// Leave at once with `WaitEnded { NoOperators }` when the queue is empty: nobody is logged in, where it says nothing else.
        leave_empty: bool,
        /// Asked by name, one after the other, before anybody of the group (a call that was passed on); of the group or
        /// not, ready or not, but with a seat, a phone and nothing else in hand; in a drain too, the call being one that
        /// goes on. At most [`NAMED_MAX`].
        first: Vec<OperatorId>,
        /// Kept for one operator for a while before anybody else is asked (Q6), where nobody is named in `first`.
        sticky: Option<Sticky>,
        /// It has the place of an earlier call in this queue (Q1): it is not sent off as one who comes when there are too many.
        resumed: bool,
        /// They wait on though the queue is closed: it was we who called them, or their plan says nothing of its hours.
        stays: bool,
        /// Nobody waits with it on the line: it was promised, and takes no place of callers (`callers_max`).
        promised: bool,
        /// What an operator must know for this caller besides what the queue asks (Q4); its ladder lowers it too.
        needs: Needs,
    },
    /// A call for one person alone: they are asked by name, as with `first`, but only where they take calls now (ready, with a phone and
    /// nothing in hand), and after them nobody is. Leaves with `WaitEnded { NoOperators }` where they cannot be asked, with
    /// `TimedOut` where they did not take it. The queue is the one whose rules and record it has; it takes no place of those who
    /// wait there.
    Named {
        /// Which call.
        call: CallId,
        /// A queue of a group that lists them.
        queue: QueueId,
        /// When the call entered its first queue.
        since: Mono,
        /// It rings no longer. Absolute.
        deadline: Mono,
        /// Whom.
        operator: OperatorId,
    },
    /// The caller answers questions for a while, or somebody outside is rung for them: the place is kept and counted, nobody is
    /// asked for them, whoever rings stops (`Revoked`). The deadline stands. `Queued` brings the call back, to its place or to
    /// another queue; `Gone` gives the place up.
    Aside {
        /// Which call.
        call: CallId,
    },
    /// The caller left, or the plan took the call out of the queue. Closes every offer of the call. While
    /// talking it ends the talk as `TalkEnded` does; for a call that left its queue before it means nothing.
    Gone {
        /// Which call.
        call: CallId,
    },
    /// The operator took a seat at a desk.
    Login {
        /// Who.
        operator: OperatorId,
        /// The new session; an older one is taken over.
        session: SessionId,
    },
    /// The operator leaves the seat (while busy: after the present work).
    Logout {
        /// Who.
        operator: OperatorId,
        /// Whose word it is.
        actor: Actor,
    },
    /// The desk's connection is there or gone. Gone while talking changes nothing for 60 s.
    Desk {
        /// Whose.
        operator: OperatorId,
        /// Which session; a late word of an old session changes nothing.
        session: SessionId,
        /// Whether it is there.
        live: bool,
    },
    /// The phone has a live contact or not.
    Phone {
        /// Whose.
        operator: OperatorId,
        /// Whether it is there.
        live: bool,
    },
    /// The operator wants calls.
    Ready {
        /// Who.
        operator: OperatorId,
        /// Whose word it is; of one who may not make this operator ready it is refused, `not_allowed` (I6).
        actor: Actor,
    },
    /// The operator wants no calls. Rejected with `break_quota` where the reason's rule wants more to stay on the line, and no
    /// supervisor or admin says it.
    NotReady {
        /// Who.
        operator: OperatorId,
        /// Why; mandatory.
        reason: Name,
        /// Whose word it is.
        actor: Actor,
    },
    /// A supervisor's word about an operator; of anybody else it is refused, `not_allowed`.
    Force {
        /// About whom.
        operator: OperatorId,
        /// What they are to be.
        to: Forced,
        /// Whose word it is.
        actor: Actor,
    },
    /// Whom the operator is to call is on their screen. [`Output::PreviewEnded`](crate::Output) follows unless it is dialled
    /// before. Idle people alone look, ready or not; as `Dialling`, which may follow, it changes nothing of readiness.
    Preview {
        /// Who.
        operator: OperatorId,
        /// Which attempt.
        attempt: AttemptId,
        /// For so long.
        lasts: Duration,
    },
    /// The operator does not call whom they look at.
    Skipped {
        /// Who.
        operator: OperatorId,
        /// Which attempt.
        attempt: AttemptId,
    },
    /// Somebody is rung for the operator, who is idle or looks at this very attempt.
    Dialling {
        /// Who.
        operator: OperatorId,
        /// Which attempt.
        attempt: AttemptId,
        /// By which call.
        call: CallId,
        /// How long a hold of the talk may last before it is told as too long. None: as long as it likes.
        hold_max: Option<Duration>,
    },
    /// Whom they called answered.
    DialAnswered {
        /// Who.
        operator: OperatorId,
        /// Which attempt.
        attempt: AttemptId,
    },
    /// The attempt is over: answered and ended, or in vain.
    DialEnded {
        /// Who.
        operator: OperatorId,
        /// Which attempt.
        attempt: AttemptId,
        /// The work after it: short where nobody answered.
        wrap_up: Duration,
    },
    /// The phone of the offer rings.
    Alerting {
        /// Which offer.
        offer: OfferId,
    },
    /// The phone of the offer answered. The first wins; `Won` or `OfferClosed { Lost }` follows.
    Answered {
        /// Which offer.
        offer: OfferId,
    },
    /// The operator said no (desk or phone).
    Rejected {
        /// Which offer.
        offer: OfferId,
    },
    /// The phone of the offer points to a colleague, and will not take the call itself: its `Rejected` follows. They are
    /// asked next, by name, where a call may be offered to them now, nobody else is being asked, they have neither refused
    /// this call nor pointed away from it themselves, and fewer than [`POINTED_MAX`] were followed for it; else it means
    /// nothing.
    Redirected {
        /// Which offer.
        offer: OfferId,
        /// To whom.
        to: OperatorId,
    },
    /// The phone gave up ringing by itself.
    Unanswered {
        /// Which offer.
        offer: OfferId,
    },
    /// The phone could not be reached; not the operator's miss (Q12). Of the offer that won: the phone died
    /// before the two heard each other, and the call is offered to others at once with its old place.
    DeviceFailed {
        /// Which offer.
        offer: OfferId,
    },
    /// The operator put the caller on hold or took them back.
    Held {
        /// Who.
        operator: OperatorId,
        /// On or off.
        on: bool,
    },
    /// The operator asks somebody aside during the talk, or no more; without a talk it means nothing.
    Consulting {
        /// Who.
        operator: OperatorId,
        /// Begins or is over.
        on: bool,
    },
    /// The caller comes into the word aside, so that three hear each other, or goes out of it; with the end of the word aside it is
    /// over. Where nobody is asked aside it means nothing.
    Conferring {
        /// Who.
        operator: OperatorId,
        /// Begins or is over.
        on: bool,
    },
    /// The talk of an operator is over: wrap-up begins.
    TalkEnded {
        /// Who.
        operator: OperatorId,
        /// Which call.
        call: CallId,
    },
    /// An operator took a call of stays to somebody who was not reached, or who calls us: no talk, and counted as none. The work
    /// after it is that of the queue, but no longer than this.
    InVain {
        /// Who.
        operator: OperatorId,
        /// Which call.
        call: CallId,
        /// Most of the work after it.
        at_most: Duration,
    },
    /// A caller is on the way to whom this operator was about to ring: nothing is offered to the operator but that very caller, by
    /// name, until [`Self::Engaged`] says that it is over. Rejected where the operator is not there, has anything else in hand than
    /// the attempt, or has finished with it and means to take no calls. The work after the attempt ends, or is none: the caller goes
    /// before the paperwork about them.
    Kept {
        /// Who.
        operator: OperatorId,
        /// For whose call.
        call: CallId,
        /// The call of stays by which that caller was to be rung.
        of: CallId,
    },
    /// A caller who talks with somebody is handed to another operator, who has heard of them already: the talk of the
    /// former ends, that of `operator` begins, without an offer in between. Rejected, with nothing changed, where the
    /// call is in no talk or `operator` has a call of the queues in hand.
    Joined {
        /// Which call.
        call: CallId,
        /// Who talks from now on.
        operator: OperatorId,
    },
    /// The operator rings or talks in a call between operators, or is consulted about a caller: nothing is offered
    /// meanwhile but that very caller, by name. One at a time: the beginning of a second is rejected (`engaged`), the
    /// end of any other changes nothing.
    Engaged {
        /// Who.
        operator: OperatorId,
        /// In which call.
        call: CallId,
        /// Begins or is over.
        on: bool,
    },
    /// The operator named the disposition, during the talk or in the wrap-up.
    Disposed {
        /// Who.
        operator: OperatorId,
        /// Of which call.
        call: CallId,
        /// End the wrap-up now. During the talk it means nothing.
        done: bool,
    },
    /// More time for the wrap-up, within the limit.
    Extend {
        /// Who.
        operator: OperatorId,
        /// How much.
        by: Duration,
    },
    /// After a restart: the operator's wrap-up goes on as it was (5.2). Takes nobody's seat and makes nobody ready.
    /// Rejected where the operator is unknown or at work.
    WrapUpResumed {
        /// Who.
        operator: OperatorId,
        /// Of which call.
        call: CallId,
        /// How much of it is left.
        left: Duration,
        /// The disposition is there already.
        disposed: bool,
    },
    /// After a restart: who had a seat has it again ([`Restored`](crate::Restored)). Rejected where the operator is unknown, has
    /// a seat, or is at work.
    Restored {
        /// Who, and how things stood with them.
        person: Box<crate::Restored>,
    },
    /// After a restart: whom a group that goes round asked last. Of a group or a member that is gone it means nothing.
    Cursor {
        /// Which.
        group: GroupId,
        /// Whom.
        operator: OperatorId,
    },
    /// After a restart: when somebody began to talk with callers in the run before, within the hour of `calls_per_hour`. Of whom no
    /// limit counts it means nothing.
    Taken {
        /// Who.
        operator: OperatorId,
        /// In any order.
        at: Vec<Mono>,
    },
    /// After a restart: the groups that a supervisor gave somebody in the run before, under the same plan. To be told before they are
    /// [`Restored`](Self::Restored), with what they chose of them.
    Given {
        /// To whom.
        operator: OperatorId,
        /// All of them; of one that is gone it means nothing.
        groups: Vec<GroupId>,
    },
    /// By hand a group is asked at once for the callers of each queue whose ladder adds it, whatever they waited; or no more.
    /// Lives through a reconfiguration. This and the other three by hand are refused with `not_allowed` but for supervisors
    /// and admins.
    Reserve {
        /// Which group.
        group: GroupId,
        /// Raised, or lowered.
        on: bool,
        /// Whose word it is.
        actor: Actor,
    },
    /// By hand an operator works for these groups and no others, until the next `Configured`. What is in hand goes on.
    Regroup {
        /// Who.
        operator: OperatorId,
        /// All of them; where the plan does not list the operator, at the end.
        groups: Vec<GroupId>,
        /// Whose word it is.
        actor: Actor,
    },
    /// The operator takes calls for these of their groups alone, until another session begins: the plan's, or those that
    /// `Regroup` gave. `unknown_group` where one is not among them, or none is named; `break_quota` where one that they leave would
    /// keep fewer on the line than the strictest rule of a break wants.
    Serves {
        /// Who.
        operator: OperatorId,
        /// Which.
        groups: Vec<GroupId>,
    },
    /// By hand a caller who waits has another priority.
    Reprioritise {
        /// Which call.
        call: CallId,
        /// 0–9.
        priority: u8,
        /// Whose word it is.
        actor: Actor,
    },
    /// By hand a caller who waits is offered to this operator next, as by name: `operator_busy` or `operator_away` where they
    /// cannot be asked. Not taken, the caller is for anybody again, with the same place.
    Assign {
        /// Which call.
        call: CallId,
        /// To whom.
        to: OperatorId,
        /// Whose word it is.
        actor: Actor,
    },
    /// No new offers from now on (Q15): what rings goes on ringing; callers for whom nobody rings, or rings any more, come
    /// out as `WaitEnded { NoOperators }`.
    Drain,
}
