//! Phone numbers, normalised once at the edge to E.164 by the Russian rules; the raw form is kept.
//!
//! One way in, [`parse`]: it never fails, since a garbage number is still a caller. What comes out as
//! E.164 goes through unchanged when parsed again.
//!
//! Known doubt: `+8` before ten digits of the Russian plan is read as the well-known fault of PBXs
//! (`+8 495 …` for `+7 495 …`), although `+84` is Vietnam and `+886` Taiwan. On the lines of a Russian
//! trunk the fault is the likelier reading.
use std::fmt;

use serde::{Deserialize, Serialize};

/// A valid number in E.164: `+` and 7–15 digits. After [`parse`] nobody checks again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// What sort of number it is, as far as the numbering plan tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// +7 9xx.
    Mobile,
    /// A Russian geographic code (3xx, 4xx, 8xx).
    Geo,
    /// +7 800 and +7 804.
    TollFree,
    /// +7 809.
    Premium,
    /// Not Russia: other country codes and Kazakhstan (+7 6xx, +7 7xx).
    Intl,
    /// 1–3 digits or an emergency number; never normalised.
    Short,
    /// Anonymous, garbage or empty.
    Unknown,
}

/// How a carrier wants the numbers written that we dial and show (russia.md, trunks).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DialFormat {
    /// `+79990000001`, `+375290000001`.
    #[default]
    E164,
    /// `89990000001`; abroad `810375290000001`.
    National8,
    /// `79990000001`; abroad `375290000001`.
    National7,
}

/// How a trunk writes its numbers.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NumberRules {
    /// Area code put before local numbers of 5–7 digits, such as `3952`. None: they stay unknown.
    pub home_code: Option<String>,
    /// A prefix the trunk adds, cut before everything else, such as `9` or `0`.
    pub strip: Option<String>,
}

/// The outcome of normalising: never an error, since a garbage number is still a caller.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parsed {
    /// As it came.
    pub raw: String,
    /// The number, where it is one.
    pub e164: Option<PhoneNumber>,
    /// What sort it is.
    pub kind: Kind,
}

/// The longest raw form kept. Characters.
pub const RAW_MAX: usize = 64;

/// Normalises what a trunk, an operator or a file wrote as a number.
///
/// | written | read as |
/// |---|---|
/// | `8 912 …`, `7 912 …`, `+7 912 …`, `912 …` (10 digits), `+8 912 …` | `+7912…` |
/// | `8-10-CC…`, `00CC…`, `+CC…`, 11–15 digits that are no Russian number | `+CC…` |
/// | 5–7 digits | [`NumberRules::home_code`] before them |
/// | 1–3 digits | [`Kind::Short`], never normalised |
/// | `…;phone-context=+CC…` | the context before the local number |
/// | words, letters, nothing, impossible numbers | [`Kind::Unknown`] |
pub fn parse(raw: &str, rules: &NumberRules) -> Parsed {
    let raw: String = raw.chars().take(RAW_MAX).collect();
    let (e164, kind) = match Written::read(&raw, rules) {
        Some(written) => written.normalise(rules),
        None => (None, Kind::Unknown),
    };
    Parsed { raw, e164, kind }
}

/// A number cut into what matters.
struct Written<'a> {
    /// Began with `+`.
    plus: bool,
    /// Separators left out.
    digits: String,
    /// Digits of a global `phone-context` (RFC 3966 §5.1.5).
    context: Option<&'a str>,
}

/// A number, where it is one, and its kind.
type Normal = (Option<PhoneNumber>, Kind);

const UNKNOWN: Normal = (None, Kind::Unknown);

impl<'a> Written<'a> {
    /// None where letters and other signs say that it is no number.
    fn read(raw: &'a str, rules: &NumberRules) -> Option<Self> {
        let text = raw.trim();
        let text = strip_scheme(text);
        let (number, params) = text.split_once(';').unwrap_or((text, ""));
        let number = number.split('@').next().unwrap_or(number).trim();
        let number = strip_prefix(number, rules);
        let (plus, number) = match number.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let separator = |c: char| c.is_whitespace() || "-.()/‑–".contains(c);
        let digits: String = number.chars().filter(|&c| !separator(c)).collect();
        let context = params.split(';').find_map(global_context);
        digits.bytes().all(|b| b.is_ascii_digit()).then_some(Self {
            plus,
            digits,
            context,
        })
    }

    fn normalise(&self, rules: &NumberRules) -> Normal {
        let digits = self.digits.as_str();
        if self.plus {
            return global(digits);
        }
        if let Some(context) = self.context.filter(|context| is_local_to(digits, context)) {
            return global(&format!("{context}{digits}"));
        }
        match digits.len() {
            1..=3 => return (None, Kind::Short),
            5..=7 => return local(digits, rules),
            _ => {}
        }
        let abroad = digits.strip_prefix("810");
        if let Some(rest) = abroad.or_else(|| digits.strip_prefix("00")) {
            return global(rest);
        }
        match digits.len() {
            10 => national(digits),
            11 if digits.starts_with(['7', '8']) => national(&digits[1..]),
            11..=15 => global(digits),
            _ => UNKNOWN,
        }
    }
}

/// `tel:` and `sip:` are cut, since people paste them.
fn strip_scheme(text: &str) -> &str {
    for scheme in ["tel:", "sip:", "sips:"] {
        if let Some((head, rest)) = text.split_at_checked(scheme.len())
            && head.eq_ignore_ascii_case(scheme)
        {
            return rest;
        }
    }
    text
}

/// The trunk's prefix, unless what is left would be too short for a number: `112` stays `112`.
fn strip_prefix<'a>(number: &'a str, rules: &NumberRules) -> &'a str {
    let rest = rules
        .strip
        .as_deref()
        .and_then(|prefix| number.strip_prefix(prefix));
    match rest {
        Some(rest) if rest.len() >= 5 && !number.starts_with('+') => rest,
        _ => number,
    }
}

/// The digits of `phone-context=+…`; a domain as context says nothing.
fn global_context(param: &str) -> Option<&str> {
    let (name, value) = param.split_once('=')?;
    let digits = value.trim().strip_prefix('+')?;
    let named = name.trim().eq_ignore_ascii_case("phone-context");
    let fits = (1..=7).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    (named && fits).then_some(digits)
}

/// Whether digits are local in this context: within Russia the sum must be a whole number, since
/// `8…;phone-context=+7` is written too.
fn is_local_to(digits: &str, context: &str) -> bool {
    match context.starts_with('7') {
        true => context.len() + digits.len() == 11,
        false => digits.len() > 3,
    }
}

/// Digits behind a `+`.
fn global(digits: &str) -> Normal {
    if digits.len() == 11 && digits.starts_with('8') {
        let fault = national(&digits[1..]);
        if fault.0.is_some() {
            return fault;
        }
    }
    if let Some(rest) = digits.strip_prefix('7') {
        return national(rest);
    }
    // North America has exactly ten digits behind its 1; no country code begins with 0.
    let possible = match digits.as_bytes().first() {
        Some(b'1') => digits.len() == 11,
        Some(b'2'..=b'9') => (7..=15).contains(&digits.len()),
        _ => false,
    };
    if possible {
        (Some(PhoneNumber(format!("+{digits}"))), Kind::Intl)
    } else {
        UNKNOWN
    }
}

/// Ten digits behind the 7 of Russia and Kazakhstan.
fn national(digits: &str) -> Normal {
    if digits.len() != 10 {
        return UNKNOWN;
    }
    let kind = match digits.as_bytes() {
        [b'8', b'0', b'0' | b'4', ..] => Kind::TollFree,
        [b'8', b'0', b'9', ..] => Kind::Premium,
        [b'9', ..] => Kind::Mobile,
        [b'3' | b'4' | b'8', ..] => Kind::Geo,
        [b'6' | b'7', ..] => Kind::Intl,
        _ => return UNKNOWN,
    };
    (Some(PhoneNumber(format!("+7{digits}"))), kind)
}

/// A local number behind the trunk's home code.
fn local(digits: &str, rules: &NumberRules) -> Normal {
    let Some(code) = &rules.home_code else {
        return UNKNOWN;
    };
    national(&format!("{code}{digits}"))
}

impl PhoneNumber {
    /// Digits with the leading `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a carrier wants it written.
    pub fn written(&self, format: DialFormat) -> String {
        let digits = self.0.trim_start_matches('+');
        match (format, digits.strip_prefix('7')) {
            (DialFormat::E164, _) => self.0.clone(),
            (DialFormat::National7, _) => digits.to_owned(),
            (DialFormat::National8, Some(national)) => format!("8{national}"),
            (DialFormat::National8, None) => format!("810{digits}"),
        }
    }

    /// For logs: `+7912•••4567`. The full form belongs into audit tables only.
    pub fn masked(&self) -> String {
        let (head, tail) = (
            self.0.get(..5),
            self.0.get(self.0.len().saturating_sub(4)..),
        );
        format!("{}•••{}", head.unwrap_or("+"), tail.unwrap_or(""))
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Masked, since `Debug` ends up in logs.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Masked as well: of the raw form only its length is told.
impl fmt::Debug for Parsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parsed")
            .field("raw", &format_args!("<{} chars>", self.raw.chars().count()))
            .field("e164", &self.e164)
            .field("kind", &self.kind)
            .finish()
    }
}

/// The text is not an E.164 number.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an E.164 number: expected + and 7 to 15 digits")]
pub struct NotE164;

impl TryFrom<String> for PhoneNumber {
    type Error = NotE164;

    fn try_from(text: String) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if fits { Ok(Self(text)) } else { Err(NotE164) }
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(raw: &str, rules: &NumberRules) -> String {
        let parsed = parse(raw, rules);
        let number = parsed
            .e164
            .map_or("-".to_owned(), |number| number.to_string());
        format!("{number} {:?}", parsed.kind)
    }

    #[test]
    fn what_trunks_write() {
        let plain = NumberRules::default();
        for (raw, wanted) in [
            // The same mobile number, as many hands write it.
            ("89990000001", "+79990000001 Mobile"),
            ("79990000001", "+79990000001 Mobile"),
            ("+79990000001", "+79990000001 Mobile"),
            ("9990000001", "+79990000001 Mobile"),
            ("+89990000001", "+79990000001 Mobile"),
            ("0079990000001", "+79990000001 Mobile"),
            ("81079990000001", "+79990000001 Mobile"),
            (" +7 (999) 000-00-01 ", "+79990000001 Mobile"),
            ("8.999.000.00.01", "+79990000001 Mobile"),
            ("tel:+7-999-000-00-01", "+79990000001 Mobile"),
            ("SIP:79990000001@carrier.example", "+79990000001 Mobile"),
            ("+79990000001;phone-context=+7", "+79990000001 Mobile"),
            ("9990000001;phone-context=+7", "+79990000001 Mobile"),
            ("89990000001;phone-context=+7", "+79990000001 Mobile"),
            (
                "9990000001;phone-context=carrier.example",
                "+79990000001 Mobile",
            ),
            // Other kinds.
            ("88000000001", "+78000000001 TollFree"),
            ("8040000001", "+78040000001 TollFree"),
            ("78090000001", "+78090000001 Premium"),
            ("84990000001", "+74990000001 Geo"),
            ("+84950000001", "+74950000001 Geo"),
            ("0000001;phone-context=+7495", "+74950000001 Geo"),
            ("77010000001", "+77010000001 Intl"),
            ("6000000001", "+76000000001 Intl"),
            // Abroad.
            ("8-10-375-29-000-00-01", "+375290000001 Intl"),
            ("810375290000001", "+375290000001 Intl"),
            ("00375290000001", "+375290000001 Intl"),
            ("375290000001", "+375290000001 Intl"),
            ("290000001;phone-context=+375", "+375290000001 Intl"),
            ("+12025550100", "+12025550100 Intl"),
            ("12025550100", "+12025550100 Intl"),
            ("+85200000001", "+85200000001 Intl"),
            // Never normalised.
            ("1", "- Short"),
            ("03", "- Short"),
            ("112", "- Short"),
            ("112;phone-context=+7", "- Short"),
        ] {
            assert_eq!(told(raw, &plain), wanted, "{raw}");
        }
    }

    #[test]
    fn what_is_no_number_is_still_a_value() {
        let plain = NumberRules::default();
        for raw in [
            "",
            "   ",
            "+",
            "anonymous",
            "Anonymous@anonymous.invalid",
            "unknown",
            "Restricted",
            "unavailable",
            "8800FLOWERS",
            "*100#",
            "1234",
            "1234567",
            "00000",
            "12345678",
            "123456789",
            "1234567890",
            "81234567890",
            "71234567890",
            "+71234567",
            "+7999000000123",
            "+0123456789",
            "+1202555010",
            "1234567890123456",
            "٠٩٩٩٠٠٠٠٠٠١",
            "++79990000001",
            "гудок",
            ";phone-context=+7",
        ] {
            let parsed = parse(raw, &plain);
            assert_eq!((parsed.e164, parsed.kind), (None, Kind::Unknown), "{raw}");
            assert_eq!(parsed.raw, raw);
        }
    }

    #[test]
    fn the_rules_of_a_trunk() {
        let rules = |home: &str, strip: Option<&str>| NumberRules {
            home_code: Some(home.into()),
            strip: strip.map(str::to_owned),
        };
        assert_eq!(told("200-001", &rules("3952", None)), "+73952200001 Geo");
        assert_eq!(told("0000001", &rules("495", None)), "+74950000001 Geo");
        assert_eq!(told("00001", &rules("49622", None)), "+74962200001 Geo");
        assert_eq!(
            told("810-00-01", &rules("495", None)),
            "+74958100001 Geo",
            "not abroad"
        );
        assert_eq!(
            told("000001", &rules("495", None)),
            "- Unknown",
            "a digit is missing"
        );
        let nine = rules("495", Some("9"));
        assert_eq!(told("989990000001", &nine), "+79990000001 Mobile");
        assert_eq!(told("90000001", &nine), "+74950000001 Geo");
        assert_eq!(told("+79990000001", &nine), "+79990000001 Mobile");
        assert_eq!(told("911", &nine), "- Short", "too short for a prefix");
    }

    #[test]
    fn the_raw_form_is_bounded() {
        assert_eq!(
            parse(&"ж".repeat(1000), &NumberRules::default()).raw,
            "ж".repeat(RAW_MAX)
        );
    }

    #[test]
    fn what_carriers_want_to_read() {
        let written = |raw: &str, format| {
            let number = parse(raw, &NumberRules::default()).e164;
            number.expect("a number").written(format)
        };
        for (format, home, abroad) in [
            (DialFormat::E164, "+79990000001", "+375290000001"),
            (DialFormat::National8, "89990000001", "810375290000001"),
            (DialFormat::National7, "79990000001", "375290000001"),
        ] {
            assert_eq!(written("+79990000001", format), home);
            assert_eq!(written("+375290000001", format), abroad);
        }
    }

    #[test]
    fn logs_never_show_what_was_written() {
        let parsed = parse("8 (999) 000-00-01", &NumberRules::default());
        let shown = format!("{parsed:?}");
        assert_eq!(
            shown,
            "Parsed { raw: <17 chars>, e164: Some(+7999•••0001), kind: Mobile }"
        );
        let garbage = parse("9990000001 ext 5", &NumberRules::default());
        assert!(!format!("{garbage:?}").contains("999"), "{garbage:?}");
    }

    proptest! {
        #[test]
        fn anything_is_a_value_and_e164_stays(
            raw in "(\\PC|[0-9+;=]){0,80}",
            home_code in proptest::option::of("[0-9]{0,5}"),
            strip in proptest::option::of("[0-9+]{0,2}"),
        ) {
            let rules = NumberRules { home_code, strip };
            let parsed = parse(&raw, &rules);
            if let Some(number) = parsed.e164 {
                prop_assert!(PhoneNumber::try_from(number.to_string()).is_ok());
                let again = parse(number.as_str(), &rules);
                prop_assert_eq!((again.e164, again.kind), (Some(number), parsed.kind));
            }
        }

        #[test]
        fn numbers_of_digits_are_stable(raw in "\\+?(8|7|00|810|)[0-9]{5,15}") {
            let rules = NumberRules::default();
            let parsed = parse(&raw, &rules);
            prop_assert_eq!(parsed.e164.is_some(), !matches!(parsed.kind, Kind::Unknown | Kind::Short));
            if let Some(number) = parsed.e164 {
                let again = parse(number.as_str(), &rules);
                prop_assert_eq!((again.e164, again.kind), (Some(number), parsed.kind));
            }
        }
    }
}
