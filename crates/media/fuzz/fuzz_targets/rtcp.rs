//! Any bytes as RTCP datagrams of a bridged and recorded call.
#![no_main]

mod stage;

libfuzzer_sys::fuzz_target!(|data: &[u8]| stage::feed(gudok_media::Kind::Rtcp, data));
