use super::*;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=sendonly\r\n\
    m=audio 4000/2 RTP/AVP 96 8 0 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-16\r\na=ptime:30\r\na=rtcp:4009 IN IP4 192.0.2.9\r\n\
    m=video 0 RTP/AVP 31\r\nc=IN IP6 2001:db8::1\r\na=inactive\r\n";

#[test]
fn what_stands_above_is_filled_in() {
    let offer = Description::parse(OFFER).unwrap();
    let [audio, video] = offer.media.as_slice() else {
        panic!("two lines")
    };
    assert_eq!(audio.rtp(), Some("192.0.2.1:4000".parse().unwrap()));
    assert_eq!(audio.rtcp(), Some("192.0.2.9:4009".parse().unwrap()));
    assert_eq!(
        (audio.direction, audio.ptime),
        (Direction::SendOnly, Some(30))
    );
    assert_eq!(audio.encoding(8), Some(("PCMA", 8000)));
    assert_eq!(audio.encoding(96), None, "two channels");
    assert_eq!(audio.payload_type("Telephone-Event"), Some(101));
    assert_eq!(video.rtcp(), Some("[2001:db8::1]:1".parse().unwrap()));
    assert_eq!(video.direction, Direction::Inactive);
    assert_eq!(Description::parse(&OFFER.replace('\r', "")), Ok(offer));
}

#[test]
fn refused() {
    for (text, wanted) in [
        ("", SdpError::Version),
        ("o=x\r\nv=0\r\n", SdpError::Version),
        ("v=0\r\nm=audio\r\n", SdpError::Line(2)),
        ("v=0\r\n\r\nm=audio 70000 RTP/AVP 0\r\n", SdpError::Line(3)),
        ("v=0\r\nm=audio 1 RTP/AVP\r\n", SdpError::Line(2)),
        ("v=0\r\nm=audio 0 IN\u{1}\u{c}\r\n", SdpError::Line(2)),
        ("v=0\r\nc=IN\r\n", SdpError::Line(2)),
        ("v=0\r\nnonsense\r\n", SdpError::Line(2)),
    ] {
        assert_eq!(Description::parse(text), Err(wanted), "{text}");
    }
    let many = "v=0\n".to_owned() + &"m=audio 1 RTP/AVP 0\n".repeat(MEDIA_MAX + 1);
    assert_eq!(Description::parse(&many), Err(SdpError::TooMany));
    let long = "v=0\n".to_owned() + &"x".repeat(SDP_MAX);
    assert_eq!(Description::parse(&long), Err(SdpError::TooLong));
}

#[test]
fn lists_are_bounded() {
    let maps: String = (0..999)
        .map(|at| format!("a=rtpmap:{} X/8000\n", at % 128))
        .collect();
    let text = format!("v=0\nm=audio 1 RTP/AVP{}\n{maps}", " 0".repeat(999));
    let media = &Description::parse(&text).unwrap().media[0];
    assert_eq!(
        (media.formats.len(), media.maps.len()),
        (FORMATS_MAX, MAPS_MAX)
    );
}

#[test]
fn directions() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    assert_eq!(
        [SendRecv, SendOnly, RecvOnly, Inactive].map(Direction::reversed),
        [SendRecv, RecvOnly, SendOnly, Inactive]
    );
    assert_eq!(
        (SendOnly.and(RecvOnly), SendRecv.and(RecvOnly)),
        (Inactive, RecvOnly)
    );
}
