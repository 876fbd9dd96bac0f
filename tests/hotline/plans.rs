//! The plans of these tests, put together from parts so that each says only what it is about.
use std::time::{SystemTime, UNIX_EPOCH};

/// Round the clock: greeting, notice, lookup, the queue. What the caller says is recorded from the answer on.
pub(crate) fn open() -> String {
    number("answer = \"answer\"\nrecord = \"from_answer\"\nflow = \"main\"\n")
        + PEOPLE
        + GREETED
        + QUEUED
        + GOODBYE
}

/// The same; the recording begins after the notice, as the law wants it.
pub(crate) fn open_recorded_after_notice() -> String {
    open().replace("from_answer", "after_notice")
}

/// The caller hears ringing until an operator answers.
pub(crate) fn ringing() -> String {
    number("answer = \"ring\"\nrecord = \"from_answer\"\nflow = \"main\"\n")
        + PEOPLE
        + QUEUED
        + GOODBYE
}

/// Without operators: the number outside, then a message.
pub(crate) fn with_overflow() -> String {
    open().replace(
        "on_no_operators = \"sorry\"",
        "on_no_operators = \"overflow\"",
    ) + OVERFLOW
        + MESSAGE
}

/// Without operators: a message.
pub(crate) fn with_message() -> String {
    open().replace(
        "on_no_operators = \"sorry\"",
        "on_no_operators = \"message\"",
    ) + MESSAGE
}

/// Callers wait, whoever is there.
pub(crate) fn patient() -> String {
    open().replace("leave_empty = true", "leave_empty = false")
}

/// Closed at this hour, whichever it is: the closing message.
pub(crate) fn closed() -> String {
    let open = open().replace("flow = \"main\"\n", CLOSED_NUMBER);
    // Where it is opened by hand nobody is waited for.
    let open = open.replace(
        "callers_max = 10",
        "callers_max = 10\nempty = { leave = [\"logged_out\"] }",
    );
    open + &closed_now() + NIGHT
}

/// Closed at this hour: the duty engineer.
pub(crate) fn closed_with_duty() -> String {
    open().replace(
        "flow = \"main\"\n",
        &CLOSED_NUMBER.replace("night", "overflow"),
    ) + &closed_now()
        + OVERFLOW
        + MESSAGE
}

/// Every caller hears this prompt and nothing else; no operator is needed.
pub(crate) fn only_says(prompt: &str) -> String {
    number("record = \"from_answer\"\nflow = \"main\"\n")
        + &format!("[[flow.main]]\nclose = [\"{prompt}\"]\nreason = \"closed\"\n")
}

fn number(how: &str) -> String {
    format!(
        "[[number]]\ndid = \"+78001234567\"\nlabel = \"Горячая линия\"\nlookup_deadline = \"500ms\"\n{how}\n"
    )
}

const PEOPLE: &str = r#"
[group.tech]
operators = ["101", "102"]
strategy = "linear"
ring = "10s"
wrap_up = "2s"
reject_delay = "5s"
misses_max = 3

[queue.tech]
callers_max = 10

[dispositions]
REQUEST = "Заявка принята"
"#;

const GREETED: &str = r#"
[[flow.main]]
play = ["greeting", "notice"]
notice = true

[[flow.main]]
lookup = true
"#;

const QUEUED: &str = r#"
[[flow.main]]
queue = "tech"
wait = "60s"
music = "music"
leave_empty = true
on_timeout = "sorry"
on_no_operators = "sorry"
on_full = "sorry"
"#;

const GOODBYE: &str = r#"
[[flow.sorry]]
close = ["goodbye"]
reason = "all_busy"
"#;

const OVERFLOW: &str = r#"
[[flow.overflow]]
play = ["overflow_transfer"]

[[flow.overflow]]
external = "+79990000101"
ring = "10s"
on_not_answered = "message"
"#;

const MESSAGE: &str = r#"
[[flow.message]]
voicemail = ["voicemail_intro"]
max = "1m"

[[flow.message]]
close = ["goodbye"]
reason = "message_taken"
"#;

const CLOSED_NUMBER: &str = "flow = \"main\"\nschedule = \"office\"\nafter_hours = \"night\"\n";

const NIGHT: &str = r#"
[[flow.night]]
close = ["night_closed"]
reason = "closed"
"#;

/// A schedule that is open on one day of the week only, three days from now.
fn closed_now() -> String {
    const DAYS: [&str; 7] = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"];
    let days = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs() / 86_400);
    let other = DAYS[((days + 3) % 7) as usize];
    format!("\n[schedule.office]\nzone = \"UTC\"\nwindows = [\"{other} 09:00-18:00\"]\n")
}
