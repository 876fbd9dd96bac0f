//! How the phones of a call are spoken to, each in the words of its make.
use std::sync::Arc;

use super::Invite;
use super::fork::Manner;
use super::outgoing::Refused;
use crate::address::NameAddr;
use crate::phones::{ForPhone, Model};
use crate::uri::Uri;

/// How the phones of a call are spoken to, each make once.
pub(super) struct Manners {
    from: NameAddr,
    phone: Option<ForPhone>,
    made: Vec<(Model, Arc<Manner>)>,
}

impl Manners {
    pub(super) fn new(invite: &Invite) -> Result<Self, Refused> {
        Ok(Self {
            from: from_header(&invite.from_uri, invite.from_display.as_deref())?,
            phone: invite.phone.clone(),
            made: Vec::new(),
        })
    }

    /// For a contact that seems to be of this make.
    pub(super) fn of(&mut self, guessed: Model) -> Arc<Manner> {
        let named = self.phone.as_ref().and_then(|phone| phone.model);
        let model = named.unwrap_or(guessed);
        if let Some((_, manner)) = self.made.iter().find(|(made, _)| *made == model) {
            return manner.clone();
        }
        let manner = Arc::new(self.make(model));
        self.made.push((model, manner.clone()));
        manner
    }

    fn make(&self, model: Model) -> Manner {
        let Some(phone) = &self.phone else {
            return Manner {
                from: self.from.to_string(),
                headers: Vec::new(),
            };
        };
        let mut from = self.from.clone();
        let name = from.display.take();
        from.display = name.map(|name| model.display(&name).into_owned());
        Manner {
            headers: model.words(phone, &from),
            from: from.to_string(),
        }
    }
}

/// From without the tag. A URI without a scheme is a SIP one.
fn from_header(uri: &str, display: Option<&str>) -> Result<NameAddr, Refused> {
    let bad = |_| (400, "Bad Caller URI");
    let uri = if ["sip:", "sips:", "tel:"].iter().any(|s| uri.starts_with(s)) {
        Uri::parse(uri).map_err(bad)?
    } else {
        Uri::parse(&format!("sip:{uri}")).map_err(bad)?
    };
    let mut from = NameAddr::new(uri);
    from.display = display.map(str::to_owned).filter(|name| !name.is_empty());
    Ok(from)
}
