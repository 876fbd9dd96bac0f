//! What nearly every URI and every list of parameters looks like, known by one pass: `sip:user@host:port;name=value`. What is
//! not plain may be well-formed all the same: it is cut at its separators then.
use crate::class::{HOST, TOKEN, USER, run};
use crate::params::PARAMS_MAX;

/// Whether it is a plain `sip:` URI: well-formed, without headers.
pub(crate) fn is_plain(text: &str) -> bool {
    let user = text.as_bytes().strip_prefix(b"sip:");
    user.and_then(|rest| after(rest, USER)?.strip_prefix(b"@"))
        .and_then(|rest| after_port(after(rest, HOST)?))
        .is_some_and(|rest| match rest {
            [b';', params @ ..] => are_plain(params),
            rest => rest.is_empty(),
        })
}

/// Whether these are plain parameters, one at least: well-formed, each a token with or without one for a value.
pub(crate) fn are_plain(mut params: &[u8]) -> bool {
    for _ in 0..PARAMS_MAX {
        let value = after(params, TOKEN).map(|rest| match rest {
            [b'=', value @ ..] => after(value, TOKEN),
            _ => Some(rest),
        });
        match value.flatten() {
            Some([b';', rest @ ..]) => params = rest,
            rest => return rest.is_some_and(<[u8]>::is_empty),
        }
    }
    false
}

/// What follows the bytes of this set, of which there is one at least.
fn after(text: &[u8], class: u8) -> Option<&[u8]> {
    let length = run(text, class);
    (length > 0).then(|| &text[length..])
}

/// What follows the port, where there is one; no port is as long as another number.
fn after_port(text: &[u8]) -> Option<&[u8]> {
    const DIGITS_MAX: usize = 5;
    let [b':', text @ ..] = text else {
        return Some(text);
    };
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    let number = |sum: u32, digit: &u8| sum * 10 + u32::from(digit - b'0');
    let is_port =
        (1..=DIGITS_MAX).contains(&length) && digits.iter().fold(0, number) <= u32::from(u16::MAX);
    is_port.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;
    use crate::uri::check_parts;
    use proptest::prelude::*;

    #[test]
    fn what_carriers_and_phones_write_is_plain() {
        for text in [
            "sip:88001234567@192.0.2.1",
            "sip:+79990001122@sbc.example.ru:5060;user=phone",
            "sip:*31.a-b_c@10.0.0.9:65535;transport=udp;lr",
        ] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "sip:a@b:65536",
            "sip:a@b:",
            "sip:a@b;",
            "sip:a@b?c=d",
            "sip:@b",
            "sip:a@",
            "tel:+7",
            "sip:a%4@b",
            "sip:a@b@c",
            "sip:a@b;c=",
            "sip:a@b:5060x",
        ] {
            assert!(!is_plain(text), "{text}");
        }
        let many = |count: usize| vec!["a=b"; count].join(";");
        assert!(are_plain(many(PARAMS_MAX).as_bytes()));
        assert!(!are_plain(many(PARAMS_MAX + 1).as_bytes()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn what_is_plain_is_well_formed(
            text in "sip:[a1+%?;:@=.-]{1,3}@[a1.:;@?\\[-]{1,3}(:[0-9a]{0,6})?(;[a%=;\"? @-]{0,5}){0,2}",
        ) {
            if is_plain(&text) {
                prop_assert_eq!(check_parts(&text), Ok(()));
                prop_assert!(!text.contains('?'));
            }
        }

        #[test]
        fn parameters_that_are_plain_are_well_formed(text in "[a1%=;\" @-]{0,9}") {
            if are_plain(text.as_bytes()) {
                prop_assert!(params::split(&text).all(|param| param.is_ok()));
                prop_assert!(!text.contains([' ', '"', '@']));
            }
        }
    }
}
