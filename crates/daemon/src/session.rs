//! By which number a call is known in the logs of those whom we ring for it (Session-ID, RFC 7989), where its caller's side
//! says none: by its own, so that their log leads to it and nothing more need be kept.
use gudok_model::CallId;
use gudok_sip::session_id::SessionId;
use uuid::Uuid;

/// Where a UUID has its version.
const VERSION: u32 = 76;
/// That of the ids of calls.
const BY_TIME: u128 = 7;

/// The number of our end of all that is dialled for the call: its id, which a Session-ID wants as of version 4.
pub(crate) fn of(call: CallId) -> SessionId {
    SessionId::of_tag(call.0.as_u128())
}

/// The call whose own number this is, if it is one's: 32 hex digits.
pub(crate) fn call_of(number: &str) -> Option<CallId> {
    let number = u128::from_str_radix(number, 16).ok()?;
    let id = (number & !(0xF << VERSION)) | (BY_TIME << VERSION);
    Some(CallId(Uuid::from_u128(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_found_by_its_own_number() {
        for random in 0..=u8::MAX {
            let at = 1_770_000_000_000 + 1_234_567 * u64::from(random);
            let id = uuid::Builder::from_unix_timestamp_millis(at, &[random; 10]);
            let call = CallId(id.into_uuid());
            let number = of(call).own_number();
            assert_eq!(&number[12..13], "4", "{number}");
            assert_eq!(call_of(&number), Some(call));
        }
        assert_eq!(call_of("not a number"), None);
    }
}
