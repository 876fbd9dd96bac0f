//! Privacy (RFC 3323 §4.2, RFC 3325 §9.3, RFC 7044 §4.2): what a caller asks to be kept from whoever is called.
//!
//! A B2BUA writes Via, Contact, Call-ID and SDP of its own and passes the sound, so what `header` and `session` ask for
//! is done before it is asked. `user`, `id` and `history` are kept by whoever passes on no name and no number.
use crate::message::Headers;

/// What we can keep, and `none`: that nothing need be kept.
const KNOWN: [&str; 7] = [
    "header", "session", "user", "id", "history", "none", "critical",
];
/// What asks to keep the number back; the last two are of Remote-Party-ID, and were seen here too.
const WITHHOLDING: [&str; 5] = ["header", "user", "id", "full", "uri"];
/// Most words that are told back.
const TOLD_MAX: usize = 4;
/// Longest of them. Characters.
const WORD_MAX: usize = 32;

/// Whether the caller asks for the number to be kept back.
pub fn withholds(headers: &Headers) -> bool {
    headers.all("Privacy").any(asks_to_withhold)
}

/// The same of one value: of a Privacy header, or of the `privacy` parameter of Remote-Party-ID.
pub(crate) fn asks_to_withhold(value: &str) -> bool {
    words(value).any(|word| is_one_of(&WITHHOLDING, word))
}

/// Whether the `privacy` parameter of Remote-Party-ID keeps the name back, be it with the number or without.
pub(crate) fn asks_to_hide_name(value: &str) -> bool {
    words(value).any(|word| is_one_of(&["name", "full"], word))
}

/// What a caller calls critical and we do not know how to keep: such a request must fail with 500 and these words
/// (RFC 3323 §5). None: nothing of that kind. Bounded, and fit for a status line.
pub fn unmet(headers: &Headers) -> Option<String> {
    // Most callers ask for nothing.
    headers.get("Privacy")?;
    let asked = || headers.all("Privacy").flat_map(words);
    if !asked().any(|word| is_one_of(&["critical"], word)) {
        return None;
    }
    let known = |word: &&str| is_one_of(&KNOWN, word) || is_one_of(&WITHHOLDING, word);
    let told: Vec<String> = asked()
        .filter(|word| !known(word))
        .take(TOLD_MAX)
        .map(plain)
        .collect();
    (!told.is_empty()).then(|| told.join(";"))
}

fn words(value: &str) -> impl Iterator<Item = &str> {
    let words = value.split([';', ',']).map(str::trim);
    words.filter(|word| !word.is_empty())
}

fn is_one_of(words: &[&str], word: &str) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Its letters, digits and hyphens: a priv-value is a token (RFC 3323 §4.2), whatever was written.
fn plain(word: &str) -> String {
    let token = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    word.chars().filter(token).take(WORD_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> Headers {
        let mut headers = Headers::new();
        for value in values {
            headers.push("Privacy", *value);
        }
        headers
    }

    #[test]
    fn each_word_means_what_its_rfc_says() {
        for (value, withheld) in [
            ("id", true),
            ("user", true),
            ("header", true),
            ("ID ; Critical", true),
            ("session;id", true),
            ("full", true),
            ("session", false),
            ("history", false),
            ("none", false),
            ("critical", false),
            ("identity", false),
            ("", false),
            (";;,", false),
        ] {
            assert_eq!(withholds(&headers(&[value])), withheld, "{value}");
        }
        assert!(withholds(&headers(&["none", "id"])), "the stricter one");
        assert!(!withholds(&headers(&[])));
    }

    #[test]
    fn only_what_is_critical_and_unknown_is_unmet() {
        let unmet = |values: &[&str]| unmet(&headers(values));
        for met in [
            &["critical;header;session;user;id;history"][..],
            &["cloak"],
            &["none"],
            &["critical"],
            &[],
        ] {
            assert_eq!(unmet(met), None, "{met:?}");
        }
        assert_eq!(unmet(&["critical;cloak"]).as_deref(), Some("cloak"));
        assert_eq!(unmet(&["cloak;id", "Critical"]).as_deref(), Some("cloak"));
        let hostile = format!("critical;a\u{7}b\"<{};b;c;d;e;f", "x".repeat(999));
        let told = unmet(&[&hostile]).expect("unknown words");
        assert!(told.len() <= TOLD_MAX * (WORD_MAX + 1), "{told}");
        assert!(
            told.starts_with("abxxx") && told.ends_with(";b;c;d"),
            "{told}"
        );
    }
}
