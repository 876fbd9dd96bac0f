//! Digest authentication (RFC 7616, RFC 8760): challenges and proofs, both sides; MD5 and SHA-256,
//! `qop=auth` or none. Pure: the time and the secret are arguments.
//!
//! Server: [`Nonces::issue`] → [`challenge`] → [`Authorization::parse`] → [`verify`].
//! Client: [`Challenge::parse`] → [`Challenge::answer`].
use std::time::Duration;

use md5::Md5;
use rsip::headers::auth::{Qop, Scheme};
use rsip::typed::WwwAuthenticate;
use sha2::{Digest, Sha256};

use crate::message::Method;
use crate::params::{self, quote, unquote};
use crate::uri::Uri;

mod login;

pub use crate::nonce::{Freshness, Nonces, USED_NONCES_MAX};
pub use login::Login;

/// Most parameters of a challenge or a proof.
const PARAMS_MAX: usize = 32;

/// The hash algorithms we speak. The order is that of preference: the strongest is the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Algorithm {
    /// For phones that know nothing better.
    Md5,
    /// RFC 8760.
    Sha256,
}

impl Algorithm {
    /// As it is written in headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// The algorithm a header names; none named is MD5. `-sess` and others are not spoken.
    fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Md5),
            Some(text) if text.eq_ignore_ascii_case("MD5") => Some(Self::Md5),
            Some(text) if text.eq_ignore_ascii_case("SHA-256") => Some(Self::Sha256),
            Some(_) => None,
        }
    }

    /// Hash of the parts joined by `:`, in lower-case hex.
    fn hash(self, parts: &[&str]) -> String {
        match self {
            Self::Md5 => hash_parts::<Md5>(parts),
            Self::Sha256 => hash_parts::<Sha256>(parts),
        }
    }
}

fn hash_parts<H: Digest>(parts: &[&str]) -> String {
    #[cfg(test)]
    crate::work::hashed(parts.iter().map(|part| part.len()).sum());
    let mut hasher = H::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hasher.update(b":");
        }
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// `H(user:realm:password)` in lower-case hex: what is stored in place of a password.
pub fn ha1(algorithm: Algorithm, user: &str, realm: &str, password: &str) -> String {
    algorithm.hash(&[user, realm, password])
}

/// The value of a `WWW-Authenticate` (or `Proxy-Authenticate`) header. With `stale` the client repeats
/// with the new nonce and does not ask its user again.
pub fn challenge(realm: &str, nonce: &str, algorithm: Algorithm, stale: bool) -> String {
    let header = WwwAuthenticate {
        scheme: Scheme::Digest,
        realm: realm
            .chars()
            .filter(|c| !c.is_control() && !matches!(c, '"' | '\\'))
            .collect(),
        domain: None,
        nonce: nonce.to_owned(),
        opaque: None,
        stale: stale.then(|| "true".to_owned()),
        // rsip writes `SHA256`, the RFC's name is `SHA-256`: appended here.
        algorithm: None,
        qop: Some(Qop::Auth),
        charset: None,
    };
    format!("{header}, algorithm={}", algorithm.as_str())
}

/// Why a digest header is not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DigestError {
    /// Another scheme than Digest.
    #[error("scheme other than digest")]
    Scheme,
    /// Not `name=value` pairs, or too many, or one twice.
    #[error("malformed parameters")]
    Params,
    /// A parameter that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An algorithm or qop that we do not speak.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
}

/// The value of an `Authorization` (or `Proxy-Authorization`) header. Hostile until [`verify`] says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authorization {
    /// Who it says it is.
    pub username: String,
    /// The realm it answers for.
    pub realm: String,
    /// The nonce it answers.
    pub nonce: String,
    /// The URI it hashed.
    pub uri: String,
    /// The proof, hex.
    pub response: String,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// With `qop=auth`: client nonce and counter. None: RFC 2069 style.
    pub qop: Option<ClientCount>,
}

/// What `qop=auth` adds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientCount {
    /// The client's nonce.
    pub cnonce: String,
    /// The counter as written: eight hex digits.
    pub nc: String,
    /// The counter.
    pub count: u32,
}

impl Authorization {
    /// Parses the header's value.
    ///
    /// # Errors
    /// [`DigestError`]; answer it with a fresh challenge or 400.
    pub fn parse(value: &str) -> Result<Self, DigestError> {
        let fields = Fields::parse(value)?;
        Ok(Self {
            username: fields.need("username")?,
            realm: fields.need("realm")?,
            nonce: fields.need("nonce")?,
            uri: fields.need("uri")?,
            response: fields.need("response")?,
            algorithm: fields.algorithm()?,
            qop: fields.client_count()?,
        })
    }
}

/// What [`verify`] found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Proved.
    Proved,
    /// The secret is known, but the nonce is too old or was used: challenge again with `stale=true`.
    Stale,
    /// Wrong secret, foreign nonce, or another request's proof: challenge again, and count it.
    Wrong,
}

/// Checks a proof against the stored HA1 of its algorithm and spends the nonce's counter.
///
/// Takes the same time whatever the proof; a counter is spent only by who knows the secret.
pub fn verify(
    nonces: &mut Nonces,
    proof: &Authorization,
    method: &Method,
    request_uri: &str,
    ha1: &str,
    now: Duration,
) -> Verdict {
    let wanted = response(
        proof.algorithm,
        ha1,
        &proof.nonce,
        proof.qop.as_ref(),
        method,
        &proof.uri,
    );
    let given = proof.response.to_ascii_lowercase();
    let proved = same(wanted.as_bytes(), given.as_bytes());
    if !proved || !same_resource(&proof.uri, request_uri) {
        return Verdict::Wrong;
    }
    match nonces.spend(&proof.nonce, proof.qop.as_ref().map(|qop| qop.count), now) {
        Freshness::Fresh => Verdict::Proved,
        Freshness::Stale | Freshness::Used => Verdict::Stale,
        Freshness::Foreign => Verdict::Wrong,
    }
}

/// RFC 7616 §3.4.1.
fn response(
    algorithm: Algorithm,
    ha1: &str,
    nonce: &str,
    qop: Option<&ClientCount>,
    method: &Method,
    uri: &str,
) -> String {
    let ha2 = algorithm.hash(&[method.as_str(), uri]);
    match qop {
        Some(qop) => algorithm.hash(&[ha1, nonce, &qop.nc, &qop.cnonce, "auth", &ha2]),
        None => algorithm.hash(&[ha1, nonce, &ha2]),
    }
}

/// Whether the hashed URI is the request's (RFC 7616 §3.4.6): the same text, or the same user at the
/// same host, since phones leave parameters and the port out.
fn same_resource(hashed: &str, requested: &str) -> bool {
    if hashed == requested {
        return true;
    }
    match (Uri::parse(hashed), Uri::parse(requested)) {
        (Ok(Uri::Sip(a)), Ok(Uri::Sip(b))) => a.user_text() == b.user_text() && a.host == b.host,
        _ => false,
    }
}

/// Equality in time that depends on the lengths only.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    let differing = a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y));
    a.len() == b.len() && std::hint::black_box(differing) == 0
}

/// A challenge that somebody sent us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge {
    /// Their realm.
    pub realm: String,
    /// Their nonce.
    pub nonce: String,
    /// To be returned as it is.
    pub opaque: Option<String>,
    /// The algorithm.
    pub algorithm: Algorithm,
    /// Whether `qop=auth` is offered; RFC 2069 style otherwise.
    pub qop: bool,
    /// Our nonce was too old; the secret was right.
    pub stale: bool,
}

impl Challenge {
    /// Parses the value of `WWW-Authenticate` or `Proxy-Authenticate`. Of several headers take the
    /// one with the greatest [`Algorithm`] that parses.
    ///
    /// # Errors
    /// [`DigestError`]: we cannot answer it.
    pub fn parse(value: &str) -> Result<Self, DigestError> {
        let fields = Fields::parse(value)?;
        let offered = fields.get("qop").map(unquote);
        let auth = |list: &String| {
            list.split(',')
                .any(|q| q.trim().eq_ignore_ascii_case("auth"))
        };
        if offered.as_ref().is_some_and(|list| !auth(list)) {
            return Err(DigestError::Unsupported("qop"));
        }
        Ok(Self {
            realm: fields.need("realm")?,
            nonce: fields.need("nonce")?,
            opaque: fields.get("opaque").map(unquote),
            algorithm: fields.algorithm()?,
            qop: offered.is_some(),
            stale: fields
                .get("stale")
                .is_some_and(|s| unquote(s).eq_ignore_ascii_case("true")),
        })
    }

    /// The value of our `Authorization` header. `cnonce` is random; `count` is 1 for the first use of
    /// this nonce and grows by one with each.
    pub fn answer(
        &self,
        user: &str,
        ha1: &str,
        method: &Method,
        uri: &str,
        cnonce: &str,
        count: u32,
    ) -> String {
        let nc = format!("{count:08x}");
        let qop = self.qop.then(|| ClientCount {
            cnonce: cnonce.to_owned(),
            nc,
            count,
        });
        let proof = response(self.algorithm, ha1, &self.nonce, qop.as_ref(), method, uri);
        let (name, realm, nonce) = (quote(user), quote(&self.realm), quote(&self.nonce));
        let mut value = format!(
            "Digest username={name}, realm={realm}, nonce={nonce}, uri={}, response=\"{proof}\", algorithm={}",
            quote(uri),
            self.algorithm.as_str(),
        );
        if let Some(opaque) = &self.opaque {
            value += &format!(", opaque={}", quote(opaque));
        }
        if let Some(qop) = qop {
            value += &format!(", qop=auth, cnonce={}, nc={}", quote(&qop.cnonce), qop.nc);
        }
        value
    }
}

/// `Digest name=value, name="value"` cut into pairs.
struct Fields<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Fields<'a> {
    fn parse(value: &'a str) -> Result<Self, DigestError> {
        let (scheme, rest) = value
            .trim()
            .split_once([' ', '\t'])
            .ok_or(DigestError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return Err(DigestError::Scheme);
        }
        let mut fields = Self(Vec::new());
        for pair in crate::message::split_commas(rest) {
            let (name, value) = pair.split_once('=').ok_or(DigestError::Params)?;
            let (name, value) = (name.trim(), value.trim());
            let whole = !value.starts_with('"') || params::is_quoted(value);
            if fields.0.len() == PARAMS_MAX || !whole || fields.get(name).is_some() {
                return Err(DigestError::Params);
            }
            fields.0.push((name, value));
        }
        Ok(fields)
    }

    /// As written, quotes included.
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    fn need(&self, name: &'static str) -> Result<String, DigestError> {
        self.get(name)
            .map(unquote)
            .ok_or(DigestError::Missing(name))
    }

    fn algorithm(&self) -> Result<Algorithm, DigestError> {
        let named = self.get("algorithm").map(unquote);
        Algorithm::parse(named.as_deref()).ok_or(DigestError::Unsupported("algorithm"))
    }

    fn client_count(&self) -> Result<Option<ClientCount>, DigestError> {
        let Some(qop) = self.get("qop").map(unquote) else {
            return Ok(None);
        };
        if !qop.eq_ignore_ascii_case("auth") {
            return Err(DigestError::Unsupported("qop"));
        }
        let nc = self.need("nc")?;
        let digits = nc.len() == 8 && nc.bytes().all(|b| b.is_ascii_hexdigit());
        let count = u32::from_str_radix(&nc, 16).ok().filter(|_| digits);
        let count = count.ok_or(DigestError::Params)?;
        Ok(Some(ClientCount {
            cnonce: self.need("cnonce")?,
            nc,
            count,
        }))
    }
}

#[cfg(test)]
mod tests;
