//! Any bytes: a message or a refusal, never a panic; what is read prints and reads the same again.
#![no_main]
use gudok_sip::address::NameAddr;
use gudok_sip::digest::{Authorization, Challenge};
use gudok_sip::frame::Framer;
use gudok_sip::identity::{Settings, extract};
use gudok_sip::message::Message;
use gudok_sip::parse::{Malformed, parse};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut framer = Framer::new();
    framer.push(bytes);
    while let Some(Ok(_)) = framer.next() {}
    let Ok(message) = parse(bytes) else { return };
    let printed = message.to_bytes();
    match parse(&printed) {
        Ok(again) => assert_eq!(again.to_bytes(), printed),
        // CP1251 grows as UTF-8, and Content-Length is added: a message at a limit may pass it.
        Err(error) => assert!(
            matches!(error.what, Malformed::TooLong | Malformed::LineTooLong | Malformed::TooMany),
            "what we print, we read: {error}"
        ),
    }
    let headers = message.headers();
    assert!(headers.via().is_some() && headers.from().is_some() && headers.to().is_some());
    assert!(headers.cseq().is_some() && headers.call_id().is_some());
    for (_, value) in headers.iter() {
        let _ = (Authorization::parse(value), Challenge::parse(value), NameAddr::parse(value));
    }
    if let Message::Request(request) = message {
        extract(&request, &Settings::default());
    }
});
