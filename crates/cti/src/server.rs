//! The listening side: admits sockets within limits and performs the WebSocket handshake.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::{ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use crate::auth::Authenticate;
use crate::bridge::{CtiInput, Shared};
use crate::config::{Config, FRAME_BYTES_MAX, OPENING_DEADLINE};
use crate::connection::serve_connection;
use crate::protocol::SUBPROTOCOL;

/// Where the bridge answers.
pub const PATH: &str = "/cti";

/// After a failed accept (no descriptors left) the listener rests, so that it does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Frames of one batch are gathered up to here and leave together.
const WRITE_BUFFER_BYTES: usize = 32 * 1024;
/// Time for the last frames when the daemon stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// The WebSocket server, ready to be run.
pub struct Server {
    config: Arc<Config>,
    hub: Shared,
    core: Sender<CtiInput>,
}

impl Server {
    pub(crate) fn new(config: Config, hub: Shared, core: Sender<CtiInput>) -> Self {
        Self {
            config: Arc::new(config),
            hub,
            core,
        }
    }

    /// Serves the listener until `stop` is ready; then says goodbye to all (code 1001) and returns, after
    /// 5 s at most.
    ///
    /// A socket above the limits is closed at once and counted ([`Stats::refused`](crate::Stats)).
    pub async fn serve(
        self,
        listener: TcpListener,
        auth: Arc<dyn Authenticate>,
        stop: impl Future<Output = ()>,
    ) {
        let places = Arc::new(Places::default());
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => match accepted {
                    Ok((socket, peer)) => {
                        self.admit(&mut connections, &places, socket, peer.ip(), &auth);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cti accept failed");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
        self.hub.lock().close_all();
        let all = async { while connections.join_next().await.is_some() {} };
        if timeout(FAREWELL, all).await.is_err() {
            tracing::warn!("cti connections did not end in time");
        }
    }

    fn admit(
        &self,
        connections: &mut JoinSet<()>,
        places: &Arc<Places>,
        socket: TcpStream,
        source: IpAddr,
        auth: &Arc<dyn Authenticate>,
    ) {
        let Some(place) = Places::take(places, source, &self.config) else {
            self.hub.lock().stats.refused += 1;
            return;
        };
        let (config, hub) = (self.config.clone(), self.hub.clone());
        let (core, auth) = (self.core.clone(), auth.clone());
        connections.spawn(async move {
            let _place = place;
            hub.lock().stats.connections += 1;
            if let Some(socket) = shake_hands(socket, &config).await {
                serve_connection(socket, hub.clone(), core, auth).await;
            }
            hub.lock().stats.connections -= 1;
        });
    }
}

/// Upgrades the socket, or drops it: too slow, a foreign origin, another protocol.
async fn shake_hands(socket: TcpStream, config: &Config) -> Option<WebSocketStream<TcpStream>> {
    // The pop must leave at once, not wait for Nagle's algorithm.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "cti socket refused TCP_NODELAY");
    }
    let limits = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(8 * 1024 * 1024)
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    #[expect(
        clippy::result_large_err,
        reason = "the signature is given by tungstenite"
    )]
    let check = |request: &Request, response: Response| check_upgrade(config, request, response);
    let upgrade = accept_hdr_async_with_config(socket, check, Some(limits));
    match timeout(OPENING_DEADLINE, upgrade).await {
        Ok(Ok(socket)) => Some(socket),
        Ok(Err(error)) => {
            tracing::debug!(%error, "cti handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!("cti handshake too slow");
            None
        }
    }
}

#[expect(
    clippy::result_large_err,
    reason = "the signature is given by tungstenite"
)]
fn check_upgrade(
    config: &Config,
    request: &Request,
    mut response: Response,
) -> Result<Response, ErrorResponse> {
    if request.uri().path() != PATH {
        return Err(refuse(StatusCode::NOT_FOUND, "the bridge answers at /cti"));
    }
    // A browser always sends Origin; a page we do not know must not use its user's login.
    let origin = request.headers().get(ORIGIN);
    if origin.is_some_and(|origin| !config.origins.iter().any(|known| known == origin)) {
        return Err(refuse(
            StatusCode::FORBIDDEN,
            "this origin is not in cti.origins",
        ));
    }
    let offered = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','));
    if !offered.any(|name| name.trim() == SUBPROTOCOL) {
        return Err(refuse(
            StatusCode::BAD_REQUEST,
            "offer the subprotocol cti.v1",
        ));
    }
    let chosen = HeaderValue::from_static(SUBPROTOCOL);
    response
        .headers_mut()
        .insert(SEC_WEBSOCKET_PROTOCOL, chosen);
    Ok(response)
}

fn refuse(status: StatusCode, remedy: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(remedy.into()));
    *response.status_mut() = status;
    response
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
        if taken.total >= config.connections_max || here >= config.connections_per_source_max {
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
