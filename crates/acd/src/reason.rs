//! Reasons of the ACD: no line of the admin's file decides here, so they carry no place.
use gudok_model::Reason;

pub(crate) fn reason(code: &str, text: impl Into<String>) -> Reason {
    Reason {
        code: code.into(),
        place: None,
        text: text.into(),
    }
}
