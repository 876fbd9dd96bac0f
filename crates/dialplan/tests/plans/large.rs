//! A large plan: two hundred schedules of windows and short weeks, fifty numbers that each look at four of them.
use std::fmt::Write as _;

pub(crate) const ZONES: [&str; 4] = [
    "Asia/Irkutsk",
    "Europe/Moscow",
    "Europe/Berlin",
    "Asia/Kamchatka",
];

/// Its text.
pub(crate) fn plan() -> String {
    let mut text = String::from(
        "[group.tech]\noperators = [\"101\"]\n\n[[flow.message]]\nvoicemail = [\"voicemail_intro\"]\n\n[[flow.message]]\nclose = [\"goodbye\"]\nreason = \"night\"\n",
    );
    for i in 0..200 {
        let (from, to) = (i % 12, 12 + i % 11);
        write!(text, "\n[schedule.s{i}]\nzone = \"{}\"\nwindows = [\"mon-fri {from:02}:{:02}-{to}:15\", \"sat,sun 22:00-08:{:02}\"]\n", ZONES[i % 4], i % 60, i % 60).expect("a string takes all");
    }
    for i in 0..50 {
        let (a, b, c, d) = (i, 50 + i, 100 + i, 150 + i);
        write!(
            text,
            "\n[[number]]\ndid = \"+780012345{i:02}\"\nrecord = \"off\"\nallow_closed = []\nschedule = \"s{a}\"\nflow = \"main{i}\"\nafter_hours = \"night{i}\"\n\n[[flow.main{i}]]\nqueue = \"tech\"\nwait = \"60s\"\non_timeout = \"night{i}\"\non_no_operators = \"night{i}\"\non_full = \"night{i}\"\n\n[[flow.night{i}]]\nwhen = 'schedule.s{b}.open && now.hour >= 9 && client.class != \"vip\"'\ngoto = \"message\"\n\n[[flow.night{i}]]\nwhen = 'schedule.s{c}.reason == \"hours\" || schedule.s{d}.open'\ngoto = \"message\"\n\n[[flow.night{i}]]\nexternal = \"+79990000101\"\non_not_answered = \"message\"\n"
        )
        .expect("a string takes all");
    }
    text
}
