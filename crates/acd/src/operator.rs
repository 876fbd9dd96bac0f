//! One operator: four orthogonal variables and the one state that is displayed (behaviour 5.1).
use std::time::Duration;

use gudok_model::actor::LOGIN;
use gudok_model::{Actor, CallId, GroupId, Mono, Name, OfferId, OperatorProfile, SessionId, Wall};
use serde::{Deserialize, Serialize};

use crate::bench::Standing;
use crate::breaks::Break;
use crate::caps::Capped;
use crate::dialling::{Outbound, Stage};
use crate::guard::{Guard, guard};
use crate::offer::Terms;
use crate::placing::Placing;

/// A person and what is true of them now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Operator {
    pub(crate) profile: OperatorProfile,
    /// The groups that list this operator, each once.
    pub(crate) groups: Vec<GroupId>,
    /// Which groups that is by somebody's word; else the plan's.
    #[serde(default)]
    pub(crate) placing: Placing,
    /// Where the operator sits. None: logged out.
    pub(crate) session: Option<SessionId>,
    pub(crate) intent: Intent,
    /// Who made it so.
    pub(crate) by: Actor,
    /// Taken up when the present work ends.
    pub(crate) next: Option<Wish>,
    pub(crate) endpoint: Endpoint,
    pub(crate) work: Work,
    /// The call between operators in which they ring or talk, or the call of a caller for which they are consulted.
    pub(crate) engaged: Option<CallId>,
    /// That caller is on the way, and was about to be rung by this operator.
    #[serde(default)]
    pub(crate) kept: bool,
    /// End of the last work, or the moment of becoming ready, or of a refusal: the clock of `longest_idle`.
    pub(crate) idle_since: Mono,
    /// The break that lasts.
    pub(crate) pause: Option<Break>,
    /// When the hold that lasts is too long.
    pub(crate) hold_until: Option<Mono>,
    /// Set after a rejection; its timer clears it.
    pub(crate) cooldown_until: Option<Mono>,
    /// The limit that they have reached.
    #[serde(default)]
    pub(crate) capped: Option<Capped>,
    /// When limits are looked at again.
    #[serde(default)]
    pub(crate) cap_at: Option<Mono>,
    /// Calls missed in a row.
    pub(crate) misses: u32,
    /// Not in the config any more: leaves as soon as idle.
    pub(crate) removed: bool,
    /// How the groups list this operator.
    pub(crate) standing: Standing,
    /// Whether the groups count this operator as logged in.
    pub(crate) counted: bool,
    pub(crate) shown: Shown,
}

/// What the person wants. Nobody makes it `Ready` but a person, or the policy `phone_only` for those without a desk (I6).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Intent {
    /// No calls, and why.
    NotReady(Name),
    /// Calls, please.
    Ready,
}

/// A wish for the time after the present work. The last word counts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Next {
    Ready,
    NotReady(Name),
    Logout,
}

/// A wish with whoever has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) next: Next,
    pub(crate) by: Actor,
}

/// What the person works with. Flags with an end in time are cleared by timers, so that
/// nothing here has to be compared with a clock.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    /// A live contact of the phone is registered.
    pub(crate) phone: bool,
    /// The phone failed an offer and is not trusted until then, or until it registers again.
    pub(crate) phone_failed_until: Option<Mono>,
    /// The desk is connected.
    pub(crate) desk: bool,
    /// The desk was lost during a talk and still counts until then.
    pub(crate) desk_grace_until: Option<Mono>,
    /// After a restart: until then phone and desk may come back to somebody as ready as before.
    pub(crate) back_until: Option<Mono>,
}

/// What the person does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Work {
    Idle,
    /// An offer is on its way.
    Reserved(Ring),
    /// The phone rings.
    Ringing(Ring),
    Talking(Talk),
    /// Talking, the caller on hold.
    Hold(Talk),
    WrapUp(WrapUp),
    /// An attempt to reach somebody.
    Out(Outbound),
}

/// An offer in hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Ring {
    pub(crate) offer: OfferId,
    pub(crate) until: Wall,
}

/// A talk in hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Talk {
    pub(crate) offer: OfferId,
    pub(crate) terms: Terms,
    pub(crate) since: Mono,
    /// The disposition was given during the talk.
    pub(crate) disposed: bool,
    /// Somebody is being asked aside.
    pub(crate) consulting: bool,
    /// The caller is in it.
    pub(crate) conference: bool,
}

/// Work after the talk (Q11: one timer per operator, whatever queues there are).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct WrapUp {
    pub(crate) call: CallId,
    pub(crate) started: Mono,
    pub(crate) since: Wall,
    /// As the group sets it.
    pub(crate) set: Duration,
    /// Most that may be added.
    pub(crate) extend_max: Duration,
    /// Added by the operator so far.
    pub(crate) extended: Duration,
    /// In how many steps.
    pub(crate) extensions: u32,
    pub(crate) deadline: Mono,
    pub(crate) deadline_wall: Wall,
    pub(crate) disposed: bool,
    /// It was resumed after a restart and its person has not sat down since: the one work without a seat.
    pub(crate) unseated: bool,
}

/// The displayed state: the first that is true.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Display {
    LoggedOut,
    Reserved,
    Ringing,
    Talking,
    Hold,
    Consult,
    Conference,
    WrapUp,
    Dialing,
    Preview,
    DeviceDown,
    NotReady,
    Ready,
}

/// All that a desk shows of the state; a change of it is a `StateChanged`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Face {
    pub(crate) display: Display,
    pub(crate) reason: Option<Name>,
    pub(crate) next: Option<Name>,
    pub(crate) session: Option<SessionId>,
    pub(crate) endpoint_up: bool,
    pub(crate) call: Option<CallId>,
    pub(crate) offer: Option<OfferId>,
    pub(crate) deadline: Option<Wall>,
    /// Where they work for other groups than the plan's.
    #[serde(default)]
    pub(crate) groups: Option<Vec<GroupId>>,
}

/// The face that was announced last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) version: u64,
    pub(crate) since: Wall,
    pub(crate) face: Face,
    /// Behind it: where there is no phone, or a colleague on it, nothing is seen of it.
    pub(crate) intent: Intent,
}

impl Operator {
    /// Somebody new: logged out, phone unknown.
    pub(crate) fn new(profile: OperatorProfile, now: Wall) -> Self {
        Self {
            profile,
            groups: Vec::new(),
            placing: Placing::default(),
            session: None,
            intent: Intent::NotReady("login".into()),
            by: Actor::Policy(LOGIN.into()),
            next: None,
            endpoint: Endpoint::default(),
            work: Work::Idle,
            engaged: None,
            kept: false,
            idle_since: Mono::default(),
            pause: None,
            hold_until: None,
            cooldown_until: None,
            capped: None,
            cap_at: None,
            misses: 0,
            removed: false,
            standing: Standing::default(),
            counted: false,
            shown: Shown {
                version: 0,
                since: now,
                face: Face::logged_out(),
                intent: Intent::NotReady("login".into()),
            },
        }
    }

    /// Whether phone and desk are there.
    pub(crate) fn endpoint_up(&self) -> bool {
        let endpoint = &self.endpoint;
        let phone = endpoint.phone && endpoint.phone_failed_until.is_none();
        let desk = self.profile.phone_only || endpoint.desk || endpoint.desk_grace_until.is_some();
        phone && desk
    }

    /// The one predicate: a call may be offered now (behaviour 5.1).
    pub(crate) fn routable(&self) -> bool {
        self.session.is_some()
            && (self.intent == Intent::Ready || !guard(Guard::Intent))
            && (self.work == Work::Idle || !guard(Guard::Busy))
            && (self.engaged.is_none() || !guard(Guard::Engaged))
            && (self.endpoint_up() || !guard(Guard::Endpoint))
            && (self.cooldown_until.is_none() || !guard(Guard::Pause))
            && (self.capped.is_none() || !guard(Guard::Capped))
            && !self.removed
    }

    /// Whether the seat is given up after the present work.
    pub(crate) fn leaves(&self) -> bool {
        let next = self.next.as_ref();
        next.is_some_and(|wish| wish.next == Next::Logout)
    }

    /// Whether any work is in hand.
    pub(crate) fn is_busy(&self) -> bool {
        self.work != Work::Idle
    }

    /// The talk in hand, on hold or not.
    pub(crate) fn talk(&self) -> Option<&Talk> {
        match &self.work {
            Work::Talking(talk) | Work::Hold(talk) => Some(talk),
            Work::Idle | Work::Reserved(_) | Work::Ringing(_) | Work::WrapUp(_) | Work::Out(_) => {
                None
            }
        }
    }

    /// The offer in hand while it rings or is talked on.
    pub(crate) fn offer(&self) -> Option<OfferId> {
        match &self.work {
            Work::Reserved(ring) | Work::Ringing(ring) => Some(ring.offer),
            Work::Talking(talk) | Work::Hold(talk) => Some(talk.offer),
            Work::Idle | Work::WrapUp(_) | Work::Out(_) => None,
        }
    }

    /// The face as of now.
    pub(crate) fn face(&self) -> Face {
        let display = self.display();
        let reason = match (&self.intent, display) {
            (Intent::NotReady(reason), Display::NotReady) => Some(reason.clone()),
            (Intent::Ready, Display::NotReady) => self.capped.as_ref().map(Capped::reason),
            (_, _) => None,
        };
        Face {
            display,
            reason,
            next: self.next.as_ref().map(|wish| wish.next.name()),
            session: self.session,
            endpoint_up: self.endpoint_up(),
            call: self.call(),
            offer: self.offer(),
            deadline: self.deadline(),
            groups: self.placing.is_said().then(|| self.groups.clone()),
        }
    }

    fn display(&self) -> Display {
        if self.session.is_none() {
            return Display::LoggedOut;
        }
        match &self.work {
            Work::Reserved(_) => Display::Reserved,
            Work::Ringing(_) => Display::Ringing,
            Work::Talking(talk) | Work::Hold(talk) if talk.conference => Display::Conference,
            Work::Talking(talk) | Work::Hold(talk) if talk.consulting => Display::Consult,
            Work::Talking(_) => Display::Talking,
            Work::Hold(_) => Display::Hold,
            Work::WrapUp(_) => Display::WrapUp,
            Work::Out(out) => out.display(),
            Work::Idle if self.kept => Display::Reserved,
            Work::Idle if self.engaged.is_some() => Display::Talking,
            Work::Idle if !self.endpoint_up() => Display::DeviceDown,
            Work::Idle if self.intent == Intent::Ready && self.capped.is_none() => Display::Ready,
            Work::Idle => Display::NotReady,
        }
    }

    fn call(&self) -> Option<CallId> {
        match &self.work {
            Work::WrapUp(wrap_up) => Some(wrap_up.call),
            Work::Out(out) => out.call(),
            _ => self.offer().map(|offer| offer.call),
        }
    }

    fn deadline(&self) -> Option<Wall> {
        match &self.work {
            Work::Reserved(ring) | Work::Ringing(ring) => Some(ring.until),
            Work::WrapUp(wrap_up) => Some(wrap_up.deadline_wall),
            Work::Idle => self.pause.as_ref()?.until.map(|until| until.wall),
            Work::Out(out) => match &out.stage {
                Stage::Preview { until } => Some(until.wall),
                Stage::Dialing { .. } | Stage::Talking(_) | Stage::Hold(_) => None,
            },
            Work::Talking(_) | Work::Hold(_) => None,
        }
    }
}

impl Next {
    fn name(&self) -> Name {
        match self {
            Self::Ready => "ready".into(),
            Self::NotReady(reason) => reason.clone(),
            Self::Logout => "logged_out".into(),
        }
    }
}

impl Display {
    /// Each of them.
    const ALL: [Self; 13] = [
        Self::LoggedOut,
        Self::Reserved,
        Self::Ringing,
        Self::Talking,
        Self::Hold,
        Self::Consult,
        Self::Conference,
        Self::WrapUp,
        Self::Dialing,
        Self::Preview,
        Self::DeviceDown,
        Self::NotReady,
        Self::Ready,
    ];

    /// The one of this slug.
    pub(crate) fn named(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.slug() == slug)
    }

    /// Whether it is work.
    pub(crate) fn is_work(self) -> bool {
        match self {
            Self::Reserved
            | Self::Ringing
            | Self::Talking
            | Self::Hold
            | Self::Consult
            | Self::Conference
            | Self::WrapUp
            | Self::Dialing
            | Self::Preview => true,
            Self::LoggedOut | Self::DeviceDown | Self::NotReady | Self::Ready => false,
        }
    }

    /// The slug that desks and records use.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Reserved => "reserved",
            Self::Ringing => "ringing",
            Self::Talking => "talking",
            Self::Hold => "hold",
            Self::Consult => "consult",
            Self::Conference => "conference",
            Self::WrapUp => "wrap_up",
            Self::Dialing => "dialing",
            Self::Preview => "preview",
            Self::DeviceDown => "device_down",
            Self::NotReady => "not_ready",
            Self::Ready => "ready",
        }
    }
}

impl Face {
    fn logged_out() -> Self {
        Self {
            display: Display::LoggedOut,
            reason: None,
            next: None,
            session: None,
            endpoint_up: false,
            call: None,
            offer: None,
            deadline: None,
            groups: None,
        }
    }
}
