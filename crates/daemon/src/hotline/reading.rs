//! How a trunk's settings read an INVITE: live calls and `gudok trunk learn` use this and nothing else, so what was
//! learnt is what will be heard.
use gudok_dialplan::plan::Plan;
use gudok_model::number::parse;
use gudok_model::{
    Caller, Dialled, IdentitySource, NumberRules, Parsed, PhoneNumber, Presentation,
};
use gudok_sip::Request;
use gudok_sip::identity::{self, CallerSource, DialledSource, Settings, extract};

use super::signalling::bounded;
use crate::config;

/// The settings of one trunk that say which header is which number.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    caller: Vec<CallerSource>,
    dialled: Vec<DialledSource>,
    default_did: Option<PhoneNumber>,
    rules: NumberRules,
    /// Whether a number that its caller withholds is told to anybody.
    show_private: bool,
}

impl Reading {
    /// As the configuration sets this trunk.
    pub(crate) fn of(trunk: &config::Trunk) -> Self {
        let default_did = trunk.default_did.as_ref().map(|did| did.0.clone());
        Self {
            default_did,
            show_private: trunk.show_private,
            ..Self::new(&trunk.caller, &trunk.dialled, rules_of(trunk))
        }
    }

    /// Operators' phones that dial the hotline themselves.
    pub(crate) fn of_phones() -> Self {
        Self {
            caller: vec![CallerSource::From],
            dialled: vec![DialledSource::RequestUri],
            default_did: None,
            rules: NumberRules::default(),
            show_private: false,
        }
    }

    /// These headers, best first; no default number.
    pub(crate) fn new(
        caller: &[config::CallerSource],
        dialled: &[config::DialledSource],
        rules: NumberRules,
    ) -> Self {
        Self {
            caller: caller.iter().copied().map(caller_source).collect(),
            dialled: dialled.iter().copied().map(dialled_source).collect(),
            default_did: None,
            rules,
            show_private: false,
        }
    }

    /// The caller as everybody behind this knows it, and the number that is kept back from them: what is not known to
    /// anybody leaks to nobody.
    pub(crate) fn caller_told(&self, request: &Request) -> (Caller, Option<PhoneNumber>) {
        let caller = self.caller_of(request);
        if self.show_private || caller.presentation != Presentation::Restricted {
            return (caller, None);
        }
        let number = caller.e164().cloned();
        (caller.kept_private(), number)
    }

    /// The caller that the first header with a number names, withheld or not.
    pub(crate) fn caller_of(&self, request: &Request) -> Caller {
        let settings = Settings {
            caller: self.caller.clone(),
            dialled: Vec::new(),
            default_dialled: None,
        };
        let found = extract(request, &settings);
        let presentation = match found.presentation {
            identity::Presentation::Allowed => Presentation::Allowed,
            identity::Presentation::Restricted => Presentation::Restricted,
            identity::Presentation::Unavailable => Presentation::Unavailable,
        };
        let asserted_by = match found.caller_source {
            CallerSource::From => IdentitySource::From,
            CallerSource::AssertedIdentity => IdentitySource::Pai,
            CallerSource::RemotePartyId => IdentitySource::Rpid,
        };
        Caller {
            number: parse(&found.caller_raw, &self.rules),
            display: found.caller_display.as_deref().map(bounded),
            presentation,
            asserted_by,
            region: None,
        }
    }

    /// A caller who proved who it is.
    pub(crate) fn caller_named(&self, user: &str) -> Caller {
        Caller {
            number: parse(user, &self.rules),
            display: None,
            presentation: Presentation::Allowed,
            asserted_by: IdentitySource::From,
            region: None,
        }
    }

    /// What somebody means who writes this.
    pub(crate) fn dialled(&self, raw: &str) -> Parsed {
        parse(raw, &self.rules)
    }

    /// What was dialled. Of the headers that may hold it the first one that has a number of ours wins, since 8-800 calls
    /// often arrive under a technical number (russia.md).
    pub(crate) fn dialled_of(&self, request: &Request, plan: &Plan) -> Dialled {
        let found: Vec<Dialled> = self
            .dialled
            .iter()
            .map(|source| self.dialled_in(request, *source))
            .collect();
        let is_ours = |parsed: &Parsed| {
            parsed
                .e164
                .as_ref()
                .is_some_and(|number| plan.number(number).is_some())
        };
        if let Some(ours) = found.iter().find(|dialled| is_ours(&dialled.number)) {
            return ours.clone();
        }
        let default = self.default_did.as_ref().map(|did| Dialled {
            number: parse(did.as_str(), &self.rules),
            found_in: IdentitySource::TrunkDefault,
        });
        default
            .or_else(|| found.into_iter().next())
            .unwrap_or_else(|| Dialled {
                number: parse("", &self.rules),
                found_in: IdentitySource::RequestUri,
            })
    }

    fn dialled_in(&self, request: &Request, source: DialledSource) -> Dialled {
        let settings = Settings {
            caller: Vec::new(),
            dialled: vec![source],
            default_dialled: None,
        };
        let raw = extract(request, &settings).dialled_raw;
        let found_in = match source {
            DialledSource::RequestUri => IdentitySource::RequestUri,
            DialledSource::To => IdentitySource::To,
            DialledSource::Diversion => IdentitySource::Diversion,
            DialledSource::HistoryInfo => IdentitySource::HistoryInfo,
            DialledSource::Default => IdentitySource::TrunkDefault,
        };
        Dialled {
            number: parse(&raw, &self.rules),
            found_in,
        }
    }
}

/// How this trunk writes its numbers.
pub(crate) fn rules_of(trunk: &config::Trunk) -> NumberRules {
    NumberRules {
        home_code: trunk.home_code.as_ref().map(|code| code.0.clone()),
        strip: trunk.strip.as_ref().map(|prefix| prefix.0.clone()),
    }
}

fn caller_source(source: config::CallerSource) -> CallerSource {
    match source {
        config::CallerSource::From => CallerSource::From,
        config::CallerSource::Pai => CallerSource::AssertedIdentity,
        config::CallerSource::Rpid => CallerSource::RemotePartyId,
    }
}

fn dialled_source(source: config::DialledSource) -> DialledSource {
    match source {
        config::DialledSource::RequestUri => DialledSource::RequestUri,
        config::DialledSource::To => DialledSource::To,
        config::DialledSource::Diversion => DialledSource::Diversion,
        config::DialledSource::HistoryInfo => DialledSource::HistoryInfo,
    }
}
