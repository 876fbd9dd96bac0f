//! From a connection to a flow nobody on the way can read.
use std::fmt;
use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificates::Certificates;

/// Handshakes, on a thread of their own: each costs a signature of a millisecond or more, and a stranger may ask for
/// as many as there are connections to be made in a second. Calls must not wait behind them.
pub(super) struct Handshakes {
    acceptor: TlsAcceptor,
    /// None once it is being dropped.
    thread: Option<Runtime>,
}

impl Handshakes {
    /// With these certificates.
    pub(super) fn new(certificates: &Certificates) -> io::Result<Self> {
        let thread = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("tls")
            .enable_time()
            .build()?;
        Ok(Self {
            acceptor: TlsAcceptor::from(certificates.config()?),
            thread: Some(thread),
        })
    }

    /// Begins one, which may take so long. It ends when nobody waits for it any more.
    pub(super) fn begin(&self, stream: TcpStream, patience: Duration) -> Handshake {
        let acceptor = self.acceptor.clone();
        let work = async move {
            match timeout(patience, acceptor.accept(stream)).await {
                Ok(done) => done,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            }
        };
        Handshake(self.thread.as_ref().map(|thread| thread.spawn(work)))
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
