//! The listening side: admits sockets within limits and serves HTTP/1.1 on them.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::api::{Peer, router};
use crate::limits::{CONNECTION_LIFE, Config, FAREWELL, HEAD_BYTES_MAX, HEAD_DEADLINE};
use crate::parts::Parts;

/// After a failed accept (no descriptors left) the listener rests, so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the listener until `stop` is ready; then lets the requests under way end, for 10 s at most.
///
/// A socket above the limits is closed at once and counted (`gudok_http_refused_total`).
pub async fn serve(
    listener: TcpListener,
    config: Config,
    parts: Parts,
    stop: impl Future<Output = ()>,
) {
    let refused = "Sockets closed at once since a limit of connections was reached.";
    let refused = parts
        .metrics
        .counter("gudok_http_refused_total", refused, &[]);
    let pages = router(config.clone(), parts);
    let places = Arc::new(Places::default());
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => match Places::take(&places, peer.ip(), &config) {
                    Some(place) => {
                        connections.spawn(talk(socket, place, pages.clone(), stopped.clone()));
                    }
                    None => refused.inc(),
                },
                Err(error) => {
                    tracing::warn!(%error, "http accept failed");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    stopping.send_replace(true);
    while connections.join_next().await.is_some() {}
}

/// One connection: as many requests as fit into its life.
async fn talk(socket: TcpStream, place: Place, pages: Router, mut stopped: watch::Receiver<bool>) {
    let pages = pages.layer(Extension(Peer(place.source)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), TowerToHyperService::new(pages));
    tokio::pin!(connection);
    let ended = tokio::select! {
        result = &mut connection => Some(result),
        () = sleep(CONNECTION_LIFE) => None,
        _ = stopped.wait_for(|stopped| *stopped) => None,
    };
    let result = match ended {
        Some(result) => result,
        None => {
            connection.as_mut().graceful_shutdown();
            // What is not over then is cut off by dropping it.
            timeout(FAREWELL, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "http connection failed");
    }
}

/// Sockets by source, so that one address cannot take all places (reliability S06).
#[derive(Default)]
struct Places(Mutex<Taken>);

#[derive(Default)]
struct Taken {
    total: usize,
    by_source: BTreeMap<IpAddr, usize>,
}

/// One socket's place; given back when dropped.
struct Place {
    places: Arc<Places>,
    source: IpAddr,
}

impl Places {
    fn take(places: &Arc<Self>, source: IpAddr, config: &Config) -> Option<Place> {
        let mut taken = places.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = taken.by_source.get(&source).copied().unwrap_or(0);
        // A proxy carries everybody: for it the total is the limit.
        let is_proxy = config.trusted_proxies.contains(&source);
        let is_full = here >= config.connections_per_source_max && !is_proxy;
        if taken.total >= config.connections_max || is_full {
            return None;
        }
        taken.total += 1;
        taken.by_source.insert(source, here + 1);
        Some(Place {
            places: places.clone(),
            source,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total -= 1;
        let left = taken.by_source.get(&self.source).copied().unwrap_or(0);
        if left <= 1 {
            taken.by_source.remove(&self.source);
        } else {
            taken.by_source.insert(self.source, left - 1);
        }
    }
}
