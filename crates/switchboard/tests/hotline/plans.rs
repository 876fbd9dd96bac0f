//! Small plans, as an admin writes them.

/// Greeting, notice, lookup, queue; the duty number when nobody is there, a message when nobody comes.
pub(crate) const DAY: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[dispositions]
SOLVED = "Решено"

[[number]]
did = "+78000000001"
label = "Горячая линия"
project = "hotline"
schedule = "work"
flow = "main"
after_hours = "night"

[schedule.work]
zone = "Europe/Moscow"
windows = ["mon-fri 09:00-20:00"]

[group.support]
operators = ["ivan", "anna", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "20s"
misses_max = 2

[queue.support]
callers_max = 2
empty = { leave = ["logged_out"] }

[[flow.main]]
play = "greeting"

[[flow.main]]
play = "notice"
notice = true

[[flow.main]]
lookup = true

[[flow.main]]
queue = "support"
priority = 3
wait = "60s"
on_no_operators = "duty"
on_timeout = "message"
on_full = "busy"

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

[[flow.busy]]
close = "all_busy"
reason = "queue_full"

[[flow.night]]
close = "night_closed"
reason = "night"
"#;

/// Everybody rings at once, the caller is not answered before somebody is there.
pub(crate) const RING: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
answer = "ring"
record = "from_answer"
flow = "main"

[group.support]
operators = ["ivan", "anna", "petr"]
strategy = "ring_all"
ring = "15s"
wrap_up = "0s"

[queue.support]

[[flow.main]]
queue = "support"
wait = "60s"
leave_empty = false
on_timeout = "message"
on_full = "message"
on_no_operators = "message"

[[flow.message]]
voicemail = "voicemail_intro"
max = "30s"

[[flow.message]]
close = "goodbye"
reason = "message_taken"
"#;

/// Prompts as early media, no recording, unwelcome callers refused, outside after the queue.
pub(crate) const EARLY: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
answer = "early_media"
record = "off"
flow = "main"

[group.support]
operators = ["ivan", "anna"]
strategy = "longest_idle"
ring = "15s"
wrap_up = "5s"

[queue.support]

[[flow.main]]
play = "greeting"

[[flow.main]]
queue = "support"
wait = "40s"
on_timeout = "duty"
on_full = "unwelcome"
on_no_operators = "message"

[[flow.message]]
voicemail = "voicemail_intro"
max = "30s"

[[flow.message]]
goto = "duty"

[[flow.duty]]
external = "+79990001122"
ring = "20s"
on_not_answered = "unwelcome"

[[flow.unwelcome]]
hangup = true
allow_hangup = "nobody_left"
"#;

/// Two queues in a row, one group each, one wait for both.
pub(crate) const TWO_QUEUES: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[[number]]
did = "+78000000001"
project = "hotline"
record = "from_answer"
flow = "main"

[group.first]
operators = ["ivan"]
strategy = "linear"
ring = "15s"
wrap_up = "5s"

[group.second]
operators = ["anna", "petr"]
strategy = "round_robin"
ring = "15s"
wrap_up = "5s"

[queue.first]
[queue.second]

[[flow.main]]
queue = "first"
wait = "20s"
leave_empty = false
on_timeout = "second"
on_full = "second"
on_no_operators = "second"

[[flow.second]]
queue = "second"
wait = "90s"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"
on_no_operators = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "nobody_came"
"#;

/// Nothing is said before the lookup.
pub(crate) const LOOKUP_FIRST: &str = r#"
[[number]]
did = "+78000000001"
project = "hotline"
record = "from_answer"
lookup_deadline = "500ms"
flow = "main"

[group.support]
operators = ["ivan"]
strategy = "linear"

[queue.support]

[[flow.main]]
lookup = true

[[flow.main]]
queue = "support"
wait = "60s"
on_timeout = "sorry"
on_full = "sorry"
on_no_operators = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "nobody_came"
"#;

/// A menu, a question, a queue, and a number outside that must take the call by a key.
pub(crate) const KEYS: &str = r##"
[[number]]
did = "+78000000001"
project = "hotline"
record = "from_answer"
answer = "early_media"
flow = "main"

[group.support]
operators = ["ivan", "anna", "petr"]
strategy = "linear"
ring = "15s"

[queue.support]

[[flow.main]]
menu = ["welcome"]
keys = { 1 = "queue", 2 = "account", "*" = "duty" }
on_invalid = ["no_such_key"]
tries = 2
otherwise = "duty"

[[flow.account]]
ask = "account"
prompts = ["say_account"]
digits = "1-4"
between = "2s"
tries = 2
otherwise = "queue"

[[flow.account]]
goto = "duty"

[[flow.queue]]
queue = "support"
wait = "40s"
on_timeout = "duty"
on_full = "duty"
on_no_operators = "duty"

[[flow.duty]]
external = "+79990001122"
ring = "20s"
ack = { prompts = ["duty_ack"], keys = { 5 = "take", 6 = "pass" }, timeout = "5s" }
on_not_answered = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "nobody_came"
"##;

pub(crate) const ALL: [&str; 11] = [
    DAY,
    RING,
    EARLY,
    TWO_QUEUES,
    LOOKUP_FIRST,
    KEYS,
    RATED,
    ASIDE,
    OUT,
    CALLS,
    LIMITS,
];

/// Callers are asked after each talk, however short.
pub(crate) const RATED: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[dispositions]
SOLVED = "Решено"

[[number]]
did = "+78000000001"
project = "hotline"
record = "from_answer"
flow = "main"

[group.support]
operators = ["ivan", "anna", "petr"]
ring = "15s"
wrap_up = "20s"

[queue.support]
survey = "quality"

[survey.quality]
ask_solved = "rate_solved"
tell_operator = true
again = "0s"
talk_min = "0s"

[[flow.main]]
queue = "support"
wait = "60s"
on_no_operators = "sorry"
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "nobody"
"#;

/// Whoever waits may ask for a call back, or leave a message; the third number tells of it from the second place on.
pub(crate) const ASIDE: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[[number]]
did = "+78000000001"
project = "hotline"
record = "off"
flow = "main"

[[number]]
did = "+78000000003"
project = "hotline"
record = "off"
flow = "far"

[group.support]
operators = ["ivan", "anna"]
strategy = "linear"
ring = "60s"
wrap_up = "0s"

[[flow.main]]
queue = "support"
wait = "2m"
leave_empty = false
announce = { position = true, every = "30s" }
keys = { 1 = [{ callback = "support" }], 0 = "message" }
offer = { say = ["queue_callback"] }
on_timeout = "sorry"
on_full = "sorry"

[[flow.far]]
queue = "support"
wait = "2m"
leave_empty = false
keys = { 1 = [{ callback = "support" }, { play = ["please_wait"] }] }
offer = { say = ["queue_callback"], after = "20s", position = 2 }
on_timeout = "sorry"
on_full = "sorry"

[[flow.message]]
voicemail = ["voicemail_intro"]
max = "30s"

[[flow.message]]
goto = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "sorry"
"#;

/// Who waits is told how things stand; the second number speaks English, the third is for people who go first.
pub(crate) const ANNOUNCED: &str = r#"
[not_ready_reasons]
LUNCH = "Обед"

[[number]]
did = "+78000000001"
record = "off"
flow = "main"

[[number]]
did = "+78000000002"
record = "off"
locale = "en"
flow = "main"

[[number]]
did = "+78000000003"
record = "off"
flow = "first"

[group.support]
operators = ["ivan", "anna"]
strategy = "linear"
ring = "60s"
wrap_up = "0s"

[[flow.main]]
queue = "support"
wait = "10m"
leave_empty = false
announce = { position = true, wait = true, every = "30s", say = ["please_wait"] }
on_timeout = "sorry"
on_full = "sorry"

[[flow.first]]
queue = "support"
wait = "10m"
priority = 7
leave_empty = false
announce = { position = true, every = "30s" }
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "sorry"
"#;

/// A queue, and a number outside that the rules of calls out let ring one at a time.
pub(crate) const OUT: &str = r#"
[outbound]
zone = "Europe/Moscow"
night = "23:00-07:00"
talk_max = "60s"
limits = { at_once = 1, per_hour = 3, roubles_per_day = 100 }
operator = { at_once = 1, per_hour = 2, roubles_per_day = 50 }

[outbound.prefixes]
"+7999" = { minute = "2.50" }
"+7495123" = { minute = "1.90" }

[[number]]
did = "+78000000001"
flow = "main"
zone = "Europe/Moscow"
record = "off"

[group.support]
operators = ["ivan", "anna", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "20s"

[[flow.main]]
queue = "support"
wait = "60s"
on_no_operators = "duty"
on_timeout = "duty"
on_full = "duty"

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

/// Clients in Moscow by day; advertising with a consent alone; what is recorded is told of.
pub(crate) const CALLS: &str = r#"
[outbound]
zone = "Europe/Moscow"
night = "23:00-07:00"
talk_max = "60s"
limits = { at_once = 3, per_hour = 20, roubles_per_day = 1000 }
operator = { at_once = 1, per_hour = 10, roubles_per_day = 500 }

[outbound.prefixes]
"+7495" = { minute = "1.90" }
"+7499" = "denied"

[[outbound.cli]]
number = "+78000000001"

[law.hours]
article = "порядок организации"
from = 2020-01-01
hours = "09:00-21:00"

[law.consent]
article = "38-ФЗ"
from = 2020-01-01
purposes = ["advertising"]
basis = ["consent"]
proof = true

[law.debts]
article = "230-ФЗ"
from = 2020-01-01
purposes = ["debt"]
contacts = { day = 1, week = 2, month = 8 }

[[number]]
did = "+78000000001"
flow = "main"
zone = "Europe/Moscow"
record = "after_notice"

[group.support]
operators = ["ivan", "anna", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "20s"

[dispositions]
SOLVED = "Решено"

[[flow.main]]
play = ["notice"]
notice = true

[[flow.main]]
queue = "support"
wait = "60s"
on_no_operators = "sorry"
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "all_busy"
reason = "sorry"
"#;

/// Limits of people in each of their parts, of breaks, of holds and of talks outside: all so near that they bind.
pub(crate) const LIMITS: &str = r#"
[not_ready_reasons]
LUNCH = { text = "Обед", max = "1m", keep_ready = 1 }

[outbound]
zone = "Europe/Moscow"
night = "23:00-07:00"
talk_max = "60s"
limits = { at_once = 3, per_hour = 20, roubles_per_day = 1000 }
operator = { at_once = 1, per_hour = 10, roubles_per_day = 500 }

[outbound.prefixes]
"+7495" = { minute = "1.90" }
"+7999" = { minute = "2.50" }

[[outbound.cli]]
number = "+78000000001"

[law.hours]
article = "порядок организации"
from = 2020-01-01
hours = "09:00-21:00"

[cap.novices]
operators = ["ivan", "anna"]
calls_per_hour = 1

[cap.tired]
operators = ["ivan", "petr"]
talk_max = "1m"

[cap.admitted]
operators = ["petr"]
until = "2026-03-02T12:01:30+03:00"

[[number]]
did = "+78000000001"
flow = "main"
zone = "Europe/Moscow"
record = "off"

[group.support]
operators = ["ivan", "anna", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "20s"

[queue.support]
hold_max = "5s"

[dispositions]
SOLVED = "Решено"

[[flow.main]]
queue = "support"
wait = "60s"
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
