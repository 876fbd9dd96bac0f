use super::super::addresses::{OwnMedia, Unfit};
use super::*;

fn local() -> Local {
    Local::new(
        7,
        "192.0.2.10:30000".parse().unwrap(),
        30001,
        Capabilities::default(),
    )
}

fn sdp(address: &str, rest: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n{rest}")
}

const AUDIO: &str = "m=audio 4000 RTP/AVP 18 0 8 97\r\na=rtpmap:97 telephone-event/8000\r\n";

#[test]
fn an_offer_is_answered_line_by_line() {
    let offer = sdp(
        "198.51.100.1",
        &format!(
            "m=video 5000 RTP/AVP 31\r\nm=audio 6000 RTP/SAVP 8\r\n{AUDIO}m=image 9 udptl t38\r\n"
        ),
    );
    let mut local = local();
    let (agreed, answer) = local.answer(&offer, Direction::SendRecv).unwrap();
    assert_eq!(
        (agreed.codec, agreed.payload_type, agreed.dtmf),
        (Codec::Pcma, 8, Some(97))
    );
    assert_eq!(agreed.rtp, "198.51.100.1:4000".parse().unwrap());
    assert_eq!(agreed.rtcp, "198.51.100.1:4001".parse().unwrap());
    insta::assert_snapshot!(answer, @r"
    v=0
    o=- 7 1 IN IP4 192.0.2.10
    s=-
    c=IN IP4 192.0.2.10
    t=0 0
    m=video 0 RTP/AVP 31
    m=audio 0 RTP/SAVP 8
    m=audio 30000 RTP/AVP 8 97
    a=rtpmap:8 PCMA/8000
    a=rtpmap:97 telephone-event/8000
    a=fmtp:97 0-15
    a=ptime:20
    a=sendrecv
    m=image 0 udptl t38
    ");
    // Our later offer keeps the lines in their places, and the payload type of the keys.
    let again = local.offer(Direction::SendOnly);
    insta::assert_snapshot!(again, @r"
    v=0
    o=- 7 2 IN IP4 192.0.2.10
    s=-
    c=IN IP4 192.0.2.10
    t=0 0
    m=video 0 RTP/AVP 31
    m=audio 0 RTP/SAVP 8
    m=audio 30000 RTP/AVP 8 97
    a=rtpmap:8 PCMA/8000
    a=rtpmap:97 telephone-event/8000
    a=fmtp:97 0-15
    a=ptime:20
    a=sendonly
    m=image 0 udptl t38
    ");
}

/// Who is asked to speak in a family we have no socket of would hear nothing: it is told so.
#[test]
fn a_party_in_another_family_is_refused_whenever_it_says_so() {
    let v6 = sdp("2001:db8::1", AUDIO).replace("c=IN IP4", "c=IN IP6");
    let mapped = sdp("::ffff:198.51.100.1", AUDIO).replace("c=IN IP4", "c=IN IP6");
    let mut local = local();
    let refused = local.answer(&v6, Direction::SendRecv);
    assert_eq!(refused, Err(SdpError::Family), "an offer");
    local.offer(Direction::SendRecv);
    let answer = v6.replace("18 0 8 97", "8 101");
    let refused = local.apply_answer(&answer, Direction::SendRecv);
    assert_eq!(refused, Err(SdpError::Family), "an answer");
    assert!(
        local
            .answer(&sdp("198.51.100.1", AUDIO), Direction::SendRecv)
            .is_ok()
    );
    let refused = local.answer(&v6, Direction::SendRecv);
    assert_eq!(refused, Err(SdpError::Family), "a new offer in the talk");
    for fine in [mapped, v6.replace("2001:db8::1", "::")] {
        let agreed = local.answer(&fine, Direction::SendRecv);
        assert!(agreed.is_ok(), "{fine} {agreed:?}");
    }
}

#[test]
fn the_version_grows_with_changes_only() {
    let mut local = local();
    let first = local.offer(Direction::SendRecv);
    assert_eq!(local.offer(Direction::SendRecv), first);
    assert!(
        local
            .offer(Direction::SendOnly)
            .starts_with("v=0\r\no=- 7 2 IN IP4 192.0.2.10\r\n")
    );
}

#[test]
fn holds_of_all_kinds() {
    let held = |address: &str, attribute: &str| {
        let (agreed, answer) = local()
            .answer(
                &sdp(address, &format!("{AUDIO}{attribute}\r\n")),
                Direction::SendRecv,
            )
            .unwrap();
        let written = Description::parse(&answer).unwrap().media[0].direction;
        assert_eq!(agreed.direction, written);
        (agreed.direction, agreed.is_held())
    };
    assert_eq!(
        held("198.51.100.1", "a=sendrecv"),
        (Direction::SendRecv, false)
    );
    assert_eq!(
        held("198.51.100.1", "a=sendonly"),
        (Direction::RecvOnly, true)
    );
    assert_eq!(
        held("198.51.100.1", "a=recvonly"),
        (Direction::SendOnly, false)
    );
    assert_eq!(
        held("198.51.100.1", "a=inactive"),
        (Direction::Inactive, true)
    );
    assert_eq!(held("0.0.0.0", "a=sendrecv"), (Direction::RecvOnly, true));
    assert_eq!(held("0.0.0.0", "a=inactive"), (Direction::Inactive, true));
}

#[test]
fn answers_to_our_offer() {
    let apply = |answer: &str| {
        let mut local = local();
        local.offer(Direction::SendRecv);
        local.apply_answer(answer, Direction::SendRecv)
    };
    let agreed = apply(&sdp("198.51.100.1", AUDIO)).unwrap();
    assert_eq!(
        (agreed.codec, agreed.payload_type),
        (Codec::Pcmu, 0),
        "their first of ours"
    );
    assert_eq!((agreed.dtmf, agreed.dtmf_in), (Some(97), Some(101)));
    let plain = apply(&sdp(
        "198.51.100.1",
        "m=audio 4000 RTP/AVP 8\r\na=sendonly\r\na=ptime:30\r\n",
    ))
    .unwrap();
    assert_eq!(
        (plain.dtmf, plain.dtmf_in, plain.ptime_ms),
        (None, None, 30)
    );
    assert!(plain.is_held());
    let error = |rest: &str| apply(&sdp("198.51.100.1", rest)).unwrap_err();
    assert_eq!(error(""), SdpError::Mismatch);
    assert_eq!(error(&format!("{AUDIO}{AUDIO}")), SdpError::Mismatch);
    assert_eq!(error("m=audio 0 RTP/AVP 8\r\n"), SdpError::NoAudio);
    assert_eq!(error("m=audio 4000 RTP/AVP 18\r\n"), SdpError::NoCodec);
    assert_eq!(
        error("m=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/16000\r\n"),
        SdpError::NoCodec
    );
}

#[test]
fn an_agreed_codec_stays() {
    let mut local = local();
    local.offer(Direction::SendRecv);
    let pcmu = sdp("198.51.100.1", "m=audio 4000 RTP/AVP 0\r\n");
    local.apply_answer(&pcmu, Direction::SendRecv).unwrap();
    let pcma = sdp("198.51.100.2", "m=audio 4000 RTP/AVP 8\r\n");
    let forked = local.apply_answer(&pcma, Direction::SendRecv).unwrap();
    assert_eq!(
        forked.codec,
        Codec::Pcma,
        "another fork may answer the same offer otherwise"
    );
    local.apply_answer(&pcmu, Direction::SendRecv).unwrap();
    let (agreed, _) = local
        .answer(&sdp("198.51.100.1", AUDIO), Direction::SendRecv)
        .unwrap();
    assert_eq!(agreed.codec, Codec::Pcmu, "although A-law is preferred");
    let again = Description::parse(&local.offer(Direction::SendOnly)).unwrap();
    assert_eq!(again.media[0].formats, ["0", "97"]);
}

#[test]
fn two_of_ours_agree() {
    let (mut caller, mut callee) = (local(), local());
    let offer = caller.offer(Direction::SendRecv);
    let (theirs, answer) = callee.answer(&offer, Direction::SendRecv).unwrap();
    let ours = caller.apply_answer(&answer, Direction::SendRecv).unwrap();
    assert_eq!(ours, theirs);
}

#[test]
fn addresses_that_no_party_has() {
    let error = |address: &str| {
        local()
            .answer(&sdp(address, AUDIO), Direction::SendRecv)
            .map(drop)
    };
    assert_eq!(
        error("127.0.0.1"),
        Err(SdpError::Forbidden(Unfit::Loopback))
    );
    assert_eq!(
        error("224.0.0.1"),
        Err(SdpError::Forbidden(Unfit::Multicast))
    );
    assert_eq!(
        error("255.255.255.255"),
        Err(SdpError::Forbidden(Unfit::Broadcast))
    );
    assert_eq!(error("carrier.example"), Err(SdpError::Address));
    let bounced = format!("{AUDIO}a=rtcp:9 IN IP4 127.0.0.1\r\n");
    let answer = local().answer(&sdp("198.51.100.1", &bounced), Direction::SendRecv);
    let loopback = Err(SdpError::Forbidden(Unfit::Loopback));
    assert_eq!(answer.map(drop), loopback, "RTCP is judged too");
    let mut home = local();
    home.judge_by(AddressPolicy {
        loopback: true,
        ..AddressPolicy::default()
    });
    assert!(
        home.answer(&sdp("127.0.0.1", AUDIO), Direction::SendRecv)
            .is_ok()
    );
}

#[test]
fn what_cannot_be_answered_changes_nothing() {
    let mut local = local();
    let first = local.offer(Direction::SendRecv);
    for rest in [
        "",
        "m=audio 0 RTP/AVP 8\r\n",
        "m=audio 4 RTP/SAVP 8\r\n",
        "m=video 4 RTP/AVP 8\r\n",
    ] {
        let answer = local.answer(&sdp("198.51.100.1", rest), Direction::SendRecv);
        assert_eq!(answer.map(drop), Err(SdpError::NoAudio), "{rest}");
    }
    assert_eq!(local.offer(Direction::SendRecv), first);
}

#[test]
fn nobody_sends_us_to_ourselves() {
    let own = OwnMedia {
        advertised: [192, 0, 2, 10].into(),
        bound: [0, 0, 0, 0].into(),
        machine: [[10, 0, 0, 5].into()].into(),
        ports: (4_000, 4_999),
        signalling: [5_060].into(),
    };
    let policy = AddressPolicy {
        own: Some(own),
        ..AddressPolicy::default()
    };
    let looped = Err(SdpError::Forbidden(Unfit::Own));
    let mut called = local();
    called.judge_by(policy.clone());
    let answer = |local: &mut Local, address: &str, rest: &str| {
        local
            .answer(&sdp(address, rest), Direction::SendRecv)
            .map(|(agreed, _)| agreed.is_held())
    };
    assert_eq!(answer(&mut called, "192.0.2.10", AUDIO), looped);
    let behind_nat = answer(&mut called, "10.0.0.5", AUDIO);
    assert_eq!(behind_nat, looped, "an interface");
    let rtcp = "m=audio 9000 RTP/AVP 8\r\na=rtcp:4001 IN IP4 192.0.2.10\r\n";
    assert_eq!(answer(&mut called, "198.51.100.1", rtcp), looped, "RTCP");
    assert_eq!(answer(&mut called, "0.0.0.0", AUDIO), Ok(true), "a hold");
    assert_eq!(answer(&mut called, "198.51.100.1", AUDIO), Ok(false));
    let mut calling = local();
    calling.offer(Direction::SendRecv);
    calling.judge_by(policy);
    let answered = calling.apply_answer(&sdp("192.0.2.10", AUDIO), Direction::SendRecv);
    assert_eq!(answered.map(|agreed| agreed.is_held()), looped);
}

#[test]
fn a_party_that_may_fall_silent_says_so() {
    let suppresses = |rest: &str| {
        let answer = local().answer(&sdp("198.51.100.1", rest), Direction::SendRecv);
        answer.map(|(agreed, _)| agreed.suppresses_silence)
    };
    for (rest, expected) in [
        ("m=audio 4004 RTP/AVP 8 101\r\n", false),
        ("m=audio 4004 RTP/AVP 8 13\r\n", true),
        ("m=audio 4004 RTP/AVP 8 98\r\na=rtpmap:98 CN/8000\r\n", true),
        (
            "m=audio 4004 RTP/AVP 8 98\r\na=rtpmap:98 CN/16000\r\n",
            false,
        ),
        (
            "m=audio 4004 RTP/AVP 8\r\na=silenceSupp:on - - - -\r\n",
            true,
        ),
        (
            "m=audio 4004 RTP/AVP 8\r\na=silenceSupp:off - - - -\r\n",
            false,
        ),
    ] {
        assert_eq!(suppresses(rest), Ok(expected), "{rest}");
    }
}
