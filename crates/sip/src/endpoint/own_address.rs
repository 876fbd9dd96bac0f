//! Where peers reach us, by what they speak and in which family: for Contact and Via.
use std::collections::BTreeSet;

use super::{Config, Flow, Transport};

/// One address, as it is written.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// `host:port`.
    pub(super) sent_by: Box<str>,
    /// The whole value of Contact.
    pub(super) contact: Box<str>,
}

/// Every transport and family has one: its own, or what comes nearest.
#[derive(Clone, Debug)]
pub(super) struct OwnAddresses {
    nearest: Vec<[Own; 2]>,
    /// All that a Via of ours may say, each once.
    sent_by: Vec<Box<str>>,
}

const TRANSPORTS: [Transport; 5] = [
    Transport::Udp,
    Transport::Tcp,
    Transport::Tls,
    Transport::Ws,
    Transport::Wss,
];

impl OwnAddresses {
    pub(super) fn of(config: &Config) -> Self {
        let of = |transport| [false, true].map(|v6| own(config, transport, v6));
        let nearest: Vec<[Own; 2]> = TRANSPORTS.into_iter().map(of).collect();
        let written = nearest.iter().flatten().map(|own| own.sent_by.clone());
        let written: BTreeSet<Box<str>> = written.collect();
        Self {
            sent_by: written.into_iter().collect(),
            nearest,
        }
    }

    pub(super) fn towards(&self, flow: Flow) -> &Own {
        let v6 = flow.remote.ip().to_canonical().is_ipv6();
        &self.nearest[flow.transport as usize][usize::from(v6)]
    }

    /// Whether a Via says that we sent it (RFC 3261 §18.1.1), in whatever family and over whatever transport.
    pub(super) fn wrote(&self, via: &str) -> bool {
        let sent_by = via.split(';').next().unwrap_or("");
        let sent_by = sent_by.split_ascii_whitespace().last().unwrap_or("");
        let mut ours = self.sent_by.iter();
        ours.any(|own| own.eq_ignore_ascii_case(sent_by))
    }
}

fn own(config: &Config, transport: Transport, v6: bool) -> Own {
    let sent_by = nearest(config, transport, v6);
    // Not `sips:`, which would ask for TLS on every hop up to the caller (RFC 5630 §3.1.3).
    let contact = match transport {
        Transport::Udp => format!("<sip:gudok@{sent_by}>"),
        other => format!("<sip:gudok@{sent_by};transport={}>", other.parameter()),
    };
    Own {
        sent_by: sent_by.into(),
        contact: contact.into(),
    }
}

/// The address of this transport and family; else one of this transport; else UDP's in this family; else UDP's.
fn nearest(config: &Config, transport: Transport, v6: bool) -> String {
    let named = [
        (Transport::Udp, Some(&config.contact_udp)),
        (Transport::Tcp, config.contact_tcp.as_ref()),
        (Transport::Tls, config.contact_tls.as_ref()),
    ];
    let named = named
        .into_iter()
        .filter_map(|(of, text)| Some((of, text?.clone())));
    let further = config.contacts.iter().map(|(of, at)| (*of, at.to_string()));
    let all: Vec<(Transport, String)> = named.chain(further).collect();
    let of_family = |text: &str| text.starts_with('[') == v6;
    let find = |wanted: Transport, any_family: bool| {
        let fits =
            |(of, text): &&(Transport, String)| *of == wanted && (any_family || of_family(text));
        all.iter().find(fits).map(|(_, text)| text.clone())
    };
    find(transport, false)
        .or_else(|| find(transport, true))
        .or_else(|| find(Transport::Udp, false))
        .unwrap_or_else(|| config.contact_udp.clone())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    use std::time::Duration;

    use super::*;
    use crate::endpoint::Policy;

    fn config() -> Config {
        Config {
            contact_udp: "192.0.2.1:5060".into(),
            contact_tcp: None,
            contact_tls: Some("[2001:db8::1]:5061".into()),
            contacts: vec![
                (Transport::Udp, "[2001:db8::1]:5060".parse().unwrap()),
                (Transport::Wss, "192.0.2.1:8443".parse().unwrap()),
            ],
            prack: false,
            realm: String::new(),
            agent: String::new(),
            policy: Policy::default(),
            nonce_life: Duration::from_secs(30),
            expires_secs: (1, 1),
            sessions_max: 1,
            t1: Duration::from_millis(500),
        }
    }

    #[test]
    fn who_speaks_is_told_the_nearest_of_our_addresses() {
        let own = OwnAddresses::of(&config());
        let contact = |transport, remote: IpAddr| {
            let (local, remote) = ((remote, 1).into(), (remote, 2).into());
            let flow = Flow {
                transport,
                local,
                remote,
                connection: 0,
            };
            own.towards(flow).contact.to_string()
        };
        let v4 = IpAddr::from(Ipv4Addr::LOCALHOST);
        let (v6, mapped) = (
            Ipv6Addr::LOCALHOST.into(),
            Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(),
        );
        let told = [
            contact(Transport::Udp, v4),
            contact(Transport::Udp, mapped),
            contact(Transport::Udp, v6),
            contact(Transport::Tcp, v6),
            contact(Transport::Tls, v4),
            contact(Transport::Wss, v6),
            contact(Transport::Ws, v4),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
        <sip:gudok@192.0.2.1:5060>
        <sip:gudok@192.0.2.1:5060>
        <sip:gudok@[2001:db8::1]:5060>
        <sip:gudok@[2001:db8::1]:5060;transport=tcp>
        <sip:gudok@[2001:db8::1]:5061;transport=tls>
        <sip:gudok@192.0.2.1:8443;transport=ws>
        <sip:gudok@192.0.2.1:5060;transport=ws>
        ");
    }
}
