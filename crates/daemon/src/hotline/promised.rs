//! A request that somebody closes by hand: a late fact of the call by which it came.
use gudok_model::{CallEvent, CallId, Now, RequestEnd};
use serde::{Deserialize, Serialize};

use super::Hotline;

/// Which request is closed, how and by whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Closing {
    /// The call by which it came.
    pub call: CallId,
    /// Its number.
    pub request: u64,
    /// How.
    pub end: RequestEnd,
    /// Who says so.
    pub by: String,
    /// What they say of it.
    pub note: Option<String>,
}

impl Hotline {
    pub(super) fn close_request(&mut self, now: Now, closing: &Closing) -> String {
        let Closing {
            call,
            request,
            end,
            by,
            note,
        } = closing.clone();
        tracing::info!(%call, request, ?end, "a request is closed by hand");
        let closed = CallEvent::RequestClosed {
            request,
            end,
            by,
            note,
        };
        self.paper.measured(now, call, closed);
        match end {
            RequestEnd::Done => format!("заявка № {request} выполнена\n"),
            RequestEnd::Cancelled => format!("заявка № {request} отменена\n"),
        }
    }
}
