//! The messages, with their fields marked. Also those of `tests/storm/spoilt`, which sends them.
use crate::marks::Marked;

/// `«…»` around the parts of an address.
fn address(name: &str, display: &str, user: &str, host: &str, tag: &str) -> String {
    let tag = match tag {
        "" => String::new(),
        tag => format!(";«{name}.tag|tag={tag}»"),
    };
    format!(
        "«{name}.name|{}»: «{name}|«{name}.display|\"{display}\"» <«{name}.uri|«{name}.scheme|sip»:«{name}.user|{user}»\
         @«{name}.host|{host}»»>{tag}»\r\n",
        match name {
            "from" => "From",
            _ => "To",
        }
    )
}

/// The names of a dialog, or of one that is to be.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) call_id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) cseq: u32,
    pub(crate) branch: String,
}

pub(crate) fn request(method: &str, names: &Names, extra: &str, body: &str) -> String {
    let Names {
        call_id,
        from,
        to,
        cseq,
        branch,
    } = names;
    let from = address("from", "Caller", "+79990000001", "10.0.0.9", from);
    let to = address("to", "Hotline", "88000000000", "192.0.2.1", to);
    let text = format!(
        "«start|«start.method|{method}» «start.uri|«start.scheme|sip»:«start.user|88000000000»@«start.host|192.0.2.1»\
         :«start.port|5060»;«start.param|transport=udp»» «start.version|SIP/2.0»»\r\n\
         «via.name|Via»: «via|«via.version|SIP/2.0»/«via.transport|UDP» «via.host|10.0.0.9»:«via.port|5060»;«via.rport|rport»\
         ;«via.branch|branch=«via.branch.value|z9hG4bK{branch}»»»\r\n\
         «hops.name|Max-Forwards»: «hops|70»\r\n{from}{to}\
         «callid.name|Call-ID»: «callid|«callid.word|{call_id}»@«callid.host|10.0.0.9»»\r\n\
         «cseq.name|CSeq»: «cseq|«cseq.number|{cseq}» «cseq.method|{method}»»\r\n\
         «contact.name|Contact»: «contact|<«contact.uri|«contact.scheme|sip»:«contact.user|caller»@«contact.host|10.0.0.9»:\
         «contact.port|5060»»>»\r\n{extra}"
    );
    finished(text, body)
}

/// With the type of the body, its length, and the body.
fn finished(mut text: String, body: &str) -> String {
    let length = Marked::parse(body).text.len();
    if !body.is_empty() && !text.contains("Content-Type") {
        text +=
            "«ctype.name|Content-Type»: «ctype|«ctype.type|application»/«ctype.subtype|sdp»»\r\n";
    }
    text + &format!("«length.name|Content-Length»: «length|{length}»\r\n\r\n{body}")
}

/// An offer or an answer.
pub(crate) fn sdp(direction: &str) -> String {
    format!(
        "«sdp.v|v=«sdp.v.value|0»»\r\n\
         «sdp.o|o=«sdp.o.user|-» «sdp.o.id|1» «sdp.o.version|2» «sdp.o.net|IN» «sdp.o.type|IP4» «sdp.o.address|10.0.0.9»»\r\n\
         «sdp.s|s=«sdp.s.value|-»»\r\n\
         «sdp.c|c=«sdp.c.net|IN» «sdp.c.type|IP4» «sdp.c.address|10.0.0.9»»\r\n\
         «sdp.b|b=«sdp.b.value|AS:64»»\r\n\
         «sdp.t|t=«sdp.t.start|0» «sdp.t.stop|0»»\r\n\
         «sdp.m|m=«sdp.m.media|audio» «sdp.m.port|4000» «sdp.m.proto|RTP/AVP» «sdp.m.formats|«sdp.m.format|8» 0 101»»\r\n\
         «sdp.rtpmap|a=rtpmap:«sdp.rtpmap.type|8» «sdp.rtpmap.name|PCMA»/«sdp.rtpmap.rate|8000»»\r\n\
         a=rtpmap:101 telephone-event/8000\r\n\
         «sdp.fmtp|a=fmtp:«sdp.fmtp.type|101» «sdp.fmtp.value|0-15»»\r\n\
         «sdp.ptime|a=ptime:«sdp.ptime.value|20»»\r\n\
         «sdp.rtcp|a=rtcp:«sdp.rtcp.port|4001»»\r\n\
         «sdp.direction|a={direction}»\r\n"
    )
}

pub(crate) const RACK: &str =
    "«rack.name|RAck»: «rack|«rack.rseq|1» «rack.cseq|1» «rack.method|INVITE»»\r\n";
pub(crate) const REASON: &str = "«reason.name|Reason»: «reason|«reason.protocol|Q.850»;cause=«reason.cause|16»;text=«reason.text|\"bye\"»»\r\n";
pub(crate) const TIMER: &str = "«supported.name|Supported»: «supported|timer»\r\n\
    «expires.name|Session-Expires»: «expires|«expires.interval|1800»;refresher=«expires.refresher|uas»»\r\n\
    «allow|Allow: INVITE, ACK, BYE, UPDATE»\r\n";
pub(crate) const RELAY: &str =
    "«ctype.name|Content-Type»: «ctype|application/«ctype.subtype|dtmf-relay»»\r\n";
pub(crate) const DIGIT: &str =
    "«digit|Signal=«digit.value|5»»\r\n«digit.duration|Duration=160»\r\n";
pub(crate) const REFER: &str = "«referto.name|Refer-To»: «referto|<«referto.uri|sip:88000000001@192.0.2.1\
    ?Replaces=«referto.replaces|a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2»»>»\r\n«referredby|Referred-By: <sip:a@10.0.0.9>»\r\n";
pub(crate) const NOTIFY: &str = "«event.name|Event»: «event|refer»\r\n\
    «state.name|Subscription-State»: «state|active;expires=«state.expires|60»»\r\n\
    «ctype.name|Content-Type»: «ctype|message/sipfrag»\r\n";
pub(crate) const FRAGMENT: &str = "«fragment|SIP/2.0 «fragment.status|200» OK»\r\n";
pub(crate) const RELIABLE: &str =
    "«require.name|Require»: «require|100rel»\r\n«rseq.name|RSeq»: «rseq|7»\r\n";
pub(crate) const CHALLENGE: &str = "«challenge.name|WWW-Authenticate»: «challenge|«challenge.scheme|Digest» \
    realm=«challenge.realm|\"north\"», nonce=«challenge.nonce|\"abc\"», algorithm=«challenge.algorithm|MD5», \
    qop=«challenge.qop|\"auth\"», opaque=«challenge.opaque|\"x\"»»\r\n";
pub(crate) const ELSEWHERE: &str = "«also|Contact: <sip:b@10.0.0.9>;q=«also.q|0.5»»\r\n";
pub(crate) const LATER: &str =
    "«retry.name|Retry-After»: «retry|«retry.seconds|5»»\r\n«warning|Warning: 399 a \"b\"»\r\n";

/// A new call, with all that a carrier may write.
pub(crate) fn invite() -> String {
    let names = Names {
        call_id: "new".into(),
        from: "new".into(),
        to: String::new(),
        cseq: 1,
        branch: "new".into(),
    };
    let extra = format!(
        "{TIMER}«route.name|Record-Route»: «route|<«route.uri|sip:«route.host|10.0.0.2»;«route.lr|lr»»>»\r\n\
         «minse.name|Min-SE»: «minse|90»\r\n\
         «asserted.name|P-Asserted-Identity»: «asserted|<«asserted.uri|tel:+79990000001»>»\r\n\
         «party.name|Remote-Party-ID»: «party|\"A\" <sip:+79990000001@10.0.0.9>;«party.privacy|privacy=off»»\r\n\
         «diversion.name|Diversion»: «diversion|<sip:88000000000@10.0.0.9>;«diversion.reason|reason=unconditional»»\r\n\
         «history.name|History-Info»: «history|<sip:a@b>;index=«history.index|1.1»»\r\n\
         «privacy.name|Privacy»: «privacy|none»\r\n\
         «accept.name|Accept»: «accept|application/sdp»\r\n\
         «agent.name|User-Agent»: «agent|Switch 1.0»\r\n\
         «subject.name|Subject»: «subject|a call»\r\n\
         «sessionid.name|Session-ID»: «sessionid|ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000»\r\n\
         «replaces.name|Replaces»: «replaces|other;to-tag=«replaces.to|1»;from-tag=«replaces.from|2»»\r\n\
         «date.name|Date»: «date|Sat, 21 Nov 2026 10:00:00 GMT»\r\n"
    );
    // Replaces alone would end it with 481.
    let extra = extra.replace("«replaces.name|Replaces»", "«replaces.name|X-Replaces»");
    request("INVITE", &names, &extra, &sdp("sendrecv"))
}

pub(crate) fn outside(method: &str) -> String {
    let names = Names {
        call_id: "outside".into(),
        from: "outside".into(),
        to: String::new(),
        cseq: 1,
        branch: "outside".into(),
    };
    request(
        method,
        &names,
        "«accept.name|Accept»: «accept|application/sdp»\r\n",
        "",
    )
}

/// A REGISTER with a proof.
pub(crate) fn register(proof: &str) -> String {
    let names = Names {
        call_id: "register".into(),
        from: "register".into(),
        to: String::new(),
        cseq: 2,
        branch: "register".into(),
    };
    let proof = proof
        .replace("username=\"op7\"", "username=«auth.user|\"op7\"»")
        .replace("Digest ", "«auth.scheme|Digest» ")
        .replace("algorithm=SHA-256", "algorithm=«auth.algorithm|SHA-256»")
        .replace(
            "realm=\"gudok.example\"",
            "realm=«auth.realm|\"gudok.example\"»",
        )
        .replace("nc=00000001", "nc=«auth.count|00000001»")
        .replace("qop=auth", "qop=«auth.qop|auth»")
        .replace("cnonce=\"cn\"", "cnonce=«auth.cnonce|\"cn\"»");
    let extra = format!(
        "«auth.name|Authorization»: «auth|{proof}»\r\n«bound.name|Expires»: «bound|60»\r\n«path.name|Path»: «path|<sip:10.0.0.2;lr>»\r\n\
         «require.name|Supported»: «require|path, outbound»\r\n"
    );
    request("REGISTER", &names, &extra, "")
        .replace("«start.user|88000000000»@«start.host|192.0.2.1»:«start.port|5060»;«start.param|transport=udp»", "«start.host|gudok.example»")
        .replace("«to.user|88000000000»", "«to.user|op7»")
        .replace("«contact.port|5060»»>»", "«contact.port|5060»»>;expires=«contact.expires|60»;q=«contact.q|0.7»»")
}

/// All of them once, to count their fields.
pub(crate) fn all(proof: &str) -> Vec<String> {
    let names = Names {
        call_id: "all".into(),
        from: "all".into(),
        to: "all".into(),
        cseq: 1,
        branch: "all".into(),
    };
    let with = |extra: &str| request("INFO", &names, extra, "");
    let extras = [
        RACK, REASON, TIMER, RELAY, REFER, NOTIFY, RELIABLE, CHALLENGE, ELSEWHERE, LATER,
    ];
    let mut all: Vec<String> = extras.into_iter().map(with).collect();
    all.extend([
        invite(),
        register(proof),
        response(200, "", &names, "INVITE", RELIABLE, &sdp("sendrecv")),
        request("INFO", &names, RELAY, DIGIT),
        request("NOTIFY", &names, NOTIFY, FRAGMENT),
    ]);
    all
}

/// A response; `via` is what our request had.
pub(crate) fn response(
    status: u16,
    via: &str,
    names: &Names,
    method: &str,
    extra: &str,
    body: &str,
) -> String {
    let Names {
        call_id,
        from,
        to,
        cseq,
        ..
    } = names;
    let (branch_name, branch) = via.split_once("branch=").unwrap_or((via, "z9hG4bKnone"));
    let text = format!(
        "«start|«start.version|SIP/2.0» «start.status|{status}» «start.phrase|Phrase»»\r\n\
         «via.name|Via»: «via|{branch_name}«via.branch|branch=«via.branch.value|{branch}»»»\r\n\
         «from.name|From»: «from|{from}»\r\n\
         «to.name|To»: «to|<«to.uri|sip:callee@10.0.0.9»>;«to.tag|tag={to}»»\r\n\
         «callid.name|Call-ID»: «callid|{call_id}»\r\n\
         «cseq.name|CSeq»: «cseq|«cseq.number|{cseq}» «cseq.method|{method}»»\r\n\
         «contact.name|Contact»: «contact|<«contact.uri|«contact.scheme|sip»:callee@«contact.host|10.0.0.9»:«contact.port|5060»»>»\r\n\
         «route.name|Record-Route»: «route|<«route.uri|sip:10.0.0.2;«route.lr|lr»»>»\r\n{extra}"
    );
    finished(text, body)
}
