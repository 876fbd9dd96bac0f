//! Our certificates: what the TLS listener shows, and what we show where we connect. Replaced while they are in use.
mod validity;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SignatureScheme};

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

    /// When ours, the first of the chain, ends, as seconds since 1970; none where that cannot be read.
    pub fn end(&self) -> Option<i64> {
        validity::not_after(self.0.pair().cert.first()?)
    }

    /// The other one of the file that ends first, where that is before ours: its place in it, from 1, and its end. It need
    /// not matter: some files bring a root along that nobody asks for any more.
    pub fn earlier(&self) -> Option<(usize, i64)> {
        let (pair, own) = (self.0.pair(), self.end()?);
        let ends = pair.cert.iter().zip(1..).skip(1);
        let ends = ends.filter_map(|(der, place)| Some((place, validity::not_after(der)?)));
        let before = ends.filter(|(_, end)| *end < own);
        before.min_by_key(|(_, end)| *end)
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

    /// For servers that ask who we are.
    pub(super) fn as_client(&self) -> Arc<dyn ResolvesClientCert> {
        Arc::<Shown>::clone(&self.0)
    }
}

impl Shown {
    fn pair(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair())
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(
        &self,
        _issuers: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        Some(self.pair())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

fn read(
    provider: &CryptoProvider,
    chain: &Path,
    key: &Path,
) -> Result<Arc<CertifiedKey>, CertificateError> {
    let certificates = certificates_in(chain)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|source| CertificateError::Read {
        path: key.to_owned(),
        source,
    })?;
    CertifiedKey::from_der(certificates, private, provider)
        .map(Arc::new)
        .map_err(|source| CertificateError::Mismatch {
            chain: chain.to_owned(),
            key: key.to_owned(),
            source,
        })
}

/// All certificates of a PEM file, one at least.
pub(super) fn certificates_in(
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let read: Result<Vec<_>, pem::Error> =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates = read.map_err(|source| CertificateError::Read {
        path: path.to_owned(),
        source,
    })?;
    if certificates.is_empty() {
        let path = path.to_owned();
        return Err(CertificateError::Empty { path });
    }
    Ok(certificates)
}
