//! From a connection to a flow nobody on the way can read.
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::trust::Trust;

/// Handshakes, on a thread of their own: each costs a signature of a millisecond or more, and a stranger may ask for
/// as many as there are connections to be made in a second. Calls must not wait behind them.
pub(super) struct Handshakes {
    /// None once it is being dropped.
    thread: Option<Runtime>,
}

impl Handshakes {
    pub(super) fn new() -> io::Result<Self> {
        let thread = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("tls")
            .enable_time()
            .build()?;
        Ok(Self {
            thread: Some(thread),
        })
    }

    /// Begins one, which may take so long. It ends when nobody waits for it any more.
    fn begin(
        &self,
        work: impl Future<Output = io::Result<TlsStream<TcpStream>>> + Send + 'static,
        patience: Duration,
    ) -> Handshake {
        let bounded = async move {
            match timeout(patience, work).await {
                Ok(done) => done,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        };
        Handshake(self.thread.as_ref().map(|thread| thread.spawn(bounded)))
    }
}

impl fmt::Debug for Handshakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshakes").finish_non_exhaustive()
    }
}

/// A runtime must not wait for its tasks inside another one.
impl Drop for Handshakes {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.shutdown_background();
        }
    }
}

/// What one kind of flows needs to be private: as the one that is called, as the one that calls, or both.
#[derive(Clone, Debug)]
pub(super) struct Privacy {
    handshakes: Arc<Handshakes>,
    shown: Option<Arc<ServerConfig>>,
    pub(super) trust: Option<Trust>,
}

impl Privacy {
    /// Showing this to who connects; believing nobody yet.
    pub(super) fn new(handshakes: Arc<Handshakes>, shown: Option<Arc<ServerConfig>>) -> Self {
        Self {
            handshakes,
            shown,
            trust: None,
        }
    }

    /// For somebody who connected to us.
    pub(super) fn accept(&self, stream: TcpStream, patience: Duration) -> Handshake {
        let config = self.shown.clone();
        let work = async move {
            let config = config.ok_or(io::ErrorKind::NotConnected)?;
            let done = TlsAcceptor::from(config).accept(stream).await;
            done.map(TlsStream::from)
        };
        self.handshakes.begin(work, patience)
    }

    /// With a server that must prove this name.
    pub(super) fn connect(
        &self,
        stream: TcpStream,
        name: ServerName<'static>,
        patience: Duration,
    ) -> Handshake {
        let config = self.trust.as_ref().map(Trust::config);
        let work = async move {
            let config = config.ok_or(io::ErrorKind::NotConnected)?;
            let done = TlsConnector::from(config).connect(name, stream).await;
            done.map(TlsStream::from)
        };
        self.handshakes.begin(work, patience)
    }
}

/// A handshake under way.
pub(super) struct Handshake(Option<JoinHandle<io::Result<TlsStream<TcpStream>>>>);

impl Handshake {
    pub(super) async fn done(mut self) -> io::Result<TlsStream<TcpStream>> {
        match &mut self.0 {
            Some(task) => task.await.map_err(io::Error::other)?,
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests;
