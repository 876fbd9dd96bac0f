//! Where a trunk registers, and as whom.
use std::net::SocketAddr;

use sha2::{Digest, Sha256};

use super::Probing;
use crate::digest::Login;
use crate::endpoint::{Flow, Transport};
use crate::nonce::hmac_sha256;

/// Where a trunk registers, and as whom.
#[derive(Clone, Debug)]
pub struct Register {
    /// `sip:sip.carrier.example`: the Request-URI.
    pub registrar: String,
    /// `sip:line7@sip.carrier.example`: From and To.
    pub address: String,
    /// The user of our Contact.
    pub contact_user: String,
    /// The `line` parameter of our Contact: nobody can guess it.
    pub line: String,
    /// Digest user and password.
    pub login: Login,
    /// Wanted lifetime. Seconds.
    pub expires_secs: u32,
    /// Where we are reached.
    pub own: Own,
    /// Whether the address that has our contact is asked if it lives. Not asked twice where calls go there too and
    /// [`Config::probing`](super::Config::probing) asks it already.
    pub watch: Option<Probing>,
}

/// Where we are reached by each transport, in both families where we are in both.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Own(pub Vec<(Transport, SocketAddr)>);

impl Own {
    /// As the peer at the other end of this flow is to be told.
    pub(super) fn towards(&self, flow: Flow) -> String {
        let of = |transport: Transport| self.0.iter().filter(move |it| it.0 == transport);
        let fits = |it: &&(Transport, SocketAddr)| it.1.is_ipv4() == flow.remote.is_ipv4();
        let used = flow.transport;
        let found = of(used).find(fits).or(of(used).next());
        // Where nobody is listened to, our own requests still need a name.
        let other = of(Transport::Udp).find(fits).or(of(Transport::Udp).next());
        let address = found.or(other).map_or(flow.local, |it| it.1);
        address.to_string()
    }
}

/// The `line` parameter of a trunk's Contact. The same after a restart, so that a new registration takes the place of the
/// old one instead of standing beside it; whoever does not know the password cannot tell it.
pub fn line_of(password: &str, trunk: &str, address: &str) -> String {
    let key = Sha256::digest(password.as_bytes()).into();
    let message = ["gudok line", trunk, address].join("\0");
    hex::encode(&hmac_sha256(&key, message.as_bytes())[..16])
}
