//! Damaged messages: a message or a refusal, never a panic; and what is read prints and reads the same.
use gudok_sip::frame::Framer;
use gudok_sip::parse::{Malformed, parse};
use proptest::prelude::*;

use crate::differential::corpus;
use crate::wire;

proptest! {
    #[test]
    fn damage_is_survived(
        which in any::<proptest::sample::Index>(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), "\\PC|[\\r\\n\\x00;,:<>\"]"), 0..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let corpus = corpus();
        let mut bytes = wire(which.get::<String>(&corpus));
        for (place, text) in edits {
            let at = place.index(bytes.len());
            bytes.splice(at..at + 1, text.bytes());
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            let mut framer = Framer::new();
            framer.push(bytes);
            while let Some(Ok(_)) = framer.next() {}
            let Ok(message) = parse(bytes) else { continue };
            let printed = message.to_bytes();
            let again = parse(&printed).map(|again| again.to_bytes());
            prop_assert_eq!(again, Ok(printed));
        }
    }
}

#[test]
fn a_message_at_its_limit_may_pass_it_when_printed() {
    // Found by the fuzzer: 128 headers, to which Content-Length is added.
    let head = "OPTIONS sip:a@b SIP/2.0\nv: SIP/2.0/UDP h\nf: sip:a@b\nt: sip:a@b\ni: x\nCSeq: 1 OPTIONS\n";
    let full = wire(&format!("{head}{}\n", "X-A: y\n".repeat(123)));
    let printed = parse(&full).expect("at the limit").to_bytes();
    assert_eq!(parse(&printed).unwrap_err().what, Malformed::TooMany);
}
