//! Where the packets of a dialog go: the address its URIs name, or back where they came from.
use std::net::{IpAddr, Ipv4Addr};

use crate::endpoint::Flow;
use crate::uri::Uri;

/// The flow to a URI of the peer (its Contact, or the first route).
///
/// An open connection is kept. A name is not resolved here, and an address that the peer can only
/// know from behind its own NAT is not believed: both give `source`.
pub fn next_hop(source: Flow, uri: &str) -> Flow {
    if source.transport.is_reliable() && source.connection != 0 {
        return source;
    }
    let Ok(Uri::Sip(sip)) = Uri::parse(uri) else {
        return source;
    };
    let same_transport = source.transport.is_named(sip.params.get("transport"));
    match sip.socket_addr() {
        Some(remote) if same_transport && is_believable(remote.ip(), source.remote.ip()) => {
            Flow { remote, ..source }
        }
        _ => source,
    }
}

/// A unicast address of the same kind of network as the one the packets came from.
fn is_believable(named: IpAddr, seen: IpAddr) -> bool {
    let (named, seen) = (named.to_canonical(), seen.to_canonical());
    let unusable = match named {
        IpAddr::V4(ip) => ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_unspecified() || ip.is_multicast(),
    };
    let kind = |ip: IpAddr| (ip.is_ipv4(), ip.is_loopback(), is_private(ip));
    !unusable && kind(named) == kind(seen)
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || is_carrier_nat(ip),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// 100.64.0.0/10, RFC 6598.
fn is_carrier_nat(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    a == 100 && b & 0xC0 == 64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Transport;

    fn source(remote: &str) -> Flow {
        Flow {
            transport: Transport::Udp,
            local: "192.0.2.1:5060".parse().unwrap(),
            remote: remote.parse().unwrap(),
            connection: 0,
        }
    }

    fn hop(seen: &str, uri: &str) -> String {
        next_hop(source(seen), uri).remote.to_string()
    }

    #[test]
    fn a_public_contact_of_a_public_peer_is_followed() {
        let seen = "198.51.100.7:5060";
        assert_eq!(hop(seen, "sip:a@198.51.100.8:5080"), "198.51.100.8:5080");
        assert_eq!(hop(seen, "sip:a@198.51.100.8"), "198.51.100.8:5060");
    }

    #[test]
    fn a_private_contact_of_a_public_peer_is_not() {
        let seen = "198.51.100.7:40000";
        for uri in [
            "sip:a@192.168.1.5",
            "sip:a@100.64.3.4",
            "sip:a@127.0.0.1",
            "sip:a@0.0.0.0",
            "sip:a@224.0.0.1",
            "sip:a@pbx.example",
            "sip:a@198.51.100.8;transport=tcp",
            "tel:+79990000000",
        ] {
            assert_eq!(hop(seen, uri), seen, "{uri}");
        }
        assert_eq!(hop("10.0.0.2:5060", "sip:a@10.0.0.3"), "10.0.0.3:5060");
    }

    #[test]
    fn an_open_connection_is_kept() {
        let flow = Flow {
            transport: Transport::Tcp,
            connection: 4,
            ..source("198.51.100.7:40000")
        };
        assert_eq!(next_hop(flow, "sip:a@198.51.100.8;transport=tcp"), flow);
    }
}
