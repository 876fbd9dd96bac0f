//! Certificates of the TLS listener, replaced while it runs.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What the listener shows to whoever connects. Cheap to clone; all clones show the same.
#[derive(Clone, Debug)]
pub struct Certificates(Arc<Shown>);

#[derive(Debug)]
struct Shown {
    chain: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    now: RwLock<Arc<CertifiedKey>>,
}

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read, or is no PEM.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// No certificate is in it.
    #[error("{}: no certificate in it; it must begin with -----BEGIN CERTIFICATE-----", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// The key is of another certificate, or of a kind we do not know.
    #[error("{}: not the key of {}: {source}", key.display(), chain.display())]
    Mismatch {
        /// The certificates.
        chain: PathBuf,
        /// The key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

impl Certificates {
    /// Reads the chain (ours first) and its key, both PEM. Blocks on the disk.
    ///
    /// # Errors
    /// [`CertificateError`], with the file.
    pub fn read(chain: &Path, key: &Path) -> Result<Self, CertificateError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let now = RwLock::new(read(&provider, chain, key)?);
        let (chain, key) = (chain.to_owned(), key.to_owned());
        Ok(Self(Arc::new(Shown {
            chain,
            key,
            provider,
            now,
        })))
    }

    /// Reads both files again: who connects from now on is shown what they hold. Flows that stand are not touched.
    /// Blocks on the disk.
    ///
    /// # Errors
    /// As [`Certificates::read`]; what was shown is shown on.
    pub fn read_again(&self) -> Result<(), CertificateError> {
        let fresh = read(&self.0.provider, &self.0.chain, &self.0.key)?;
        *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub(super) fn handshakes(&self) -> io::Result<Handshakes> {
        let shown: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&self.0);
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.0.provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(shown);
        let thread = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("tls")
            .enable_time()
            .build()?;
        Ok(Handshakes {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            thread: Some(thread),
        })
    }
}

/// Handshakes, on a thread of their own: each costs a signature of a millisecond or more, and a stranger may ask for
/// as many as there are connections to be made in a second. Calls must not wait behind them.
pub(super) struct Handshakes {
    acceptor: TlsAcceptor,
    /// None once it is being dropped.
    thread: Option<Runtime>,
}

impl Handshakes {
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

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.now.read().unwrap_or_else(PoisonError::into_inner),
        ))
    }
}

fn read(
    provider: &CryptoProvider,
    chain: &Path,
    key: &Path,
) -> Result<Arc<CertifiedKey>, CertificateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::Read { path, source }
    };
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(failed(chain))?;
    if certificates.is_empty() {
        let path = chain.to_owned();
        return Err(CertificateError::Empty { path });
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(failed(key))?;
    CertifiedKey::from_der(certificates, private, provider)
        .map(Arc::new)
        .map_err(|source| CertificateError::Mismatch {
            chain: chain.to_owned(),
            key: key.to_owned(),
            source,
        })
}

#[cfg(test)]
mod tests;
