//! Who calls whom, by what a trunk is set to: caller from From, P-Asserted-Identity (RFC 3325) or
//! Remote-Party-ID; dialled number from the Request-URI, To, Diversion (RFC 5806) or History-Info
//! (RFC 7044). Numbers come out as written; normalising them is the model's task.
//!
//! Nothing here is proof: a number is what the trunk claims.
use crate::address::NameAddr;
use crate::message::{Headers, Request};
use crate::privacy;
use crate::uri::Uri;

/// The longest raw number. Characters.
pub const RAW_MAX: usize = 64;
/// The longest display name. Characters.
pub const DISPLAY_MAX: usize = 64;
/// How many values of one header are looked at.
const VALUES_MAX: usize = 16;

/// A header that may name the caller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CallerSource {
    /// From.
    From,
    /// P-Asserted-Identity.
    AssertedIdentity,
    /// Remote-Party-ID.
    RemotePartyId,
}

/// What may name the dialled number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DialledSource {
    /// The Request-URI.
    RequestUri,
    /// To.
    To,
    /// Diversion: the number that sent the call here last.
    Diversion,
    /// History-Info: the same.
    HistoryInfo,
    /// [`Settings::default_dialled`].
    Default,
}

/// How a trunk says who calls whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The first of these that gives a number is the caller.
    pub caller: Vec<CallerSource>,
    /// The first of these that gives a number is the dialled one.
    pub dialled: Vec<DialledSource>,
    /// The number of a trunk that does not say what was dialled.
    pub default_dialled: Option<String>,
}

impl Default for Settings {
    /// What the network asserts before what the phone says; what was asked for before what it was
    /// called.
    fn default() -> Self {
        Self {
            caller: vec![
                CallerSource::AssertedIdentity,
                CallerSource::RemotePartyId,
                CallerSource::From,
            ],
            dialled: vec![DialledSource::RequestUri, DialledSource::To],
            default_dialled: None,
        }
    }
}

/// Whether the number may be shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Presentation {
    /// Yes.
    Allowed,
    /// The caller withheld it: [`privacy`], `privacy=full`, anonymous. A number may still be there,
    /// for the network's eyes.
    Restricted,
    /// The network did not bring it.
    Unavailable,
}

/// Who calls whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// User part or telephone number as written, escapes decoded; empty when there is none.
    pub caller_raw: String,
    /// The name, cleaned by [`clean_display`].
    pub caller_display: Option<String>,
    /// Whether the number may be shown.
    pub presentation: Presentation,
    /// Which header gave it; From when none did.
    pub caller_source: CallerSource,
    /// The dialled number as written; empty when there is none.
    pub dialled_raw: String,
    /// What gave it; the Request-URI when nothing did.
    pub dialled_source: DialledSource,
}

/// Reads who calls whom from an INVITE. Never fails: nothing found is a value too.
pub fn extract(request: &Request, settings: &Settings) -> Identity {
    let headers = &request.headers;
    let caller = settings
        .caller
        .iter()
        .find_map(|source| caller(headers, *source));
    let hides_name = parties(headers).any(|party| asks(&party, privacy::asks_to_hide_name));
    let presentation = match &caller {
        _ if withheld_by(headers).is_some() => Presentation::Restricted,
        Some(_) => Presentation::Allowed,
        None => Presentation::Unavailable,
    };
    let (caller_source, caller_raw, display) =
        caller.unwrap_or((CallerSource::From, String::new(), None));
    let display = display.or_else(|| headers.from()?.display);
    let display = display.and_then(|display| clean_display(&display));
    let says_more = |display: &String| {
        !is_same_number(display, &caller_raw) && !display.eq_ignore_ascii_case("anonymous")
    };
    let caller_display = display.filter(says_more).filter(|_| !hides_name);
    let (dialled_source, dialled_raw) = dialled(request, settings);
    Identity {
        caller_raw,
        caller_display,
        presentation,
        caller_source,
        dialled_raw,
        dialled_source,
    }
}

/// A display name fit for a screen: control, bidirectional and invisible characters and markup brackets
/// removed, white space joined, at most [`DISPLAY_MAX`] characters. None when nothing is left.
pub fn clean_display(text: &str) -> Option<String> {
    let unseen = |c: char| {
        matches!(c, '<' | '>' | '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
            || matches!(c, '\u{FEFF}' | '\u{FFFD}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
    };
    let mut clean = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|&c| !unseen(c)).collect();
        if !clean.is_empty() && !word.is_empty() {
            clean.push(' ');
        }
        clean += &word;
    }
    let short: String = clean.chars().take(DISPLAY_MAX).collect();
    Some(short.trim_end().to_owned()).filter(|text| !text.is_empty())
}

/// The number a caller source gives, with its display name; None when absent, anonymous or malformed.
fn caller(
    headers: &Headers,
    source: CallerSource,
) -> Option<(CallerSource, String, Option<String>)> {
    let all = values(headers, caller_header(source));
    let values = all.filter(|addr| source != CallerSource::RemotePartyId || calls(addr));
    let named = |addr: NameAddr| number_of(&addr.uri).map(|raw| (source, raw, addr.display));
    // Of a pair of asserted identities the `tel:` one is the number (RFC 3325 §9.1).
    let mut tel: Vec<_> = values.collect();
    tel.sort_by_key(|addr| !matches!(addr.uri, Uri::Tel(_)));
    tel.into_iter().find_map(named)
}

fn caller_header(source: CallerSource) -> &'static str {
    match source {
        CallerSource::From => "From",
        CallerSource::AssertedIdentity => "P-Asserted-Identity",
        CallerSource::RemotePartyId => "Remote-Party-ID",
    }
}

/// How a caller says that the number is withheld.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Withheld {
    /// [`privacy`].
    Privacy,
    /// The `privacy` parameter of Remote-Party-ID.
    RemoteParty,
    /// From names nobody (RFC 3323 §4.1.1.3).
    Anonymous,
}

/// Whether the caller withheld the number, in any of the ways in use.
pub fn withheld_by(headers: &Headers) -> Option<Withheld> {
    let party = parties(headers).any(|party| asks(&party, privacy::asks_to_withhold));
    let nameless = |from: &NameAddr| {
        is_named(
            &from.uri,
            &["anonymous", "restricted", "private", "withheld"],
        )
    };
    if privacy::withholds(headers) {
        Some(Withheld::Privacy)
    } else if party {
        Some(Withheld::RemoteParty)
    } else {
        headers.from().filter(nameless).map(|_| Withheld::Anonymous)
    }
}

/// The callers that Remote-Party-ID names.
fn parties(headers: &Headers) -> impl Iterator<Item = NameAddr> + '_ {
    values(headers, "Remote-Party-ID").filter(calls)
}

/// Whether a value of Remote-Party-ID is of who calls: `party` says so, or is absent. `party=called` has a privacy of its own.
fn calls(party: &NameAddr) -> bool {
    let which = party.params.unquoted("party");
    which.is_none_or(|which| which.eq_ignore_ascii_case("calling"))
}

/// Whether the `privacy` of a party asks for this.
fn asks(party: &NameAddr, what: fn(&str) -> bool) -> bool {
    let privacy = party.params.unquoted("privacy");
    privacy.is_some_and(|value| what(&value))
}

/// Whether a display name is no name, but the number once more, however it is punctuated.
fn is_same_number(display: &str, raw: &str) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let name = digits(display);
    let punctuated = |c: char| c.is_ascii_digit() || "+-(). ".contains(c);
    display == raw || (!name.is_empty() && display.chars().all(punctuated) && name == digits(raw))
}

/// Whether a URI stands for nobody.
fn is_anonymous(uri: &Uri) -> bool {
    is_named(
        uri,
        &[
            "anonymous",
            "restricted",
            "private",
            "withheld",
            "unknown",
            "unavailable",
        ],
    )
}

/// Whether the user is one of these words, or the host says the same (RFC 3323 §4.1.1.3).
fn is_named(uri: &Uri, words: &[&str]) -> bool {
    let host = match uri {
        Uri::Sip(sip) => sip.host.to_string(),
        _ => String::new(),
    };
    let user = uri.user_text().unwrap_or_default();
    let word = words.iter().any(|word| user.eq_ignore_ascii_case(word));
    word || host.eq_ignore_ascii_case("anonymous.invalid")
}

fn dialled(request: &Request, settings: &Settings) -> (DialledSource, String) {
    let found = settings
        .dialled
        .iter()
        .find_map(|&source| Some((source, dialled_by(request, settings, source)?)));
    let default = || Some((DialledSource::Default, settings.default_dialled.clone()?));
    found
        .or_else(default)
        .unwrap_or((DialledSource::RequestUri, String::new()))
}

fn dialled_by(request: &Request, settings: &Settings, source: DialledSource) -> Option<String> {
    let headers = &request.headers;
    match source {
        DialledSource::RequestUri => number_of(&Uri::parse(&request.uri).ok()?),
        DialledSource::To => number_of(&headers.to()?.uri),
        // The topmost is the latest diversion (RFC 5806 §4.1): the number that led here.
        DialledSource::Diversion => {
            values(headers, "Diversion").find_map(|addr| number_of(&addr.uri))
        }
        DialledSource::HistoryInfo => history(request),
        DialledSource::Default => settings.default_dialled.clone(),
    }
}

/// The last entry that is not the present target: the number that led here.
fn history(request: &Request) -> Option<String> {
    let target = Uri::parse(&request.uri)
        .ok()
        .and_then(|uri| number_of(&uri));
    let entries: Vec<_> = values(&request.headers, "History-Info")
        .filter_map(|addr| number_of(&addr.uri))
        .collect();
    let led_here = entries
        .iter()
        .rev()
        .find(|entry| target.as_ref() != Some(*entry));
    led_here.or(entries.last()).cloned()
}

/// The well-formed values of an address header.
fn values<'a>(headers: &'a Headers, name: &'a str) -> impl Iterator<Item = NameAddr> + 'a {
    headers
        .list(name)
        .take(VALUES_MAX)
        .filter_map(|value| NameAddr::parse(value).ok())
}

/// The number, or the name, of a URI with its `phone-context`; None where it names nobody.
fn number_of(uri: &Uri) -> Option<String> {
    let user = uri.user_text()?;
    let context = match uri {
        Uri::Tel(tel) => tel.params.get("phone-context"),
        _ => None,
    };
    if user.is_empty() || is_anonymous(uri) {
        return None;
    }
    let context = context
        .map(|context| format!(";phone-context={context}"))
        .unwrap_or_default();
    let shown = user
        .chars()
        .chain(context.chars())
        .filter(|c| !c.is_control());
    Some(shown.take(RAW_MAX).collect())
}

#[cfg(test)]
mod tests;
