//! A request to call somebody, on the wire.
use gudok_model::{
    CallId, GroupId, Name, OperatorId, PhoneNumber, RequestKind, RequestSource, RequestState,
};
use gudok_switchboard::desk::CallbackNews;
use serde::Serialize;

use super::Time;

/// What those who owe it see.
#[derive(Serialize)]
pub(super) struct WireCallback<'a> {
    request: CallId,
    kind: RequestKind,
    number: &'a PhoneNumber,
    group: Option<&'a GroupId>,
    due: Time,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a OperatorId>,
    attempts: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'static str>,
    #[serde(flatten)]
    about: Option<WireAbout<'a>>,
}

/// What it is about.
#[derive(Serialize)]
struct WireAbout<'a> {
    asked_at: Time,
    source: RequestSource,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    basis: Option<&'a Name>,
}

impl<'a> WireCallback<'a> {
    pub(super) fn of(news: &'a CallbackNews) -> Self {
        let by = match &news.state {
            RequestState::Leased { by, .. }
            | RequestState::Dialing { by, .. }
            | RequestState::Connected { by, .. } => Some(by),
            _ => None,
        };
        Self {
            request: news.request,
            kind: news.kind,
            number: &news.number,
            group: news.group.as_ref(),
            due: Time(news.due),
            state: news.state.word(),
            at: news.state.at().map(Time),
            by,
            attempts: news.attempts,
            end: news.end.as_ref().map(gudok_model::RequestOutcome::word),
            about: news.about.as_ref().map(|about| WireAbout {
                asked_at: Time(about.asked_at),
                source: about.source,
                note: about.note.as_deref(),
                basis: about.basis.as_ref(),
            }),
        }
    }
}
