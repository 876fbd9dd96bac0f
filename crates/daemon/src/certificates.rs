//! What TLS shows and whom it believes: read before anything is bound, and again at a reload.
use anyhow::anyhow;
use gudok_wire::sip::{CertificateError, Certificates, Trust, TrustError};

use crate::config::{Config, Transport, Trunk};

/// Ours, and whom we believe; each where the configuration has a use for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {
    /// Shown to who connects, and to carriers that ask.
    pub certificates: Option<Certificates>,
    /// For trunks that are called over TLS.
    pub trust: Option<Trust>,
}

impl Tls {
    /// Reads what is configured; blocks on the disk.
    ///
    /// # Errors
    /// With the file and a remedy.
    pub(crate) fn read(config: &Config) -> anyhow::Result<Self> {
        let tls = config.sip.tls.as_ref();
        let pair = tls.and_then(|tls| Some((tls.certificate.as_ref()?, tls.key.as_ref()?)));
        let certificates = pair
            .map(|(chain, key)| Certificates::read(chain, key))
            .transpose()
            .map_err(|error| explained(&error))?;
        let spoken = |trunk: &Trunk| {
            let out = trunk.outbound.as_ref().and_then(|it| it.transport);
            [out, trunk.register.as_ref().and_then(|it| it.transport)]
        };
        let mut spoken = config.trunks.iter().flat_map(spoken);
        let trust = spoken
            .any(|transport| transport == Some(Transport::Tls))
            .then(|| {
                let roots = tls.and_then(|tls| tls.roots.as_deref());
                Trust::read(roots, certificates.clone())
            })
            .transpose()
            .map_err(|error| distrusted(&error))?;
        Ok(Self {
            certificates,
            trust,
        })
    }

    /// Whether there is anything to read again.
    pub(crate) fn is_off(&self) -> bool {
        self.certificates.is_none() && self.trust.is_none()
    }

    /// Reads all of it again; blocks on the disk.
    ///
    /// # Errors
    /// With the file and a remedy; what of it was read before stays in force.
    pub(crate) fn read_again(&self) -> anyhow::Result<()> {
        if let Some(certificates) = &self.certificates {
            certificates
                .read_again()
                .map_err(|error| explained(&error))?;
        }
        match &self.trust {
            Some(trust) => trust.read_again().map_err(|error| distrusted(&error)),
            None => Ok(()),
        }
    }
}

/// What is wrong, for the admin.
fn explained(error: &CertificateError) -> anyhow::Error {
    match error {
        CertificateError::Read { path, source } => anyhow!(
            "sip.tls: {} не читается: {source}; нужен файл PEM, доступный пользователю демона",
            path.display()
        ),
        CertificateError::Empty { path } => anyhow!(
            "sip.tls: в {} нет сертификата; он начинается строкой -----BEGIN CERTIFICATE-----",
            path.display()
        ),
        CertificateError::Mismatch { chain, key, source } => anyhow!(
            "sip.tls: ключ {} не от сертификата {}: {source}; возьмите пару, выпущенную вместе",
            key.display(),
            chain.display()
        ),
    }
}

fn distrusted(error: &TrustError) -> anyhow::Error {
    match error {
        TrustError::File(error) => explained(error),
        TrustError::Root { path, source } => anyhow!(
            "sip.tls: сертификат из {} не может быть корневым: {source}",
            path.display()
        ),
        TrustError::System(why) => anyhow!(
            "sip.tls: в системе нет корневых сертификатов{why}; поставьте ca-certificates или задайте sip.tls.roots"
        ),
        TrustError::Library(error) => anyhow!("sip.tls: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SipTls;
    use crate::hotline::tests::Folder;

    #[test]
    fn what_is_missing_is_named_with_a_remedy() {
        let mut config = Folder::new().config();
        config.sip.tls = Some(SipTls {
            listen: None,
            certificate: Some("/nowhere/tls.crt".into()),
            key: Some("/nowhere/tls.key".into()),
            roots: None,
        });
        let told = Tls::read(&config)
            .expect_err("nothing is there")
            .to_string();
        assert!(
            told.starts_with("sip.tls: /nowhere/tls.crt не читается: ") && told.contains("PEM"),
            "{told}"
        );
    }
}
