//! A DNS server on loopback with a zone of a few lines, that can be silenced: names in tests need no network.
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::Result;

/// A record of the zone.
#[derive(Clone, Debug)]
pub enum Data {
    /// An address.
    A(Ipv4Addr),
    /// Priority, weight, port, host.
    Srv(u16, u16, u16, &'static str),
    /// Order, preference, service (`SIP+D2U`), replacement.
    Naptr(u16, u16, &'static str, &'static str),
    /// Queries of this type (RFC 1035 §3.2.2) for the name fail (SERVFAIL).
    Fails(u16),
}

/// Name, TTL in seconds, what.
pub type Record = (&'static str, u32, Data);

type Zone = BTreeMap<String, Vec<(u32, Data)>>;

/// The server; gone when it is dropped.
#[derive(Debug)]
pub struct Names {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    zone: Mutex<Zone>,
    silent: AtomicBool,
    gone: AtomicBool,
    asked: AtomicUsize,
}

const TYPE_A: u16 = 1;
const TYPE_SRV: u16 = 33;
const TYPE_NAPTR: u16 = 35;

impl Names {
    /// Answers with these records, and that there is nothing else.
    pub fn serve(records: &[Record]) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared {
            zone: Mutex::new(zone(records)),
            silent: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query) {
                if serving.gone.load(Ordering::Relaxed) {
                    return;
                }
                serving.asked.fetch_add(1, Ordering::Relaxed);
                if serving.silent.load(Ordering::Relaxed) {
                    continue;
                }
                if let Some(answer) = answer(&query[..length], &serving) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Ok(Self { address, shared })
    }

    /// Other records from now on.
    pub fn change(&self, records: &[Record]) {
        *self.shared.zone.lock().expect("nobody panics with it") = zone(records);
    }

    /// Answers nothing any more.
    pub fn silence(&self) {
        self.shared.silent.store(true, Ordering::Relaxed);
    }

    /// Queries so far.
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        self.shared.gone.store(true, Ordering::Relaxed);
        if let Ok(socket) = UdpSocket::bind("127.0.0.1:0") {
            let _ = socket.send_to(&[0], self.address);
        }
    }
}

fn zone(records: &[Record]) -> Zone {
    let mut zone = Zone::new();
    for (name, ttl, data) in records {
        let rows = zone.entry((*name).to_owned()).or_default();
        rows.push((*ttl, data.clone()));
    }
    zone
}

/// The answer to a query with one question; a name outside of the zone is NXDOMAIN.
fn answer(query: &[u8], shared: &Shared) -> Option<Vec<u8>> {
    let (mut name, mut at) = (Vec::new(), 12);
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        name.push(String::from_utf8_lossy(query.get(at..at + length)?).to_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    let question = query.get(12..at + 4)?;
    let zone = shared.zone.lock().expect("nobody panics with it");
    let rows = zone.get(&name.join("."));
    let fails = |row: &(u32, Data)| matches!(row.1, Data::Fails(it) if it == kind);
    let code = match rows {
        None => 3,
        Some(rows) if rows.iter().any(fails) => 2,
        Some(_) => 0,
    };
    let fitting: Vec<&(u32, Data)> = rows
        .into_iter()
        .flatten()
        .filter(|(_, data)| kind_of(data) == kind && code == 0)
        .collect();
    let mut out = query.get(..2)?.to_vec();
    out.extend([0x85, 0x80 | code, 0, 1]);
    out.extend(u16::try_from(fitting.len()).ok()?.to_be_bytes());
    out.extend([0, 0, 0, 0]);
    out.extend(question);
    for (ttl, data) in fitting {
        // The name of the question.
        out.extend([0xc0, 12]);
        out.extend(kind.to_be_bytes());
        out.extend([0, 1]);
        out.extend(ttl.to_be_bytes());
        let data = written(data);
        out.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        out.extend(data);
    }
    Some(out)
}

fn kind_of(data: &Data) -> u16 {
    match data {
        Data::A(_) => TYPE_A,
        Data::Srv(..) => TYPE_SRV,
        Data::Naptr(..) => TYPE_NAPTR,
        Data::Fails(kind) => *kind,
    }
}

fn written(data: &Data) -> Vec<u8> {
    match data {
        Data::A(address) => address.octets().to_vec(),
        Data::Srv(priority, weight, port, host) => {
            let numbers = [priority, weight, port].map(|it| it.to_be_bytes());
            [numbers.concat(), labels(host)].concat()
        }
        Data::Naptr(order, preference, service, replacement) => {
            let numbers = [order, preference].map(|it| it.to_be_bytes());
            let texts = [text("s"), text(service), text("")];
            [numbers.concat(), texts.concat(), labels(replacement)].concat()
        }
        Data::Fails(_) => Vec::new(),
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("of a test");
    [vec![length], text.as_bytes().to_vec()].concat()
}

fn labels(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut out: Vec<u8> = labels.flat_map(text).collect();
    out.push(0);
    out
}
