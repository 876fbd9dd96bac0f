//! Any text: an answer or a refusal, never a panic; and what we answer, we can read.
#![no_main]
use gudok_sip::sdp::{Capabilities, Description, Direction, Local};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let rtp = "192.0.2.1:30000".parse().expect("an address");
    let mut local = Local::new(1, rtp, 30001, Capabilities::default());
    if let Ok((_, answer)) = local.answer(text, Direction::SendRecv) {
        let lines = Description::parse(text).expect("it was answered").media.len();
        assert_eq!(Description::parse(&answer).expect("what we write, we read").media.len(), lines);
    }
    local.offer(Direction::SendOnly);
    let _ = local.apply_answer(text, Direction::SendRecv);
});
