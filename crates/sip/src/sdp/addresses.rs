//! Which addresses a party may name as its own: the one place where that is judged.
//!
//! Whatever a description says, we send audio there. So an address is refused that no party can have (a group, a
//! broadcast, reserved blocks), that is the business of one machine or one wire (loopback, link-local, where a cloud keeps
//! its secrets), for a party that is elsewhere, and that is *ours*: a port of our RTP range at our address would make us
//! send to ourselves, and one call hear another; the port of our SIP would be flooded by us. The unspecified address is
//! always allowed, with any port: it is a hold (RFC 2543 §B.5) and nothing is sent to it.
//!
//! Ports of services (below 1024) are nobody's RTP: a stream of ours there would be an attack on a third party's resolver
//! or time server. A description may name one where it wants no audio (WebRTC writes 9), and hears none.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What a party may name. The default is for a party on another machine, while we have no RTP of our own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AddressPolicy {
    /// 127.0.0.0/8 and ::1: only for a party whose SIP comes from there too.
    pub loopback: bool,
    /// 169.254.0.0/16 and fe80::/10: the same.
    pub link_local: bool,
    /// Where we listen for RTP, which is nobody else's.
    pub own: Option<OwnMedia>,
}

/// Where our RTP sockets are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnMedia {
    /// The address in our descriptions.
    pub advertised: IpAddr,
    /// The address of the sockets; the unspecified one takes what comes to `machine` and over loopback too.
    pub bound: IpAddr,
    /// Addresses of the machine's interfaces: behind 1:1 NAT none of them is the advertised one.
    pub machine: Arc<[IpAddr]>,
    /// First and last port of the range, RTCP included.
    pub ports: (u16, u16),
    /// Where we listen for SIP by datagrams, at the same addresses.
    pub signalling: Arc<[u16]>,
}

/// The first port that may be a party's RTP (RFC 6335 §6: below it are the ports of the system's services).
pub const PORT_MIN: u16 = 1_024;

/// Why an address is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// A group (RFC 5771, RFC 4291 §2.7): one offer would make us flood a network.
    #[error("a multicast group")]
    Multicast,
    /// 255.255.255.255.
    #[error("the broadcast address")]
    Broadcast,
    /// 0.0.0.0/8 and 240.0.0.0/4 (RFC 6890): nobody is there.
    #[error("a reserved address")]
    Reserved,
    /// Loopback, named by a party on another machine.
    #[error("loopback, and the party is elsewhere")]
    Loopback,
    /// Link-local, named by a party on another wire; 169.254.169.254 is where clouds tell a machine its secrets.
    #[error("link-local, and the party is elsewhere")]
    LinkLocal,
    /// Our own media: an audio loop; our own SIP.
    #[error("our own port")]
    Own,
    /// Below [`PORT_MIN`].
    #[error("the port of a service")]
    Service,
}

impl AddressPolicy {
    /// Whether audio may be sent there.
    ///
    /// # Errors
    /// [`Unfit`], for the log and the record: the offer gets 488, an answer ends its session.
    pub fn judge(&self, address: SocketAddr) -> Result<(), Unfit> {
        let ip = address.ip().to_canonical();
        if ip.is_unspecified() {
            return Ok(());
        }
        if ip.is_multicast() {
            return Err(Unfit::Multicast);
        }
        if let IpAddr::V4(v4) = ip {
            if v4.is_broadcast() {
                return Err(Unfit::Broadcast);
            }
            if matches!(v4.octets()[0], 0 | 240..) {
                return Err(Unfit::Reserved);
            }
        }
        if ip.is_loopback() && !self.loopback {
            return Err(Unfit::Loopback);
        }
        if is_link_local(ip) && !self.link_local {
            return Err(Unfit::LinkLocal);
        }
        match &self.own {
            Some(own) if own.holds(ip, address.port()) => Err(Unfit::Own),
            _ => Ok(()),
        }
    }
}

/// Whether the address means something on one wire alone. `ip` is canonical.
pub fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

impl OwnMedia {
    /// `ip` is canonical.
    fn holds(&self, ip: IpAddr, port: u16) -> bool {
        let (first, last) = self.ports;
        let here = ip == self.advertised.to_canonical()
            || ip == self.bound.to_canonical()
            || self.bound.is_unspecified() && (ip.is_loopback() || self.is_of_machine(ip));
        here && ((first..=last).contains(&port) || self.signalling.contains(&port))
    }

    fn is_of_machine(&self, ip: IpAddr) -> bool {
        self.machine.iter().any(|own| own.to_canonical() == ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn judge(policy: &AddressPolicy, address: &str) -> String {
        match policy.judge(address.parse().expect("an address")) {
            Ok(()) => "yes".to_owned(),
            Err(unfit) => unfit.to_string(),
        }
    }

    #[test]
    fn a_party_may_be_anywhere_but_in_a_group_on_loopback_or_at_our_ports() {
        let own = OwnMedia {
            advertised: [203, 0, 113, 10].into(),
            bound: [0, 0, 0, 0].into(),
            machine: ["10.0.0.5", "2001:db8::5"].map(ip).into(),
            ports: (40_000, 40_999),
            signalling: [5_060].into(),
        };
        let own = Some(own);
        let (far, near) = (
            AddressPolicy {
                own: own.clone(),
                ..AddressPolicy::default()
            },
            AddressPolicy {
                loopback: true,
                link_local: true,
                own,
            },
        );
        for (address, from_afar, from_here) in [
            ("198.51.100.1:4000", "yes", "yes"),
            ("198.51.100.1:40000", "yes", "yes"),
            ("0.0.0.0:40000", "yes", "yes"),
            ("[::]:40000", "yes", "yes"),
            ("203.0.113.10:39999", "yes", "yes"),
            ("203.0.113.10:40000", "our own port", "our own port"),
            (
                "[::ffff:203.0.113.10]:40999",
                "our own port",
                "our own port",
            ),
            ("203.0.113.10:41000", "yes", "yes"),
            ("10.0.0.5:40002", "our own port", "our own port"),
            ("[::ffff:10.0.0.5]:40002", "our own port", "our own port"),
            ("[2001:db8::5]:40002", "our own port", "our own port"),
            ("10.0.0.5:4000", "yes", "yes"),
            ("10.0.0.6:40002", "yes", "yes"),
            (
                "127.0.0.1:4000",
                "loopback, and the party is elsewhere",
                "yes",
            ),
            ("[::1]:4000", "loopback, and the party is elsewhere", "yes"),
            (
                "127.0.0.2:40002",
                "loopback, and the party is elsewhere",
                "our own port",
            ),
            ("203.0.113.10:5060", "our own port", "our own port"),
            ("[2001:db8::5]:5060", "our own port", "our own port"),
            ("10.0.0.6:5060", "yes", "yes"),
            ("192.168.1.5:4000", "yes", "yes"),
            ("100.64.0.7:4000", "yes", "yes"),
            ("[fd00::7]:4000", "yes", "yes"),
            (
                "169.254.7.7:4000",
                "link-local, and the party is elsewhere",
                "yes",
            ),
            (
                "169.254.169.254:8000",
                "link-local, and the party is elsewhere",
                "yes",
            ),
            (
                "[::ffff:169.254.169.254]:80",
                "link-local, and the party is elsewhere",
                "yes",
            ),
            (
                "[fe80::1]:4000",
                "link-local, and the party is elsewhere",
                "yes",
            ),
            (
                "[::ffff:127.0.0.1]:4000",
                "loopback, and the party is elsewhere",
                "yes",
            ),
            ("[::ffff:0.0.0.0]:4000", "yes", "yes"),
            ("0.0.0.1:4000", "a reserved address", "a reserved address"),
            ("240.0.0.1:4000", "a reserved address", "a reserved address"),
            (
                "255.255.255.254:4000",
                "a reserved address",
                "a reserved address",
            ),
            (
                "239.255.255.250:1900",
                "a multicast group",
                "a multicast group",
            ),
            (
                "[::ffff:224.0.0.1]:4000",
                "a multicast group",
                "a multicast group",
            ),
            ("224.0.0.1:4000", "a multicast group", "a multicast group"),
            ("[ff02::1]:4000", "a multicast group", "a multicast group"),
            (
                "255.255.255.255:9",
                "the broadcast address",
                "the broadcast address",
            ),
        ] {
            assert_eq!(judge(&far, address), from_afar, "{address} from afar");
            assert_eq!(judge(&near, address), from_here, "{address} from here");
        }
    }

    #[test]
    fn sockets_of_one_address_leave_the_machines_others_to_others() {
        let own = OwnMedia {
            advertised: ip("203.0.113.10"),
            bound: ip("10.0.0.5"),
            machine: ["10.0.0.5", "10.0.1.5"].map(ip).into(),
            ports: (40_000, 40_999),
            signalling: [5_060].into(),
        };
        let policy = AddressPolicy {
            own: Some(own),
            ..AddressPolicy::default()
        };
        assert_eq!(judge(&policy, "10.0.0.5:40002"), "our own port");
        assert_eq!(judge(&policy, "10.0.1.5:40002"), "yes");
    }
}
