//! The names of carriers are asked for in the office, and told to the hotline when their addresses change: no call waits
//! for the DNS.
pub(crate) mod kept;

use std::net::SocketAddr;
use std::sync::Arc;

use gudok_dns::{Able, Question, Resolver, keep};

use crate::clock::wall;
use crate::hotline::Order;
use crate::place::{Host, Place};
use crate::reload::Reloader;
use kept::Kept;

/// The usual port of a DNS server.
const DNS_PORT: u16 = 53;

/// Asks for all of them from now on, until the hotline has gone, and writes down what is found for the next start.
///
/// # Errors
/// When names are to be asked for and the system does not say whom.
pub(crate) fn watch(
    reloader: &Reloader,
    questions: Vec<Question>,
    able: Able,
    kept: &Arc<Kept>,
) -> anyhow::Result<()> {
    if questions.is_empty() {
        return Ok(());
    }
    let office = reloader.office.clone();
    let _office = office.enter();
    let servers: Vec<SocketAddr> = reloader
        .config
        .dns
        .servers
        .iter()
        .filter_map(server)
        .collect();
    let resolver = Resolver::new(&servers, able).map_err(|error| {
        anyhow::anyhow!("dns: {error}; задайте dns.servers или пишите у транков адреса, а не имена")
    })?;
    office.spawn(Arc::clone(kept).write(kept::path(&reloader.config)));
    for question in questions {
        // The hotline parts when nobody can order anything any more: the names are no reason to stay.
        let orders = reloader.orders.downgrade();
        let asked = question.clone();
        let tell = move |found| {
            let order = Order::Found(asked.clone(), found);
            let orders = orders.upgrade();
            async move {
                match orders {
                    Some(orders) => orders.send(order).await.is_ok(),
                    None => false,
                }
            }
        };
        let (known, kept) = (kept.known(&question, wall()), Arc::clone(kept));
        let asked = question.clone();
        let good = move |found: &[_]| kept.is_good(&asked, found, wall());
        office.spawn(keep(resolver.clone(), question, known, tell, good));
    }
    Ok(())
}

fn server(place: &Place) -> Option<SocketAddr> {
    match place.host {
        Host::Address(address) => Some(SocketAddr::new(address, place.port.unwrap_or(DNS_PORT))),
        Host::Name(_) => None,
    }
}
