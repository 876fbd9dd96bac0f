//! Reason (RFC 3326): why whoever ends a call ends it, by a status of SIP, a cause of Q.850, a few words. Nobody's proof,
//! and often the only trace of what the network behind a carrier has met.
use crate::identity::clean_display;
use crate::message::Headers;
use crate::params;

/// Most values that are looked at.
const VALUES_MAX: usize = 8;

/// What a request, or a refusal (RFC 6432), says of its reason. Of two of one kind the first counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reason {
    /// A status of SIP, 100–699: 200 in a CANCEL says that somebody else answered.
    pub sip: Option<u16>,
    /// A cause of Q.850, 1–127: 16 is a call that was hung up.
    pub q850: Option<u8>,
    /// The first words, fit for a screen: [`clean_display`].
    pub text: Option<String>,
}

impl Reason {
    /// Reads the header. None where there is none, or nothing in it that is understood.
    pub fn read(headers: &Headers) -> Option<Self> {
        // Most messages say none.
        headers.get("Reason")?;
        let mut said = Self::default();
        for value in headers.list("Reason").take(VALUES_MAX) {
            said.hear(value);
        }
        (said != Self::default()).then_some(said)
    }

    fn hear(&mut self, value: &str) {
        let (protocol, params) = value.split_once(';').unwrap_or((value, ""));
        let cause = param(params, "cause").and_then(|cause| cause.parse().ok());
        match protocol.trim() {
            it if it.eq_ignore_ascii_case("SIP") => {
                let status = cause.filter(|status| (100..700).contains(status));
                self.sip = self.sip.or(status);
            }
            it if it.eq_ignore_ascii_case("Q.850") => {
                let cause = cause.and_then(|cause| u8::try_from(cause).ok());
                self.q850 = self.q850.or(cause.filter(|cause| (1..128).contains(cause)));
            }
            // Other protocols may say what they like (RFC 3326 §2); their words are words.
            _ => {}
        }
        if self.text.is_none() {
            let text = param(params, "text").map(params::unquote);
            self.text = text.and_then(|it| clean_display(&it));
        }
    }
}

/// The value of a parameter. Words without quotes are common: what is malformed does not take the others with it.
fn param<'a>(params: &'a str, name: &str) -> Option<&'a str> {
    let mut sound = params::split(params).filter_map(Result::ok);
    sound.find(|(it, _)| it.eq_ignore_ascii_case(name))?.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> String {
        let mut headers = Headers::new();
        for value in values {
            headers.push("Reason", *value);
        }
        let Some(Reason { sip, q850, text }) = Reason::read(&headers) else {
            return "nothing".to_owned();
        };
        format!("{sip:?} {q850:?} {}", text.unwrap_or_default())
    }

    #[test]
    fn the_examples_of_the_rfc() {
        assert_eq!(
            read(&["SIP ;cause=200 ;text=\"Call completed elsewhere\""]),
            "Some(200) None Call completed elsewhere"
        );
        assert_eq!(
            read(&["Q.850 ;cause=16 ;text=\"Terminated\""]),
            "None Some(16) Terminated"
        );
        assert_eq!(
            read(&["SIP ;cause=600 ;text=\"Busy Everywhere\""]),
            "Some(600) None Busy Everywhere"
        );
        assert_eq!(
            read(&["Q.850;cause=17, sip;cause=486;text=\"a, b\""]),
            "Some(486) Some(17) a, b"
        );
        assert_eq!(
            read(&["Q.850;cause=34", "Q.850;cause=16;text=\"later\""]),
            "None Some(34) later"
        );
    }

    #[test]
    fn a_cause_beside_what_is_malformed_counts() {
        for lax in [
            "Q.850;cause=16;text=Normal call clearing",
            "Q.850;cause=16;text=\"open",
            "Q.850;cause=16;;",
            "Q.850;cause=16;=x",
            "Q.850;text=Normal call clearing;cause=16",
            "Q.850;;cause=16",
        ] {
            assert_eq!(read(&[lax]), "None Some(16) ", "{lax}");
        }
        assert_eq!(
            read(&["Q.850;cause=16;text=\"ended\";x=a b"]),
            "None Some(16) ended"
        );
    }

    #[test]
    fn what_is_no_reason_is_none() {
        for odd in [
            "",
            "SIP",
            ";;;",
            "SIP;cause=abc",
            "SIP;cause=99999999999",
            "SIP;cause=99",
            "Q.850;cause=0",
            "Q.850;cause=255",
            "Q.850;cause=-1",
            "SIP;cause=\"200\"",
            "preemption;cause=1",
            "SIP;text=\"open",
        ] {
            assert_eq!(read(&[odd]), "nothing", "{odd}");
        }
        assert_eq!(read(&[]), "nothing");
    }

    #[test]
    fn words_are_short_and_inert() {
        let words = format!("x;text=\"\u{202e}<b>{}\"", "ы".repeat(999));
        let told = read(&[&words]);
        assert!(told.starts_with("None None bыы"), "{told}");
        assert!(told.chars().count() < 80, "{told}");
        let many = vec!["y;cause=1"; 500].join(",") + ",SIP;cause=200";
        assert_eq!(read(&[&many]), "nothing", "beyond the first few");
    }
}
