//! Certificates of the TLS listener, replaced while it runs.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

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

    /// What rustls needs to serve with them.
    pub(super) fn config(&self) -> io::Result<Arc<ServerConfig>> {
        let shown: Arc<dyn ResolvesServerCert> = Arc::<Shown>::clone(&self.0);
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.0.provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(shown);
        Ok(Arc::new(config))
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
