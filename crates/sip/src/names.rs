//! Header names: canonical spelling, compact forms (RFC 3261 §7.3.3, §20), and which stand once.

/// The canonical spelling of a known header, compact forms expanded. Case does not matter.
pub fn canonical(name: &str) -> Option<&'static str> {
    if let [letter] = name.as_bytes() {
        return expand(letter.to_ascii_lowercase());
    }
    let first = name.as_bytes().first()?.to_ascii_uppercase();
    let same_length = BY_LENGTH.get(name.len())?;
    // Nearly everybody writes them as they are here.
    let is = |known: &str| known == name || known.eq_ignore_ascii_case(name);
    let same = |known: &&&str| known.as_bytes()[0] == first && is(known);
    same_length.iter().find(same).copied()
}

/// The place, below 16, of a header of which a message may hold one only; two are refused, since two readers could each
/// take another one.
pub(crate) fn single(name: &str) -> Option<u8> {
    Some(match name {
        "From" => 0,
        "To" => 1,
        "Call-ID" => 2,
        "CSeq" => 3,
        "Max-Forwards" => 4,
        "Content-Length" => 5,
        "Content-Type" => 6,
        "Expires" => 7,
        "Session-Expires" => 8,
        "Min-SE" => 9,
        "Refer-To" => 10,
        "Replaces" => 11,
        "RSeq" => 12,
        "RAck" => 13,
        "Date" => 14,
        _ => return None,
    })
}

/// The name of a compact form, from the IANA registry of SIP header fields.
fn expand(letter: u8) -> Option<&'static str> {
    Some(match letter {
        b'a' => "Accept-Contact",
        b'b' => "Referred-By",
        b'c' => "Content-Type",
        b'd' => "Request-Disposition",
        b'e' => "Content-Encoding",
        b'f' => "From",
        b'i' => "Call-ID",
        b'j' => "Reject-Contact",
        b'k' => "Supported",
        b'l' => "Content-Length",
        b'm' => "Contact",
        b'n' => "Identity-Info",
        b'o' => "Event",
        b'r' => "Refer-To",
        b's' => "Subject",
        b't' => "To",
        b'u' => "Allow-Events",
        b'v' => "Via",
        b'x' => "Session-Expires",
        b'y' => "Identity",
        _ => return None,
    })
}

/// Known names by their length, so that a look-up compares a handful.
#[rustfmt::skip]
const BY_LENGTH: [&[&str]; 21] = [
    &[],
    &[],
    &["To"],
    &["Via"],
    &["From", "CSeq", "Date", "RSeq", "RAck", "Path"],
    &["Allow", "Route", "Event"],
    &["Accept", "Reason", "Server", "Min-SE"],
    &["Call-ID", "Contact", "Expires", "Require", "Subject", "Warning", "Privacy"],
    &["Priority", "Reply-To", "Refer-To", "Replaces", "Identity"],
    &["Supported", "Timestamp", "Call-Info", "Diversion"],
    &["User-Agent", "Alert-Info", "Error-Info"],
    &["Retry-After", "Unsupported", "In-Reply-To", "Min-Expires", "Referred-By", "Answer-Mode"],
    &["Max-Forwards", "Content-Type", "Record-Route", "MIME-Version", "Organization",
          "History-Info", "Allow-Events"],
    &["Authorization", "Proxy-Require", "Identity-Info", "Service-Route"],
    &["Content-Length", "Accept-Contact", "Reject-Contact"],
    &["Accept-Encoding", "Accept-Language", "Remote-Party-ID", "Session-Expires"],
    &["WWW-Authenticate", "Content-Encoding", "Content-Language"],
    &[],
    &["Proxy-Authenticate", "Subscription-State"],
    &["Proxy-Authorization", "Content-Disposition", "P-Asserted-Identity", "Authentication-Info",
          "Request-Disposition"],
    &["P-Preferred-Identity"],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_lies_under_its_length() {
        for (length, names) in BY_LENGTH.iter().enumerate() {
            for name in *names {
                assert_eq!(name.len(), length, "{name}");
                assert_eq!(canonical(&name.to_lowercase()), Some(*name));
            }
        }
        for letter in b'a'..=b'z' {
            if let Some(name) = expand(letter) {
                assert_eq!(canonical(name), Some(name));
            }
        }
    }

    #[test]
    fn every_single_header_has_a_place_of_its_own() {
        let mut places: Vec<u8> = BY_LENGTH
            .iter()
            .copied()
            .flatten()
            .filter_map(|name| single(name))
            .collect();
        places.sort_unstable();
        assert_eq!(places, Vec::from_iter(0..15));
        assert_eq!(canonical("X-Call-Id"), None);
        assert_eq!(canonical(""), None);
    }
}
