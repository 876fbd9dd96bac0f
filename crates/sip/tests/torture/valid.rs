//! RFC 4475 §3.1.1, and those of §3.2–3.4 that a parser must let through for the layers above.
use crate::{message, request, response};

/// §3.1.1.1 A short tortuous INVITE.
pub(crate) const WSINV: &str = r#"
INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : @LEN@
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.3
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
"#;

#[test]
fn wsinv() {
    let request = request(WSINV);
    let headers = &request.headers;
    assert_eq!(headers.cseq().unwrap().to_string(), "9 INVITE");
    assert_eq!(
        (headers.to_tag(), headers.from_tag()),
        (Some("1918181833n"), Some("98asjd8"))
    );
    assert_eq!(headers.max_forwards(), Some(68));
    assert_eq!(headers.top_branch(), Some("390skdjuw"));
    assert_eq!(headers.list("Via").count(), 3);
    assert_eq!(headers.get("Subject"), Some(""));
    assert_eq!(
        headers.get("newfangledheader"),
        Some("newfangled value continued newfangled value")
    );
    assert_eq!(
        headers.from().unwrap().display.as_deref(),
        Some("J Rosenberg \\\"")
    );
    let contact = headers.contact().unwrap();
    assert_eq!(
        (contact.params.get("q"), contact.params.get("newparam")),
        (Some("0.33"), Some("newvalue"))
    );
    assert!(request.body.ends_with(b"a=rtpmap:31 LPC\r\n"));
}

/// §3.1.1.2 Wide range of valid characters.
pub(crate) const INTMETH: &str = r#"
!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~
To: "BEL:\\x07 NUL:\\x00 DEL:\\x7F" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>
From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="\xD1\x80\xD0\xB0\xD0\xB1\xD0\xBE\xD1\x82\xD0\xB0\xD1\x8E\xD1\x89\xD0\xB8\xD0\xB9";tag=_token~1'+`*%!-.
Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\/"][?}{
CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~
Max-Forwards: 255
extensionHeader-!.%*+_`'~:\xEF\xBB\xBF\xE5\xA4\xA7\xE5\x81\x9C\xE9\x9B\xBB
Content-Length: 0

"#;

#[test]
fn intmeth() {
    let request = request(INTMETH);
    assert_eq!(
        request.method.as_str(),
        "!interesting-Method0123456789_*+`.%indeed'~"
    );
    assert_eq!(request.headers.from_tag(), Some("_token~1'+`*%!-."));
    assert_eq!(request.headers.top_branch(), Some("z9hG4bK-.!%66*_+`'~"));
    assert_eq!(
        request.headers.call_id(),
        Some("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
    );
    let to = request.headers.to().unwrap();
    assert_eq!(to.display.as_deref(), Some("BEL:\u{7} NUL:\0 DEL:\u{7F}"));
}

/// §3.1.1.3 Valid use of the % escaping mechanism.
pub(crate) const ESC01: &str = "
INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0
To: sip:%75se%72@example.com
From: <sip:I%20have%20spaces@example.net>;tag=938
Max-Forwards: 87
i: esc01.239409asdfakjkn23onasd0-3234
CSeq: 234234 INVITE
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw
C: application/sdp
Contact:
  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>
Content-Length: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 49217 RTP/AVP 0 12
";

#[test]
fn esc01() {
    let request = request(ESC01);
    assert_eq!(
        request.headers.from().unwrap().uri.user_text().as_deref(),
        Some("I have spaces")
    );
    assert_eq!(
        request.headers.to().unwrap().uri.user_text().as_deref(),
        Some("user")
    );
    assert_eq!(request.headers.get("Content-Type"), Some("application/sdp"));
}

/// §3.1.1.4 Escaped nulls in URIs.
pub(crate) const ESCNULL: &str = "
REGISTER sip:example.com SIP/2.0
To: sip:null-%00-null@example.com
From: sip:null-%00-null@example.com;tag=839923423
Max-Forwards: 70
Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
Contact: <sip:%00@host5.example.com>
Contact: <sip:%00%00@host5.example.com>
L:0

";

#[test]
fn escnull() {
    let request = request(ESCNULL);
    let users: Vec<_> = request.headers.list("Contact").collect();
    assert_eq!(
        users,
        [
            "<sip:%00@host5.example.com>",
            "<sip:%00%00@host5.example.com>"
        ]
    );
    assert_eq!(
        request.headers.from().unwrap().uri.user_text().as_deref(),
        Some("null-\0-null")
    );
}

/// §3.1.1.5 Use of % when it is not an escape.
pub(crate) const ESC02: &str = r#"
RE%47IST%45R sip:registrar.example.com SIP/2.0
To: "%Z%45" <sip:resource@example.com>
From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23
Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf
Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234
CSeq: 29344 RE%47IST%45R
Max-Forwards: 70
Contact: <sip:alias1@host1.example.com>
C%6Fntact: <sip:alias2@host2.example.com>
Contact: <sip:alias3@host3.example.com>
l: 0

"#;

#[test]
fn esc02() {
    let request = request(ESC02);
    assert_eq!(request.method.as_str(), "RE%47IST%45R");
    assert_eq!(request.headers.list("Contact").count(), 2);
    assert_eq!(
        request.headers.from().unwrap().display.as_deref(),
        Some("%Z%45")
    );
}

/// §3.1.1.6 Message with no LWS between display name and <.
pub(crate) const LWSDISP: &str = "
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: caller<sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID: lwsdisp.1234abcd@funky.example.com
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw
l: 0

";

#[test]
fn lwsdisp() {
    let from = request(LWSDISP).headers.from().unwrap();
    assert_eq!(
        (from.display.as_deref(), from.tag()),
        (Some("caller"), Some("323"))
    );
}

/// §3.1.1.7 Long values in header fields.
pub(crate) fn longreq_text() -> String {
    let long = "longvalue".repeat(20);
    let vias: String = (1..=33)
        .rev()
        .map(|at| format!("v: SIP/2.0/TCP sip{at}.example.com\n"))
        .collect();
    format!(
        "INVITE sip:user@example.com SIP/2.0
To: \"I have a user name of {long} proportion\"<sip:user@example.com:6000;unknownparam1=very{long};longparam{long}=shortvalue;very{long}ParameterNameWithNoValue>
F: sip:amazinglylongcallername{long}@example.net;tag=12982{long}982424;unknownheaderparam{long}=unknown{long};unknownValueless{long}paramname
Call-ID: longreq.one{long}longcallid
CSeq: 3882340 INVITE
Unknown-{long}-Name: unknown-{long}-value; unknown-{long}-parameter-name = unknown-{long}-parameter-value
Via: SIP/2.0/TCP sip33.example.com
{vias}V: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very{long}branchvalue
Max-Forwards: 70
Contact: <sip:amazinglylongcallername{long}@host5.example.net>
Content-Type: application/sdp
l: @LEN@

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 49217 RTP/AVP 0 12
"
    )
}

#[test]
fn longreq() {
    let request = request(&longreq_text());
    assert_eq!(request.headers.list("Via").count(), 35);
    assert!(
        request
            .headers
            .from_tag()
            .is_some_and(|tag| tag.ends_with("982424"))
    );
}

/// §3.1.1.8 Extra trailing octets in a UDP datagram: what follows Content-Length is not looked at.
pub(crate) const DBLREQ: &str = "
REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=43251j3j324
Max-Forwards: 8
I: dblreq.0ha0isndaksdj99sdfafnl3lk233412
Contact: sip:j.user@host.example.com
CSeq: 8 REGISTER
Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492
Content-Length: 0


INVITE sip:joe@example.com SIP/2.0
t: sip:joe@example.com
From: sip:caller@example.net;tag=141334

v=0
";

#[test]
fn dblreq() {
    let request = request(DBLREQ);
    assert_eq!(
        (request.method.as_str(), request.body.len()),
        ("REGISTER", 0)
    );
}

/// §3.1.1.9 Semicolon-separated parameters in the user part.
pub(crate) const SEMIURI: &str = "
OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Call-ID: semiuri.0ha0isndaksdj
CSeq: 8 OPTIONS
Accept: application/sdp, application/pkcs7-mime,
        multipart/mixed, multipart/signed,
        message/sip, message/sipfrag
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw
l: 0

";

#[test]
fn semiuri() {
    let request = request(SEMIURI);
    let uri = gudok_sip::uri::Uri::parse(&request.uri).unwrap();
    assert_eq!(uri.user_text().as_deref(), Some("user;par=u@example.net"));
    assert_eq!(uri.param("par"), None);
    assert_eq!(request.headers.list("Accept").count(), 6);
}

/// §3.1.1.10 Varied and unknown transport types.
pub(crate) const TRANSPORTS: &str = "
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: <sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID:  transports.kijh4akdnaqjkwendsasfdj
Accept: application/sdp
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw
Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf
Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj
Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en
Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee
l: 0

";

#[test]
fn transports() {
    let request = request(TRANSPORTS);
    let vias = request.headers.list("Via");
    let names: Vec<_> = vias
        .map(|via| gudok_sip::address::Via::parse(via).unwrap().transport)
        .collect();
    assert_eq!(names, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
}

/// §3.1.1.11 Multipart MIME message; here with a body that is no text at all.
pub(crate) const MPART01: &str = r#"
MESSAGE sip:kumiko@example.org SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-;rport
Max-Forwards: 70
Route: <sip:127.0.0.1:5080>
Identity: r5mwreLuyDRYBi/0TiPwEsY3rEVsk/G2WxhgTV1PF7hHuLIK0YWVKZhKv9Mj8UeXqkMVbnVq37CD+813gvYjcBUaZngQmXc9WNZSDNGCzA+fWl9MEUHWIZo1CeJebdY/XlgKeTa0Olvq0rt70Q5jiSfbqMJmQFteeivUhkMWYUA=
Contact: <sip:fluffy@127.0.0.1:5070>
To: <sip:kumiko@example.org>
From: <sip:fluffy@example.com>;tag=2fb0dcc9
Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..
CSeq: 1 MESSAGE
Content-Transfer-Encoding: binary
Content-Type: multipart/mixed;boundary=7a9cbec02ceef655
Date: Sat, 15 Oct 2005 04:44:56 GMT
User-Agent: SIPimp.org/0.2.5 (curses)
Content-Length: @LEN@

--7a9cbec02ceef655
Content-Type: application/octet-stream

\x30\x82\x00\xFF\x0D\x0A\x0A\x0D\x80
--7a9cbec02ceef655--
"#;

#[test]
fn mpart01() {
    let request = request(MPART01);
    let wanted = b"\x30\x82\x00\xFF\x0D\x0A\x0A\x0D\x80\r\n--7a9cbec02ceef655--\r\n";
    assert!(request.body.ends_with(wanted), "bodies stay exact");
    assert!(request.to_bytes().ends_with(wanted));
}

/// §3.1.1.12 Unusual reason phrase.
pub(crate) const UNREASON: &str = r#"
SIP/2.0 200 = 2**3 * 5**2 \xD0\xBD\xD0\xBE \xD1\x81\xD1\x82\xD0\xBE - \xD0\xBF\xD1\x80\xD0\xBE\xD1\x81\xD1\x82\xD0\xBE\xD0\xB5
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Call-ID: unreason.1234ksdfak3j2erwedfsASdf
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229
Content-Length: @LEN@
Content-Type: application/sdp
Contact: <sip:user@host198.example.com>

v=0
"#;

#[test]
fn unreason() {
    let response = response(UNREASON);
    assert_eq!(
        (response.status, response.reason.as_str()),
        (200, "= 2**3 * 5**2 но сто - простое")
    );
}

/// §3.1.1.13 Empty reason phrase.
pub(crate) const NOREASON: &str = "
SIP/2.0 100\\x20
Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
Call-ID: noreason.asndj203insdf99223ndf
CSeq: 35 INVITE
From: <sip:user@example.com>;tag=39ansfi3
To: <sip:user@example.edu>;tag=902jndnke3
Content-Length: 0
Contact: <sip:user@host105.example.com>

";

#[test]
fn noreason() {
    assert_eq!(response(NOREASON).reason, "");
    assert_eq!(response(&NOREASON.replace("100\\x20", "100")).status, 100);
}

/// §3.3.2, §3.3.3, §3.3.4 Unknown schemes are for the layer above to refuse (416), and go through.
#[test]
fn unknown_schemes() {
    let with = |uri: &str, to: &str| {
        format!(
            "OPTIONS {uri} SIP/2.0\nTo: <{to}>\nFrom: <http://www.example.com>;tag=1\nMax-Forwards: 3\n\
             Call-ID: unkscm.nasdfasser0q239nwsdfasdkl34\nCSeq: 3923423 OPTIONS\n\
             Contact: <name:John_Smith>\nVia: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234\n\
             Content-Length: 0\n\n"
        )
    };
    for (uri, to) in [
        (
            "nobodyKnowsThisScheme:totallyopaquecontent",
            "sip:user@example.com",
        ),
        ("soap.beep://192.0.2.103:3002", "sip:user@example.com"),
        ("sip:user@example.com", "isbn:2983792873"),
        (
            "tel:+79990000001",
            "tel:+79990000001;phone-context=example.com",
        ),
    ] {
        assert_eq!(request(&with(uri, to)).uri, uri);
    }
}

/// §3.4.1 INVITE with RFC 2543 syntax: no branch, no tag, no Max-Forwards, no Content-Length.
#[test]
fn inv2543() {
    let request = request(
        "
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
",
    );
    assert_eq!(
        (request.headers.top_branch(), request.headers.from_tag()),
        (None, None)
    );
    assert_eq!(request.body.len(), 48);
}

/// §3.3: wrong for the layer above, not for the parser.
#[test]
fn what_the_layer_above_decides() {
    let with = |headers: &str| {
        message(&format!(
            "OPTIONS sip:user@example.com SIP/2.0\nTo: sip:user@example.com\nFrom: sip:caller@example.net;tag=242etr\n\
             Call-ID: app.0ha0isndaksdj\nCSeq: 8 OPTIONS\nVia: SIP/2.0/TLS fold-and-staple.example.com;branch=z9hG4bKkdjuw\n\
             {headers}\nContent-Length: 0\n\n"
        ))
    };
    with("Max-Forwards: 0");
    with(
        "Require: nothingSupportsThis, nothingSupportsThisEither\nProxy-Require: noProxiesSupportThis",
    );
    with("Content-Type: application/unknownformat");
    with("Authorization: NoOneKnowsThisScheme opaque-data=here");
    with("Accept: text/nobodyKnowsThis");
    with("Date: Fri, 01 Jan 2010 16:00:00 EST");
    with("Contact: sip:+19725552222@gw1.example.net;unknownparam");
    with("Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>");
    with("Content-Type: audio/basic");
}
