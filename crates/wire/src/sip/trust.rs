//! Whom we believe where we connect by TLS: the roots, and the name each server must prove.
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};

use super::certificates::{CertificateError, Certificates, certificates_in};
use super::udp::canonical;

/// Most addresses with a name. Beyond it the one that was named first is forgotten: a flow to it is refused, and said so.
const NAMES_MAX: usize = 1_024;

/// Which certificates of servers are believed, and what we show to those that ask. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Trust(Arc<Believed>);

#[derive(Debug)]
struct Believed {
    /// None: what the system trusts.
    roots: Option<PathBuf>,
    own: Option<Certificates>,
    now: RwLock<Arc<ClientConfig>>,
}

/// Why nobody can be believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file of roots is of no use.
    #[error(transparent)]
    File(#[from] CertificateError),
    /// A certificate in the file is no root.
    #[error("{}: a certificate in it is of no use as a root: {source}", path.display())]
    Root {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The system has none, or none that can be read.
    #[error("no roots on this system{0}")]
    System(String),
    /// The library refuses its own settings.
    #[error("TLS: {0}")]
    Library(rustls::Error),
}

impl Trust {
    /// Reads the roots from a PEM file, or takes those of the system. `own` is shown to servers that ask who we are.
    /// Blocks on the disk.
    ///
    /// # Errors
    /// [`TrustError`], with the file.
    pub fn read(roots: Option<&Path>, own: Option<Certificates>) -> Result<Self, TrustError> {
        let now = RwLock::new(config(roots, own.as_ref())?);
        let roots = roots.map(Path::to_owned);
        Ok(Self(Arc::new(Believed { roots, own, now })))
    }

    /// Reads the roots again, for flows opened from now on. Blocks on the disk.
    ///
    /// # Errors
    /// As [`Trust::read`]; who was believed is believed on.
    pub fn read_again(&self) -> Result<(), TrustError> {
        let fresh = config(self.0.roots.as_deref(), self.0.own.as_ref())?;
        *self.0.now.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Whether a server can have this name: of a host, or an IP address.
    pub fn is_name(text: &str) -> bool {
        ServerName::try_from(text).is_ok()
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn config(
    roots: Option<&Path>,
    own: Option<&Certificates>,
) -> Result<Arc<ClientConfig>, TrustError> {
    let roots = match roots {
        Some(path) => roots_in(path)?,
        None => roots_of_the_system()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TrustError::Library)?
        .with_root_certificates(roots);
    Ok(Arc::new(match own {
        Some(own) => config.with_client_cert_resolver(own.as_client()),
        None => config.with_no_client_auth(),
    }))
}

fn roots_in(path: &Path) -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates_in(path)? {
        roots.add(certificate).map_err(|source| TrustError::Root {
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(roots)
}

/// The system's and not a list of ours: who runs the machine decides whom it believes, a root that is not in the lists of
/// browsers (as those of Russian state bodies are not) is there when they have put it there, and one that has fallen goes
/// with the system's updates.
fn roots_of_the_system() -> Result<RootCertStore, TrustError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (good, _bad) = roots.add_parsable_certificates(found.certs);
    if good > 0 {
        return Ok(roots);
    }
    let why = found.errors.first().map(|error| format!(": {error}"));
    Err(TrustError::System(why.unwrap_or_default()))
}

/// The name expected at each address.
#[derive(Debug, Default)]
pub(super) struct Names {
    of: BTreeMap<SocketAddr, Arc<ServerName<'static>>>,
    /// First named first.
    order: VecDeque<SocketAddr>,
}

impl Names {
    /// From now on this one. False: it is no name.
    pub(super) fn expect(&mut self, remote: SocketAddr, name: &str) -> bool {
        let Ok(name) = ServerName::try_from(name) else {
            return false;
        };
        let remote = canonical(remote);
        if let Some(known) = self.of.get_mut(&remote) {
            if **known != name {
                *known = Arc::new(name.to_owned());
            }
            return true;
        }
        if self.order.len() >= NAMES_MAX
            && let Some(first) = self.order.pop_front()
        {
            self.of.remove(&first);
        }
        self.order.push_back(remote);
        self.of.insert(remote, Arc::new(name.to_owned()));
        true
    }

    /// The name of this address; of another port of the same host, where this one has none: a name is a host's, and a
    /// carrier's Contact names other ports than the one we dial.
    pub(super) fn of(&self, remote: SocketAddr) -> Option<Arc<ServerName<'static>>> {
        let remote = canonical(remote);
        let exact = self.of.get(&remote);
        let same_host = || {
            let from = SocketAddr::new(remote.ip(), 0);
            let (at, name) = self.of.range(from..).next()?;
            (at.ip() == remote.ip()).then_some(name)
        };
        exact.or_else(same_host).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        ([192, 0, 2, 1], port).into()
    }

    #[test]
    fn a_name_is_of_its_host_and_the_last_one_told_counts() {
        let mut names = Names::default();
        assert!(names.expect(at(5061), "a.example") && names.expect(at(5061), "b.example"));
        let name = |at: SocketAddr| names.of(at).map(|name| name.to_str().into_owned());
        assert_eq!(name(at(5061)).as_deref(), Some("b.example"));
        assert_eq!(name(at(5071)).as_deref(), Some("b.example"), "another port");
        assert_eq!(name(([192, 0, 2, 2], 5061).into()), None);
        assert_eq!(name(([192, 0, 2, 0], 5061).into()), None);
    }

    #[test]
    fn what_is_no_name_is_not_expected() {
        let mut names = Names::default();
        assert!(!names.expect(at(1), "a b") && !names.expect(at(1), ""));
        assert!(names.of(at(1)).is_none());
    }

    #[test]
    fn names_are_bounded_and_the_first_goes() {
        let mut names = Names::default();
        let many = u16::try_from(NAMES_MAX).expect("fits");
        for last in 0..=many {
            let remote = SocketAddr::from(([10, 0, (last >> 8) as u8, last as u8], 5061));
            assert!(names.expect(remote, "a.example"));
        }
        assert_eq!((names.of.len(), names.order.len()), (NAMES_MAX, NAMES_MAX));
        assert!(names.of(([10, 0, 0, 0], 5061).into()).is_none());
    }
}
