//! What a callee outside sees of us: our number, in the headers this carrier wants it in, and no number that the
//! contract with the carrier does not list (russia.md, antifraud). Of the caller nothing, but, where the trunk is set so,
//! the wish to be private.
use gudok_model::{DialFormat, PhoneNumber};

use crate::config::{self, Identity, Private};

/// The identity of one trunk's calls out.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    number: PhoneNumber,
    allowed: Vec<PhoneNumber>,
    headers: Vec<Identity>,
    format: DialFormat,
    display: Option<String>,
    /// Whether a private caller's wish holds for our number too.
    as_caller: bool,
    /// What stands in From where our number does not.
    login: String,
    /// The host of all of them.
    host: String,
}

/// From and the further headers of one call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Identified {
    /// The URI of From.
    pub from: String,
    /// The name of From.
    pub display: Option<String>,
    /// Name and value.
    pub headers: Vec<(String, String)>,
    /// The dialled number was left out: the contract does not list it.
    pub diversion_refused: bool,
}

/// A number that the contract does not list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the number is not among allowed_numbers of the trunk")]
pub(crate) struct NotAllowed;

impl Shown {
    /// As the configuration says. `host`: the registrar's, where we register, else our own domain.
    pub(crate) fn of(out: &config::Outbound, login: Option<&str>, host: &str) -> Self {
        Self {
            number: out.number.0.clone(),
            allowed: out.allowed_numbers.iter().map(|it| it.0.clone()).collect(),
            headers: out.identity.clone(),
            format: out.dial_format,
            display: out.display_name.clone(),
            as_caller: out.private == Private::AsCaller,
            login: login.unwrap_or("anonymous").to_owned(),
            host: host.to_owned(),
        }
    }

    /// How a number is written for this carrier.
    pub(crate) fn written(&self, number: &PhoneNumber) -> String {
        number.written(self.format)
    }

    /// Headers for a call. `cli`: the number to show, else the trunk's own; `dialled` is the number of ours by which the caller came, for Diversion. `private`: it is made
    /// for a caller who withholds the number. Where the trunk is set so, the carrier is to show ours to nobody; it still
    /// gets it to let the call pass (RFC 3325 §9.3).
    ///
    /// # Errors
    /// When our number is none that the contract lists; the check of the configuration should have told.
    pub(crate) fn identify(
        &self,
        cli: Option<&PhoneNumber>,
        dialled: Option<&PhoneNumber>,
        private: bool,
    ) -> Result<Identified, NotAllowed> {
        let shown = cli.unwrap_or(&self.number);
        if !self.may_leave(shown) {
            return Err(NotAllowed);
        }
        let private = private && self.as_caller;
        let uri = |user: &str| format!("sip:{user}@{}", self.host);
        let own = uri(&self.written(shown));
        let name = self.display.as_deref();
        let quoted = name.map_or_else(String::new, |name| format!("\"{name}\" "));
        let has = |header| self.headers.contains(&header);
        let from = if has(Identity::From) {
            own.clone()
        } else {
            uri(&self.login)
        };
        let mut headers = Vec::new();
        let mut push = |name: &str, value: String| headers.push((name.to_owned(), value));
        if has(Identity::Pai) {
            push("P-Asserted-Identity", format!("{quoted}<{own}>"));
        }
        if has(Identity::Rpid) {
            let kept = if private { "full" } else { "off" };
            let party = format!(";party=calling;screen=yes;privacy={kept}");
            push("Remote-Party-ID", format!("{quoted}<{own}>{party}"));
        }
        if private {
            push("Privacy", "id".to_owned());
        }
        let diverted = dialled.filter(|_| has(Identity::Diversion));
        let (listed, refused) = match diverted {
            Some(number) if self.may_leave(number) => (Some(number), false),
            other => (None, other.is_some()),
        };
        if let Some(number) = listed {
            let by = uri(&self.written(number));
            // RFC 5806 §4: forwarded whatever the state of the number, once.
            push(
                "Diversion",
                format!("<{by}>;reason=unconditional;counter=1"),
            );
        }
        Ok(Identified {
            from,
            display: self.display.clone(),
            headers,
            diversion_refused: refused,
        })
    }

    /// An empty list is our own number alone.
    pub(crate) fn may_leave(&self, number: &PhoneNumber) -> bool {
        self.allowed.contains(number) || (self.allowed.is_empty() && *number == self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gudok_model::NumberRules;
    use gudok_model::number::parse;

    fn number(text: &str) -> PhoneNumber {
        parse(text, &NumberRules::default()).e164.expect("a number")
    }

    fn shown(headers: &[Identity], allowed: &[&str]) -> Shown {
        Shown {
            number: number("+73952000001"),
            allowed: allowed.iter().map(|it| number(it)).collect(),
            headers: headers.to_vec(),
            format: DialFormat::National7,
            display: None,
            as_caller: false,
            login: "line7".into(),
            host: "sip.carrier.example".into(),
        }
    }

    #[test]
    fn our_number_stands_where_the_carrier_wants_it() {
        use Identity::{Diversion, From, Pai, Rpid};
        let hotline = number("+78001234567");
        let allowed = ["+73952000001", "+78001234567"];
        let told = |shown: &Shown| {
            let Identified { from, headers, .. } = shown
                .identify(None, Some(&hotline), false)
                .expect("allowed");
            let lines = headers
                .into_iter()
                .map(|(name, value)| format!("{name}: {value}"));
            std::iter::once(from)
                .chain(lines)
                .collect::<Vec<_>>()
                .join("\n")
        };
        insta::assert_snapshot!(told(&shown(&[From, Pai], &[])), @r"
        sip:73952000001@sip.carrier.example
        P-Asserted-Identity: <sip:73952000001@sip.carrier.example>
        ");
        let mut named = shown(&[Pai, Rpid, Diversion], &allowed);
        named.display = Some("Гудок".into());
        insta::assert_snapshot!(told(&named), @r#"
        sip:line7@sip.carrier.example
        P-Asserted-Identity: "Гудок" <sip:73952000001@sip.carrier.example>
        Remote-Party-ID: "Гудок" <sip:73952000001@sip.carrier.example>;party=calling;screen=yes;privacy=off
        Diversion: <sip:78001234567@sip.carrier.example>;reason=unconditional;counter=1
        "#);
    }

    #[test]
    fn the_carrier_is_told_to_show_no_number_of_a_private_call() {
        let mut shown = shown(&[Identity::From, Identity::Pai, Identity::Rpid], &[]);
        // A phone that takes no anonymous calls is reached all the same.
        assert_eq!(
            shown.identify(None, None, true),
            shown.identify(None, None, false)
        );
        shown.as_caller = true;
        let said = |private| {
            let Identified { headers, .. } = shown.identify(None, None, private).expect("allowed");
            headers
        };
        let privacy = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let private = said(true);
        assert!(private.contains(&privacy("Privacy", "id")), "{private:?}");
        let party = private.iter().find(|(name, _)| name == "Remote-Party-ID");
        assert!(party.is_some_and(|(_, value)| value.ends_with(";privacy=full")));
        let open = said(false);
        assert!(open.iter().all(|(name, _)| name != "Privacy"), "{open:?}");
    }

    #[test]
    fn a_number_that_is_not_listed_never_leaves() {
        let hotline = number("+78001234567");
        let all = [
            Identity::From,
            Identity::Pai,
            Identity::Rpid,
            Identity::Diversion,
        ];
        let unlisted = shown(&all, &["+73952000001"])
            .identify(None, Some(&hotline), false)
            .expect("ours is");
        assert!(unlisted.diversion_refused);
        let text = format!("{unlisted:?}");
        assert!(!text.contains("8001234567"), "{text}");
        assert_eq!(
            shown(&all, &["+78001234567"]).identify(None, None, false),
            Err(NotAllowed)
        );
    }
}
