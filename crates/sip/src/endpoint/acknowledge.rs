//! The dialog and the ACK that a 2xx to our INVITE asks for (RFC 3261 §12.1.2, §13.2.2.4).
use super::Flow;
use super::core::Core;
use super::tables::{Ack, Head};
use crate::dialog::{Dialog, addressed};
use crate::message::{Headers, Method, Request, Response};

/// The dialog a 2xx or a ringing to our INVITE opens (RFC 3261 §12.1.2). None without tag or with too many routes.
pub(super) fn dialog_of(
    head: &Head,
    response: &Response,
    tag: u128,
    flow: Flow,
    follow: bool,
) -> Option<Dialog> {
    let headers = &response.headers;
    let target = match headers.contact() {
        Some(contact) => contact.uri.to_request_uri().into(),
        None => head.uri.clone(),
    };
    let mut dialog = Dialog {
        call_id: head.call_id.clone(),
        local: head.from.clone(),
        remote: headers.get("To")?.into(),
        local_tag: tag,
        remote_tag: headers.to_tag().unwrap_or("").into(),
        target,
        routes: Dialog::routes_of_response(headers)?,
        flow,
        local_cseq: head.last_cseq,
        remote_cseq: None,
        caller: true,
        follow,
        session_id: head.session_id,
    };
    dialog.hear_session_id(headers);
    dialog.aim(flow);
    Some(dialog)
}

/// The ACK of a 2xx: a transaction of its own, never answered (RFC 3261 §13.2.2.4). Sent, and given
/// back to be kept.
pub(super) fn acknowledge(core: &mut Core, head: &Head, dialog: &Dialog) -> Ack {
    let (uri, routes) = addressed(&dialog.target, &dialog.routes);
    let mut headers = Headers::new();
    let branch = core.entropy.draw();
    headers.push("Via", core.via(dialog.flow, branch));
    headers.push("Max-Forwards", "70");
    for route in routes {
        headers.push("Route", route);
    }
    headers.push("From", &*dialog.local);
    headers.push("To", &*dialog.remote);
    headers.push("Call-ID", &*dialog.call_id);
    headers.push("CSeq", format!("{} ACK", head.cseq));
    if let Some(id) = dialog.session_id {
        headers.push("Session-ID", id.to_string());
    }
    if let Some((name, value)) = &head.credentials {
        headers.push(*name, value.as_str());
    }
    let request = Request {
        method: Method::Ack,
        uri,
        headers,
        body: Vec::new(),
    };
    let bytes = request.to_bytes();
    core.send(dialog.flow, bytes.clone());
    Ack {
        tag: dialog.remote_tag.clone(),
        flow: dialog.flow,
        bytes: bytes.into(),
    }
}
