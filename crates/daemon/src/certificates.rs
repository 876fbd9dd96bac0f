//! What TLS shows: read before anything is bound, and again at a reload.
use anyhow::anyhow;
use gudok_wire::sip::{CertificateError, Certificates};

use crate::config::SipTls;

/// Reads them; blocks on the disk.
///
/// # Errors
/// With the file and a remedy.
pub(crate) fn read(tls: &SipTls) -> anyhow::Result<Certificates> {
    Certificates::read(&tls.certificate, &tls.key).map_err(|error| explained(&error))
}

/// What is wrong, for the admin.
pub(crate) fn explained(error: &CertificateError) -> anyhow::Error {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_a_remedy() {
        let tls = SipTls {
            listen: ([127, 0, 0, 1], 0).into(),
            certificate: "/nowhere/tls.crt".into(),
            key: "/nowhere/tls.key".into(),
        };
        let told = read(&tls).expect_err("nothing is there").to_string();
        assert!(
            told.starts_with("sip.tls: /nowhere/tls.crt не читается: ") && told.contains("PEM"),
            "{told}"
        );
    }
}
