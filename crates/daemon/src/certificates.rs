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

    /// Reads all of it again; blocks on the disk. What we show and whom we believe do not wait for each other.
    ///
    /// # Errors
    /// With all files at fault and a remedy for each; what of it was read before stays in force.
    pub(crate) fn read_again(&self) -> anyhow::Result<()> {
        let shown = self.certificates.as_ref().map(Certificates::read_again);
        let believed = self.trust.as_ref().map(Trust::read_again);
        let shown = shown.and_then(|read| read.err().map(|error| explained(&error)));
        let believed = believed.and_then(|read| read.err().map(|error| distrusted(&error)));
        match (shown, believed) {
            (None, None) => Ok(()),
            (Some(error), None) | (None, Some(error)) => Err(error),
            (Some(shown), Some(believed)) => Err(anyhow!("{shown}\n{believed}")),
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

    /// A self-signed pair of `gudok.test`, that proves nothing to anybody.
    const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBgTCCASegAwIBAgIUCkJo8+QG8YLLRXNysth/mlnVwwcwCgYIKoZIzj0EAwIw\n\
FTETMBEGA1UEAwwKZ3Vkb2sudGVzdDAgFw0yNjExMjIxMTQyMzRaGA8yMTI2MTAy\n\
OTExNDIzNFowFTETMBEGA1UEAwwKZ3Vkb2sudGVzdDBZMBMGByqGSM49AgEGCCqG\n\
SM49AwEHA0IABCpKMT5Nr3boXre/0xQpmIjTXEOvYtlF+G8ww6iDy1ZVBbkSvzNN\n\
Bk8zetSLfk40phxAVBShiFerNzQfKjNUc8WjUzBRMB0GA1UdDgQWBBS2TkE5TeBY\n\
+mh52pTfUiHMgB+44TAfBgNVHSMEGDAWgBS2TkE5TeBY+mh52pTfUiHMgB+44TAP\n\
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQC7GooriwRN6JTLz7j6\n\
p7bxKu01Hsw74m+vPhsImUFciwIgfo1dDScJJ4SG9OkueEZQDI8fBmXfNQwmj0hq\n\
vsmdcKc=\n\
-----END CERTIFICATE-----\n\
";
    const KEY: &str = "\
-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgK/PWq1uAExcP1lmR\n\
Y8M+k5FUwCwtPhwJiFf8U8si5b+hRANCAAQqSjE+Ta926F63v9MUKZiI01xDr2LZ\n\
RfhvMMOog8tWVQW5Er8zTQZPM3rUi35ONKYcQFQUoYhXqzc0HyozVHPF\n\
-----END PRIVATE KEY-----\n\
";

    #[test]
    fn what_is_wrong_with_one_file_does_not_hide_the_other() {
        let folder = Folder::new();
        let at = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| std::fs::write(at(name), text).expect("written");
        for (name, text) in [("c", CERTIFICATE), ("k", KEY), ("roots", CERTIFICATE)] {
            write(name, text);
        }
        let pair = Certificates::read(&at("c"), &at("k"));
        let certificates = Some(pair.expect("a pair"));
        let trust = Trust::read(Some(&at("roots")), certificates.clone());
        let tls = Tls {
            certificates,
            trust: Some(trust.expect("a root")),
        };
        tls.read_again().expect("nothing has changed");
        write("c", "");
        write("roots", "");
        let told = tls.read_again().expect_err("both are empty").to_string();
        let named = told.lines().filter(|line| line.contains("нет сертификата"));
        assert_eq!(named.count(), 2, "{told}");
    }

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
