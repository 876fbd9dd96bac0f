//! When a certificate ends (RFC 5280 §4.1.2.5): the one field of it that we read ourselves.
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// The version, which may be left out.
const EXPLICIT_0: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The last second of a certificate in DER, as seconds since 1970. None: it is no certificate that we can read.
pub(super) fn not_after(certificate: &[u8]) -> Option<i64> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (signed, _) = element(certificate, SEQUENCE)?;
    let rest = element(signed, EXPLICIT_0).map_or(signed, |(_, rest)| rest);
    let (_, rest) = element(rest, INTEGER)?;
    let (_algorithm, rest) = element(rest, SEQUENCE)?;
    let (_issuer, rest) = element(rest, SEQUENCE)?;
    let (validity, _) = element(rest, SEQUENCE)?;
    let (_, after) = time(validity)?;
    let (ends, _) = time(after)?;
    Some(ends)
}

/// One time, and what follows it.
fn time(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (short, (text, rest)) = match element(bytes, UTC_TIME) {
        Some(found) => (true, found),
        None => (false, element(bytes, GENERALIZED_TIME)?),
    };
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_suffix('Z')?;
    // RFC 5280 §4.1.2.5.1: a year of two digits is of 1950–2049.
    let whole = match short {
        true if digits >= "50" => format!("19{digits}"),
        true => format!("20{digits}"),
        false => digits.to_owned(),
    };
    let moment = DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?;
    let moment = TimeZone::UTC.to_timestamp(moment).ok()?;
    Some((moment.as_second(), rest))
}

/// What is in the element of this kind that stands first, and what follows it (X.690 §8.1).
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7F => (usize::from(length), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7F))?;
            let long = bytes
                .iter()
                .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
            (usize::try_from(long).ok()?, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    (first == kind).then_some((content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn made(year: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(["gudok.test".to_owned()]).expect("a name");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 2, 3);
        let made = params.self_signed(&KeyPair::generate().expect("a key"));
        made.expect("a certificate").der().to_vec()
    }

    #[test]
    fn the_end_is_read_in_either_form_of_time() {
        assert_eq!(not_after(&made(2027)), Some(1_801_612_800));
        assert_eq!(not_after(&made(2055)), Some(2_685_225_600));
    }

    #[test]
    fn what_is_cut_or_is_no_certificate_has_no_end() {
        let whole = made(2027);
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
        assert_eq!(not_after(b"-----BEGIN CERTIFICATE-----"), None);
        assert_eq!(not_after(&[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), None);
    }
}
