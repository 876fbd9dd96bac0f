//! Messages to calls: one INVITE of each call that came by the trunk.
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use gudok_sip::endpoint::TrunkSource;
use gudok_sip::parse::parse;
use gudok_sip::{Message, Method, Request};

use super::capture::{Capture, Captured, Passed};
use crate::config;
use crate::place::Source;

/// Most calls that are learnt from; more teach nothing new.
pub(super) const CALLS_MAX: usize = 200;
/// Most parser errors that are told with their places.
const FAULTS_MAX: usize = 5;

/// What is learnt from.
#[derive(Default, Debug)]
pub(super) struct Calls {
    /// In the order they were captured.
    pub calls: Vec<Call>,
    /// The first messages our parser refuses: place and reason.
    pub faults: Vec<String>,
    /// Senders, where none of them is an address of the trunk: `sources` may be wrong.
    pub strangers: BTreeSet<IpAddr>,
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    /// Where its INVITE was.
    pub place: String,
    /// Who sent it, where the file says so.
    pub source: Option<IpAddr>,
    /// The INVITE.
    pub request: Request,
}

/// Sorts a capture; what is no call is counted in it.
pub(super) fn sort(capture: &mut Capture, trunk: &config::Trunk) -> Calls {
    let mut sorted = Calls::default();
    sorted.calls = invites(capture, &mut sorted.faults);
    only_from(trunk, &BTreeSet::new(), &mut sorted, capture);
    let mut seen = BTreeSet::new();
    sorted.calls.retain(|call| {
        let id = call.request.headers.get("Call-ID").unwrap_or_default();
        let why = if !seen.insert(id.to_owned()) {
            Passed::Again
        } else if seen.len() > CALLS_MAX {
            Passed::TooMany
        } else {
            return true;
        };
        capture.pass(why);
        false
    });
    sorted
}

/// The INVITEs of a capture that begin a call, in their order; the capture is empty afterwards, but for its counts.
pub(super) fn invites(capture: &mut Capture, faults: &mut Vec<String>) -> Vec<Call> {
    let mut calls = Vec::new();
    for message in std::mem::take(&mut capture.messages) {
        match invite(message, faults) {
            Ok(call) => calls.push(call),
            Err(why) => capture.pass(why),
        }
    }
    calls
}

/// The first INVITE of a call.
fn invite(message: Captured, faults: &mut Vec<String>) -> Result<Call, Passed> {
    let parsed = parse(&message.bytes).map_err(|error| {
        if faults.len() < FAULTS_MAX {
            faults.push(format!("{}: {error}", message.place));
        }
        Passed::Malformed
    })?;
    let Message::Request(request) = parsed else {
        return Err(Passed::NotInvite);
    };
    if request.method != Method::Invite {
        return Err(Passed::NotInvite);
    }
    if request.headers.to().is_some_and(|to| to.tag().is_some()) {
        return Err(Passed::InDialog);
    }
    // A capture on our own machine holds our calls to the phones too, and a text does not say who sent them.
    if request
        .headers
        .get("User-Agent")
        .is_some_and(|agent| agent.starts_with("gudok/"))
    {
        return Err(Passed::Elsewhere);
    }
    Ok(Call {
        place: message.place,
        source: message.source,
        request,
    })
}

/// A capture on our own machine holds our calls to the phones too: where the trunk's addresses are among the senders,
/// only theirs are kept. Where they are not, the setting may be what is wrong, so everything is. `addresses`: further ones
/// that are known to be the trunk's.
pub(super) fn only_from(
    trunk: &config::Trunk,
    addresses: &BTreeSet<IpAddr>,
    sorted: &mut Calls,
    capture: &mut Capture,
) {
    let sources: Vec<TrunkSource> = trunk
        .sources
        .iter()
        .filter_map(|source| match source {
            Source::Network(network) => Some(TrunkSource {
                trunk: Arc::from(trunk.name.as_str()),
                network: (network.address, network.prefix),
            }),
            // A capture is read without the DNS.
            Source::Name(_) => None,
        })
        .collect();
    let known = |source: IpAddr| {
        addresses.contains(&source) || sources.iter().any(|network| network.holds(source))
    };
    let senders: BTreeSet<IpAddr> = sorted.calls.iter().filter_map(|call| call.source).collect();
    if !senders.iter().any(|&sender| known(sender)) {
        sorted.strangers = senders;
        return;
    }
    sorted.calls.retain(|call| {
        let kept = call.source.is_none_or(known);
        if !kept {
            capture.pass(Passed::Elsewhere);
        }
        kept
    });
}
