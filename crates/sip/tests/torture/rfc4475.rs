//! RFC 4475, all 49 messages, and what the endpoint is to make of each when its trunk sends it.
use crate::answers::Expected::{self, *};
use crate::answers::Row;
use crate::valid::{
    self, DBLREQ, ESC01, ESC02, ESCNULL, INTMETH, LWSDISP, MPART01, NOREASON, SEMIURI, TRANSPORTS,
    UNREASON, WSINV,
};

/// Each with its section, its name, and what it is about.
pub(crate) fn messages() -> Vec<Row> {
    let mut rows = valid_messages();
    let row = |(section, name, about, expected, text): (_, _, _, Expected, &str)| Row {
        section,
        name,
        about,
        expected,
        text: text.to_owned(),
    };
    rows.extend(REST.into_iter().map(row));
    rows
}

/// §3.1.1, as the parser's own tests have them.
fn valid_messages() -> Vec<Row> {
    let row = |section, name, about, expected, text| Row {
        section,
        name,
        about,
        expected,
        text,
    };
    vec![
        row(
            "3.1.1.1",
            "wsinv",
            "A short tortuous INVITE. Its To has a tag: it is of a dialog that we do not know.",
            Answered(481),
            WSINV.into(),
        ),
        row(
            "3.1.1.2",
            "intmeth",
            "Wide range of valid characters; a method that nobody knows.",
            Answered(501),
            INTMETH.into(),
        ),
        row(
            "3.1.1.3",
            "esc01",
            "Valid use of the % escaping mechanism.",
            Call,
            ESC01.into(),
        ),
        row(
            "3.1.1.4",
            "escnull",
            "Escaped nulls in URIs: they are part of the binding.",
            Bound(&[
                "<sip:%00@host5.example.com>",
                "<sip:%00%00@host5.example.com>",
            ]),
            ESCNULL.into(),
        ),
        row(
            "3.1.1.5",
            "esc02",
            "Use of % when it is not an escape: this is no REGISTER.",
            Answered(501),
            ESC02.into(),
        ),
        row(
            "3.1.1.6",
            "lwsdisp",
            "No white space between display name and <.",
            Answered(200),
            LWSDISP.into(),
        ),
        row(
            "3.1.1.7",
            "longreq",
            "Long values in header fields.",
            Call,
            valid::longreq_text(),
        ),
        row(
            "3.1.1.8",
            "dblreq",
            "Extra trailing octets in a datagram are not looked at.",
            Bound(&["<sip:j.user@host.example.com>"]),
            DBLREQ.into(),
        ),
        row(
            "3.1.1.9",
            "semiuri",
            "Semicolon-separated parameters in the user part.",
            Answered(200),
            SEMIURI.into(),
        ),
        row(
            "3.1.1.10",
            "transports",
            "Varied and unknown transport types.",
            Answered(200),
            TRANSPORTS.into(),
        ),
        row(
            "3.1.1.11",
            "mpart01",
            "Multipart MIME message: well-formed, of a method we do not take.",
            Answered(405),
            MPART01.into(),
        ),
        row(
            "3.1.1.12",
            "unreason",
            "Unusual reason phrase.",
            OurCall(200),
            UNREASON.into(),
        ),
        row(
            "3.1.1.13",
            "noreason",
            "Empty reason phrase.",
            OurCall(100),
            NOREASON.into(),
        ),
    ]
}

/// §3.1.2 on.
const REST: [(&str, &str, &str, Expected, &str); 36] = [
    (
        "3.1.2.1",
        "badinv01",
        "Extraneous header field separators.",
        Answered(400),
        r#"
INVITE sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=134161461246
Max-Forwards: 7
Call-ID: badinv01.0ha0isndaksdjasdf3234nas
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;;,;,,
Contact: "Joe" <sip:joe@example.org>;;;;
Content-Length: @LEN@
Content-Type: application/sdp

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.15
s=-
c=IN IP4 192.0.2.15
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.2",
        "clerr",
        "Content-Length larger than the message.",
        Answered(400),
        r#"
INVITE sip:user@example.com SIP/2.0
Max-Forwards: 80
To: sip:j.user@example.com
From: sip:caller@example.net;tag=93942939o2
Contact: <sip:caller@hungry.example.net>
Call-ID: clerr.0ha0isndaksdjweiafasdk3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bK-39234-23523
Content-Type: application/sdp
Content-Length: 9999

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.155
s=-
c=IN IP4 192.0.2.155
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.3",
        "ncl",
        "Negative Content-Length.",
        Answered(400),
        r#"
INVITE sip:user@example.com SIP/2.0
Max-Forwards: 254
To: sip:j.user@example.com
From: sip:caller@example.net;tag=32394234
Call-ID: ncl.0ha0isndaksdj2193423r542w35
CSeq: 0 INVITE
Via: SIP/2.0/UDP 192.0.2.53;branch=z9hG4bKkdjuw
Contact: <sip:caller@example53.example.net>
Content-Type: application/sdp
Content-Length: -999

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.53
s=-
c=IN IP4 192.0.2.53
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.4",
        "scalar02",
        "Request scalar fields with overlarge values.",
        Answered(400),
        r#"
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3
To: <sip:user@example.com>
From: <sip:user@example.com>;tag=239232jh3
CSeq: 36893488147419103232 REGISTER
Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32
Max-Forwards: 300
Expires: 10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
Contact: <sip:user@host129.example.com>
  ;expires=280297596632815
Content-Length: 0

"#,
    ),
    (
        "3.1.2.5",
        "scalarlg",
        "Response scalar fields with overlarge values: discarded.",
        Silence,
        r#"
SIP/2.0 503 Service Unavailable
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129
To: <sip:user@example.com>
From: <sip:other@example.net>;tag=2easdjfejw
CSeq: 9292394834772304023312 OPTIONS
Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r
Retry-After: 949302838503028349304023988
Warning: 1812 overture "In Progress"
Content-Length: 0

"#,
    ),
    (
        "3.1.2.6",
        "quotbal",
        "Unterminated quoted string in a display name.",
        Answered(400),
        r#"
INVITE sip:user@example.com SIP/2.0
To: "Mr. J. User <sip:j.user@example.com>
From: sip:caller@example.net;tag=93334
Max-Forwards: 10
Call-ID: quotbal.aksdj
Contact: <sip:caller@host59.example.net>
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.59:5050;branch=z9hG4bKkdjuw39234
Content-Type: application/sdp
Content-Length: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.15
s=-
c=IN IP4 192.0.2.15
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.7",
        "ltgtruri",
        "<> enclosing the Request-URI.",
        Answered(400),
        r#"
INVITE <sip:user@example.com> SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=39291
Max-Forwards: 23
Call-ID: ltgtruri.1@192.0.2.5
CSeq: 1 INVITE
Via: SIP/2.0/UDP 192.0.2.5
Contact: <sip:caller@host5.example.net>
Content-Type: application/sdp
Content-Length: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.5
s=-
c=IN IP4 192.0.2.5
t=3149328700 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.8",
        "lwsruri",
        "Embedded white space in the Request-URI.",
        Answered(400),
        r#"
INVITE sip:user@example.com; lr SIP/2.0
To: sip:user@example.com;tag=3xfe-9921883-z9f
From: sip:caller@example.net;tag=231413434
Max-Forwards: 5
Call-ID: lwsruri.asdfasdoeoi2323-asdfwrn23-asd834rk423
CSeq: 2130706432 INVITE
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKkdjuw2395
Contact: <sip:caller@host1.example.net>
Content-Type: application/sdp
Content-Length: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=3149328700 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.9",
        "lwsstart",
        "Multiple SP separating request-line elements.",
        Answered(400),
        r#"
INVITE  sip:user@example.com  SIP/2.0
Max-Forwards: 8
To: sip:user@example.com
From: sip:caller@example.net;tag=8814
Call-ID: lwsstart.dfknq234oi243099adsdfnawe3@example.com
CSeq: 1893884 INVITE
Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw3923
Contact: <sip:caller@host1.example.net>
Content-Type: application/sdp
Content-Length: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.10",
        "trws",
        "SP characters at the end of the request line.",
        Answered(400),
        r#"
OPTIONS sip:remote-target@example.com SIP/2.0\x20\x20
Via: SIP/2.0/TCP host1.examle.com;branch=z9hG4bK299342093
To: <sip:remote-target@example.com>
From: <sip:local-resource@example.com>;tag=329429089
Call-ID: trws.oicu34958239neffasdhr2345r
Accept: application/sdp
CSeq: 238923 OPTIONS
Max-Forwards: 70
Content-Length: 0

"#,
    ),
    (
        "3.1.2.11",
        "escruri",
        "Escaped headers in a SIP Request-URI.",
        Answered(400),
        r#"
INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=341518
Max-Forwards: 7
Contact: <sip:caller@host39923.example.net>
Call-ID: escruri.23940-asdfhj-aje3br-234q098w-fawerh2q-h4n5
CSeq: 149209342 INVITE
Via: SIP/2.0/UDP host-of-the-hour.example.com;branch=z9hG4bKkdjuw
Content-Type: application/sdp
Content-Length: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.12",
        "baddate",
        "Time zone other than GMT in Date. Not to be refused by an element that has no use for Date, and we have none.",
        Call,
        r#"
INVITE sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=2234923
Max-Forwards: 70
Call-ID: baddate.239423mnsadf3j23lj42--sedfnm234
CSeq: 1392934 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
Date: Fri, 01 Jan 2010 16:00:00 EST
Contact: <sip:caller@host5.example.net>
Content-Type: application/sdp
Content-Length: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.5
s=-
c=IN IP4 192.0.2.5
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.13",
        "regbadct",
        "Failure to enclose a name-addr URI in <>.",
        Answered(400),
        r#"
REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=998332
Max-Forwards: 70
Call-ID: regbadct.k345asrl3fdbv@10.0.0.1
CSeq: 1 REGISTER
Via: SIP/2.0/UDP 135.180.130.133:5060;branch=z9hG4bKkdjuw
Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E
l: 0

"#,
    ),
    (
        "3.1.2.14",
        "badaspec",
        "Spaces within addr-spec.",
        Answered(400),
        r#"
OPTIONS sip:user@example.org SIP/2.0
Via: SIP/2.0/UDP host4.example.com:5060;branch=z9hG4bKkdju43234
Max-Forwards: 70
From: "Bell, Alexander" <sip:a.g.bell@example.com>;tag=433423
To: "Watson, Thomas" < sip:t.watson@example.org >
Call-ID: badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3
Accept: application/sdp
CSeq: 3923239 OPTIONS
l: 0

"#,
    ),
    (
        "3.1.2.15",
        "baddn",
        "Non-token characters in a display name.",
        Answered(400),
        r#"
OPTIONS sip:t.watson@example.org SIP/2.0
Via:     SIP/2.0/UDP c.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards:      70
From:    Bell, Alexander <sip:a.g.bell@example.com>;tag=43
To:      Watson, Thomas <sip:t.watson@example.org>
Call-ID: baddn.31415@c.example.com
Accept: application/sdp
CSeq:    3923239 OPTIONS
l: 0

"#,
    ),
    (
        "3.1.2.16",
        "badvers",
        "Unknown protocol version.",
        Answered(505),
        r#"
OPTIONS sip:t.watson@example.org SIP/7.0
Via:     SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw
Max-Forwards:     70
From:    A. Bell <sip:a.g.bell@example.com>;tag=qweoiqpe
To:      T. Watson <sip:t.watson@example.org>
Call-ID: badvers.31417@c.example.com
CSeq:    1 OPTIONS
l: 0

"#,
    ),
    (
        "3.1.2.17",
        "mismatch01",
        "Start line and CSeq method mismatch.",
        Answered(400),
        r#"
OPTIONS sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=34525
Max-Forwards: 6
Call-ID: mismatch01.dj0234sxdfl3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
l: 0

"#,
    ),
    (
        "3.1.2.18",
        "mismatch02",
        "Unknown method with CSeq method mismatch: 501 rather than 400.",
        Answered(501),
        r#"
NEWMETHOD sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=34525
Max-Forwards: 6
Call-ID: mismatch02.dj0234sxdfl3
CSeq: 8 INVITE
Contact: <sip:caller@host.example.net>
Via: SIP/2.0/UDP host.example.net;branch=z9hG4bKkdjuw
Content-Type: application/sdp
l: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.1
c=IN IP4 192.0.2.1
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.1.2.19",
        "bigcode",
        "Overlarge response code: discarded.",
        Silence,
        r#"
SIP/2.0 4294967301 better not break the receiver
Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
Call-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i
CSeq: 353494 INVITE
From: <sip:user@example.com>;tag=39ansfi3
To: <sip:user@example.edu>;tag=902jndnke3
Content-Length: 0
Contact: <sip:user@host105.example.com>

"#,
    ),
    (
        "3.2.1",
        "badbranch",
        "Branch without a transaction identifier: read as RFC 2543 would.",
        Answered(200),
        r#"
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK
Accept: application/sdp
Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n
CSeq: 8 OPTIONS
l: 0

"#,
    ),
    (
        "3.3.1",
        "insuf",
        "Missing From, To and Call-ID. A 400 would be ideal, but could not be a well-formed one: it repeats these three.",
        Silence,
        r#"
INVITE sip:user@example.com SIP/2.0
CSeq: 193942 INVITE
Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf
Content-Type: application/sdp
l: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.95
s=-
c=IN IP4 192.0.2.95
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.3.2",
        "unkscm",
        "Request-URI with an unknown scheme.",
        Answered(416),
        r#"
OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=384
Max-Forwards: 3
Call-ID: unkscm.nasdfasser0q239nwsdfasdkl34
CSeq: 3923423 OPTIONS
Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
Content-Length: 0

"#,
    ),
    (
        "3.3.3",
        "novelsc",
        "Request-URI with a known but atypical scheme.",
        Answered(416),
        r#"
OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=384
Max-Forwards: 3
Call-ID: novelsc.asdfasser0q239nwsdfasdkl34
CSeq: 3923423 OPTIONS
Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
Content-Length: 0

"#,
    ),
    (
        "3.3.4",
        "unksm2",
        "Unknown URI schemes in header fields: a registrar refuses an address-of-record that is no SIP URI.",
        Proved(400),
        r#"
REGISTER sip:example.com SIP/2.0
To: isbn:2983792873
From: <http://www.example.com>;tag=3234233
Call-ID: unksm2.daksdj@hyphenated-host.example.com
CSeq: 234902 REGISTER
Max-Forwards: 70
Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bKkdjuw
Contact: <name:John_Smith>
l: 0

"#,
    ),
    (
        "3.3.5",
        "bext01",
        "Require names unknown extensions; Proxy-Require is none of our business.",
        Refused(
            420,
            "Unsupported: nothingSupportsThis, nothingSupportsThisEither",
        ),
        r#"
OPTIONS sip:user@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.net;tag=242etr
Max-Forwards: 6
Call-ID: bext01.0ha0isndaksdj
Require: nothingSupportsThis, nothingSupportsThisEither
Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis
CSeq: 8 OPTIONS
Via: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw
Content-Length: 0

"#,
    ),
    (
        "3.3.6",
        "invut",
        "Unknown Content-Type.",
        Refused(415, "Accept: application/sdp"),
        r#"
INVITE sip:user@example.com SIP/2.0
Contact: <sip:caller@host5.example.net>
To: sip:j.user@example.com
From: sip:caller@example.net;tag=8392034
Max-Forwards: 70
Call-ID: invut.0ha0isndaksdjadsfij34n23d
CSeq: 235448 INVITE
Via: SIP/2.0/UDP somehost.example.com;branch=z9hG4bKkdjuw
Content-Type: application/unknownformat
Content-Length: @LEN@

<audio>
 <pcmu port="443"/>
</audio>
"#,
    ),
    (
        "3.3.7",
        "regaut01",
        "Unknown Authorization scheme: a new challenge.",
        Answered(401),
        r#"
REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=87321hj23128
Max-Forwards: 8
Call-ID: regaut01.0ha0isndaksdj
CSeq: 9338 REGISTER
Via: SIP/2.0/TCP 192.0.2.253;branch=z9hG4bKkdjuw
Authorization: NoOneKnowsThisScheme opaque-data=here
Content-Length:0

"#,
    ),
    (
        "3.3.8",
        "multi01",
        "Multiple values in single-value required fields.",
        Answered(400),
        r#"
INVITE sip:user@company.com SIP/2.0
Contact: <sip:caller@host25.example.net>
Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw
Max-Forwards: 70
CSeq: 5 INVITE
Call-ID: multi01.98asdh@192.0.2.1
CSeq: 59 INVITE
Call-ID: multi01.98asdh@192.0.2.2
From: sip:caller@example.com;tag=3413415
To: sip:user@example.com
To: sip:other@example.net
From: sip:caller@example.net;tag=2923420123
Content-Type: application/sdp
l: @LEN@
Contact: <sip:caller@host36.example.net>
Max-Forwards: 5

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.25
s=-
c=IN IP4 192.0.2.25
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.3.9",
        "mcl01",
        "Multiple Content-Length values.",
        Answered(400),
        r#"
OPTIONS sip:user@example.com SIP/2.0
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423
To: sip:user@example.com
From: sip:other@example.net;tag=3923942
Call-ID: mcl01.fhn2323orihawfdoa3o4r52o3irsdf
CSeq: 15932 OPTIONS
Content-Length: 13
Max-Forwards: 60
Content-Length: 5
Content-Type: text/plain

There's no way to know how many octets are supposed to be here.
"#,
    ),
    (
        "3.3.10",
        "bcast",
        "200 with a broadcast address in Via: dropped, and not sent on.",
        Silence,
        r#"
SIP/2.0 200 OK
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23
Call-ID: bcast.0384840201234ksdfak3j2erwedfsASdf
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229
Content-Length: @LEN@
Content-Type: application/sdp
Contact: <sip:user@host28.example.com>

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.198
s=-
c=IN IP4 192.0.2.198
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.3.11",
        "zeromf",
        "Max-Forwards of zero: an endpoint answers as if it were positive.",
        Answered(200),
        r#"
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=3ghsd41
Call-ID: zeromf.jfasdlfnm2o2l43r5u0asdfas
CSeq: 39234321 OPTIONS
Via: SIP/2.0/UDP host1.example.com;branch=z9hG4bKkdjuw2349i
Max-Forwards: 0
Content-Length: 0

"#,
    ),
    (
        "3.3.12",
        "cparam01",
        "REGISTER with a contact header parameter: it is no parameter of the URI.",
        Bound(&["<sip:+19725552222@gw1.example.net>"]),
        r#"
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: sip:watson@example.com;tag=DkfVgjkrtMwaerKKpe
To: sip:watson@example.com
Call-ID: cparam01.70710@saturn.example.com
CSeq: 2 REGISTER
Contact: sip:+19725552222@gw1.example.net;unknownparam
l: 0

"#,
    ),
    (
        "3.3.13",
        "cparam02",
        "REGISTER with a parameter of the URI: it belongs to the binding.",
        Bound(&["<sip:+19725552222@gw1.example.net;unknownparam>"]),
        r#"
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/UDP saturn.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards: 70
From: sip:watson@example.com;tag=838293
To: sip:watson@example.com
Call-ID: cparam02.70710@saturn.example.com
CSeq: 3 REGISTER
Contact: <sip:+19725552222@gw1.example.net;unknownparam>
l: 0

"#,
    ),
    (
        "3.3.14",
        "regescrt",
        "REGISTER with an escaped header in the contact: it stays in the binding.",
        Bound(&["<sip:user@example.com?Route=%3Csip:sip.example.com%3E>"]),
        r#"
REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=8
Max-Forwards: 70
Call-ID: regescrt.k345asrl3fdbv@192.0.2.1
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
M: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>
L:0

"#,
    ),
    (
        "3.3.15",
        "sdp01",
        "The answer is not to be SDP: unacceptable.",
        Answered(406),
        r#"
INVITE sip:user@example.com SIP/2.0
To: sip:j_user@example.com
Contact: <sip:caller@host15.example.net>
From: sip:caller@example.net;tag=234
Max-Forwards: 5
Call-ID: sdp01.ndaksdj9342dasdd
Accept: text/nobodyKnowsThis
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw
Content-Length: @LEN@
Content-Type: application/sdp

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.5
s=-
c=IN IP4 192.0.2.5
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#,
    ),
    (
        "3.4.1",
        "inv2543",
        "INVITE with RFC 2543 syntax.",
        Call,
        r#"
INVITE sip:UserB@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example.com
From: <sip:+13035551111@ift.client.example.net;user=phone>
Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>
To: sip:+16505552222@ss1.example.net;user=phone
Call-ID: inv2543.1717@ift.client.example.com
CSeq: 56 INVITE
Content-Type: application/sdp

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.5
s=-
c=IN IP4 192.0.2.5
t=0 0
m=audio 49217 RTP/AVP 0
"#,
    ),
];
