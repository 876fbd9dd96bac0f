//! Where it begins, and what may happen there. Settings are small, so that what they forbid is near.
use gudok_model::SupervisionMode;

use crate::deeds::{Deed, To, Word};
use crate::moves::Move::{self, Arrives, Asks, CallsOut, Customer, Phone, PopAck, Says, Timer};

/// What may happen in scenes that want it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extra {
    /// Legs that were told to end do so later, and may say something else before.
    Crossing,
    /// Prompts end when they like.
    Prompts,
    /// Desks show cards when they like.
    Cards,
    /// The first packet of a phone comes when it likes.
    Heard,
    /// Phones are lost and come back.
    Phones,
    /// Desks are lost and come back.
    Desks,
    /// Ready, a break, logout.
    Seats,
    /// Hold, mute, parking.
    Hand,
    /// Passing on, by the desk.
    Transfer,
    /// Asking aside and a conference, from the desk.
    Consult,
    /// A supervisor in the talk of somebody else.
    Supervise,
    /// Calls that operators make.
    Outgoing,
    /// Calls that were promised.
    Owing,
    /// Dialling and passing on by the phone.
    ByPhone,
    Reload,
    Drain,
    Restart,
}

use Extra::*;

/// A place to begin.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// The two plans between which a reload changes.
    pub(crate) plans: [&'static str; 2],
    pub(crate) extras: &'static [Extra],
    /// Who sits and is ready.
    pub(crate) ready: &'static [u8],
    /// What has happened.
    pub(crate) before: &'static [Move],
}

impl Scene {
    pub(crate) fn wants(&self, extra: Extra) -> bool {
        self.extras.contains(&extra)
    }
}

/// Those whose lives are also lived at random.
pub(crate) const LIVED: [&Scene; 6] = [&MORNING, &CROSSING, &IN_HAND, &ASIDE, &OVERHEARD, &NOBODY];

/// The race list of the issue, from nothing.
pub(crate) static MORNING: Scene = Scene {
    name: "callers come",
    plans: [LINEAR, RING_ALL],
    extras: &[Phones, Desks, Seats, Reload, Drain, Restart],
    ready: &[0, 1, 2],
    before: &[],
};

pub(crate) static CROSSING: Scene = Scene {
    name: "phones cross",
    plans: [RING_ALL, LINEAR],
    extras: &[Crossing, Cards, Heard, Reload],
    ready: &[0, 1, 2],
    before: &[Arrives(0), PopAck(0), PopAck(1), Phone(0, Deed::Rings)],
};

pub(crate) static IN_HAND: Scene = Scene {
    name: "a talk in hand",
    plans: [LINEAR, RING_ALL],
    extras: &[Crossing, Hand, Transfer, ByPhone, Desks],
    ready: &[0, 1],
    before: &[Arrives(0), Phone(0, Deed::Answers)],
};

pub(crate) static ASIDE: Scene = Scene {
    name: "a word aside",
    plans: [LINEAR, RING_ALL],
    extras: &[Crossing, Consult, Transfer, Hand, Phones],
    ready: &[0, 1],
    before: &[
        Arrives(0),
        Phone(0, Deed::Answers),
        Says(0, Word::Consult(To::Operator(1))),
        Phone(1, Deed::Answers),
    ],
};

pub(crate) static OVERHEARD: Scene = Scene {
    name: "a talk overheard",
    plans: [LINEAR, RING_ALL],
    extras: &[Crossing, Supervise, Hand, Consult, Transfer, Phones],
    ready: &[0, 2],
    before: &[
        Arrives(0),
        Phone(0, Deed::Answers),
        Says(2, Word::Supervise(SupervisionMode::Whisper)),
        Phone(2, Deed::Answers),
    ],
};

pub(crate) static NOBODY: Scene = Scene {
    name: "nobody is there",
    plans: [WORDS, LINEAR],
    extras: &[Crossing, Prompts, Seats, Reload],
    ready: &[],
    before: &[Arrives(0)],
};

/// A promise: asked for once more, offered, taken by hand, put off, dialled, reached or not, while its customer calls, the plan
/// changes and the daemon starts anew.
pub(crate) static OWING: Scene = Scene {
    name: "a call is owed",
    plans: [PROMISES, LINEAR],
    extras: &[Crossing, Owing, Phones, Desks, Reload, Restart],
    ready: &[0],
    before: &[Asks, Timer],
};

/// Operators call somebody who may call them meanwhile.
pub(crate) static OUTGOING: Scene = Scene {
    name: "a call out",
    plans: [PROMISES, LINEAR],
    extras: &[
        Crossing, Outgoing, Hand, Transfer, Phones, Desks, Reload, Drain, Restart,
    ],
    ready: &[0, 1],
    before: &[Says(0, Word::Break)],
};

/// A talk with a client that ends by a limit, and people who may talk with one caller an hour.
pub(crate) static LIMITED: Scene = Scene {
    name: "a limit ends it",
    plans: [LIMITS, LINEAR],
    extras: &[
        Crossing, Outgoing, Hand, Consult, Transfer, Supervise, Phones, Reload,
    ],
    ready: &[0, 1, 2],
    before: &[
        Says(0, Word::Break),
        CallsOut(0),
        Phone(0, Deed::Answers),
        Customer(Deed::Answers),
    ],
};

/// One phone after the other; outside when nobody is there, a message when nobody comes.
const LINEAR: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[dispositions]
SOLVED = "Решено"

[[number]]
did = "+78000000001"
project = "main"
flow = "main"
record = "from_answer"

[group.p]
operators = ["anna", "ivan", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "20s"
misses_max = 2

[queue.p]
callers_max = 2

[[flow.main]]
queue = "p"
wait = "60s"
on_no_operators = "duty"
on_timeout = "message"
on_full = "message"

[[flow.duty]]
external = "+79990001122"
ring = "20s"
on_not_answered = "message"

[[flow.message]]
voicemail = "voicemail_intro"
max = "30s"

[[flow.message]]
close = "voicemail_thanks"
reason = "message_taken"
"#;

/// All phones at once, and no work after the talk.
const RING_ALL: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[dispositions]
SOLVED = "Решено"

[[number]]
did = "+78000000001"
project = "main"
flow = "main"
answer = "ring"
record = "from_answer"

[group.p]
operators = ["anna", "ivan", "petr"]
strategy = "ring_all"
ring = "15s"
wrap_up = "0s"

[queue.p]
callers_max = 1

[[flow.main]]
queue = "p"
wait = "40s"
leave_empty = false
on_no_operators = "message"
on_timeout = "message"
on_full = "message"

[[flow.message]]
voicemail = "voicemail_intro"
max = "30s"

[[flow.message]]
close = "voicemail_thanks"
reason = "message_taken"
"#;

/// A notice, a question, the queue, a number outside, a message.
const WORDS: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[dispositions]
SOLVED = "Решено"

[[number]]
did = "+78000000001"
project = "main"
flow = "main"

[group.p]
operators = ["anna", "ivan", "petr"]
strategy = "longest_idle"
ring = "15s"
wrap_up = "5s"

[queue.p]
callers_max = 2

[[flow.main]]
play = "notice"
notice = true

[[flow.main]]
queue = "p"
wait = "30s"
on_no_operators = "duty"
on_timeout = "duty"
on_full = "message"

[[flow.duty]]
external = "+79990001122"
ring = "20s"
on_not_answered = "message"

[[flow.message]]
voicemail = "voicemail_intro"
max = "30s"

[[flow.message]]
close = "voicemail_thanks"
reason = "message_taken"
"#;

/// A talk with a number outside lasts a minute; limits of people in each of their parts. Petr's admission ends in a minute and a half.
const LIMITS: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[dispositions]
SOLVED = "Решено"

[outbound]
zone = "Europe/Moscow"
night = "23:00-07:00"
talk_max = "60s"
limits = { at_once = 5, per_hour = 60, roubles_per_day = 5000 }
operator = { at_once = 2, per_hour = 60, roubles_per_day = 5000 }

[outbound.prefixes]
"+7" = { minute = "2.50", zone = "Europe/Moscow" }

[[outbound.cli]]
number = "+78000000001"

[law.hours]
article = "порядок организации"
from = 2020-01-01
hours = "09:00-21:00"

[cap.novices]
operators = ["anna", "ivan"]
calls_per_hour = 1

[cap.tired]
operators = ["anna", "ivan"]
talk_max = "2m"

[cap.admitted]
operators = ["petr"]
until = "2026-03-02T12:01:30+03:00"

[[number]]
did = "+78000000001"
project = "main"
zone = "Europe/Moscow"
record = "off"
flow = "main"

[group.p]
operators = ["anna", "ivan", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "10s"

[queue.p]

[[flow.main]]
queue = "p"
wait = "10m"
on_no_operators = "duty"
on_timeout = "duty"
on_full = "duty"

[[flow.duty]]
external = "+79990001122"
ring = "20s"
on_not_answered = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "sorry"
"#;

/// Whoever waits may be called back; operators may call out.
const PROMISES: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[dispositions]
SOLVED = "Решено"

[outbound]
zone = "Europe/Moscow"
night = "23:00-07:00"
talk_max = "2h"
limits = { at_once = 5, per_hour = 60, roubles_per_day = 5000 }
operator = { at_once = 2, per_hour = 60, roubles_per_day = 5000 }

[outbound.prefixes]
"+79" = { minute = "2.50", zone = "Europe/Moscow" }

[[outbound.cli]]
number = "+78000000001"

[law.hours]
article = "порядок организации"
from = 2020-01-01
hours = "09:00-21:00"

[[number]]
did = "+78000000001"
project = "main"
zone = "Europe/Moscow"
record = "off"
flow = "main"

[group.p]
operators = ["anna", "ivan", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "10s"

[queue.p]
callback = { tries = 2, pause = "2m" }

[[flow.main]]
queue = "p"
wait = "10m"
leave_empty = false
keys = { 1 = [{ callback = "p", keep_place = true }] }
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "sorry"
"#;
