//! Which session a `Replaces` names, and whether its place may be taken (RFC 3891 §3).
use super::Session;
use super::call::Call;
use super::machine::Endpoint;
use super::talk::Leaving;
use crate::entropy::read_hex;
use crate::refer::Replaces;

/// What a `Replaces` has met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Met {
    /// A session whose place may be taken.
    Session(Session),
    /// A refusal: 481 for none (or one that rings here), 486 for one that is answered where only a ringing one was
    /// meant, 603 for one that is over.
    Refusal(u16),
}

impl Endpoint {
    /// The session that a new INVITE wants to take the place of.
    pub(super) fn meet(&self, replaces: &Replaces) -> Met {
        let (call_id, remote) = (Some(&*replaces.call_id), Some(&*replaces.from_tag));
        let found = read_hex(&replaces.to_tag).and_then(|tag| {
            let session = self.core.dialogs.get(&tag)?;
            Some((tag, self.calls.get(session)?))
        });
        let Some((tag, call)) = found else {
            return Met::Refusal(481);
        };
        if let Some(talk) = &call.talk
            && talk.dialog.local_tag == tag
            && talk.dialog.is_of(call_id, remote)
        {
            return match () {
                () if talk.leaving != Leaving::No || call.told => Met::Refusal(603),
                () if replaces.early_only => Met::Refusal(486),
                () => Met::Session(call.id),
            };
        }
        // One that we ring may be picked up elsewhere; one that rings here may not (RFC 3891 §3).
        if call.is_early(tag, call_id, remote) && !call.told {
            return Met::Session(call.id);
        }
        Met::Refusal(481)
    }

    /// The living session that a REFER names. Some phones name the tags from their own side.
    pub(super) fn referred_session(&self, replaces: &Replaces) -> Option<Session> {
        let swapped = Replaces {
            to_tag: replaces.from_tag.clone(),
            from_tag: replaces.to_tag.clone(),
            ..replaces.clone()
        };
        [replaces, &swapped].into_iter().find_map(|names| {
            let tag = read_hex(&names.to_tag)?;
            let session = *self.core.dialogs.get(&tag)?;
            let call = self.calls.get(&session)?;
            call.is_named(tag, names).then_some(session)
        })
    }
}

impl Call {
    /// Whether the session, answered or not, has this dialog and lives.
    fn is_named(&self, tag: u128, names: &Replaces) -> bool {
        let (call_id, remote) = (Some(&*names.call_id), Some(&*names.from_tag));
        let talk = self.talk.as_ref().filter(|it| it.leaving == Leaving::No);
        let incoming = self.incoming.as_ref();
        let dialogs = talk.map(|talk| &talk.dialog).into_iter();
        let mut dialogs = dialogs.chain(incoming.map(|incoming| &incoming.dialog));
        !self.told && dialogs.any(|it| it.local_tag == tag && it.is_of(call_id, remote))
    }
}
