//! Any bytes: whatever a look takes, the parser takes and reads the same.
#![no_main]
use gudok_sip::parse::{Glance, parse};
use gudok_sip::Message;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(glance) = Glance::of(bytes) else { return };
    let Ok(Message::Request(request)) = parse(bytes) else { panic!("the parser refuses what a look takes") };
    let headers = &request.headers;
    assert_eq!((glance.method, glance.uri), (request.method.as_str(), request.uri.as_str()));
    assert!(glance.vias().eq(headers.list("Via")));
    let read = [glance.from, glance.to, glance.call_id, glance.cseq];
    assert_eq!(read.map(Some), ["From", "To", "Call-ID", "CSeq"].map(|name| headers.get(name)));
    assert_eq!((glance.to_tag(), glance.from_tag()), (headers.to_tag(), headers.from_tag()));
});
