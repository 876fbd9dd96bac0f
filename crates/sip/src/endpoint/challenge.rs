//! Our answer to a digest challenge (RFC 3261 §22, RFC 7616, RFC 8760).
use super::Credential;
use super::core::Core;
use crate::digest::{Algorithm, Challenge};
use crate::entropy::write_hex;
use crate::message::{Method, Response};

/// Name and value of the credentials header for a 401 or 407; None when it is no challenge, is in no
/// algorithm we have a hash for, or refuses credentials that were just given (`again`) without calling
/// the nonce stale.
pub(super) fn answer_challenge(
    core: &mut Core,
    credential: &Credential,
    method: &Method,
    uri: &str,
    refusal: &Response,
    again: bool,
) -> Option<(&'static str, String)> {
    let (asks, answers) = match refusal.status {
        401 => ("WWW-Authenticate", "Authorization"),
        407 => ("Proxy-Authenticate", "Proxy-Authorization"),
        _ => return None,
    };
    // Each challenge is one header: its commas are its own.
    let best = refusal
        .headers
        .all(asks)
        .filter_map(|value| Challenge::parse(value).ok())
        .filter(|challenge| hash_of(credential, challenge.algorithm).is_some())
        .max_by_key(|challenge| challenge.algorithm)?;
    if again && !best.stale {
        return None;
    }
    let ha1 = hash_of(credential, best.algorithm)?;
    let cnonce = write_hex(core.entropy.draw());
    let value = best.answer(&credential.user, ha1, method, uri, &cnonce, 1);
    Some((answers, value))
}

fn hash_of(credential: &Credential, algorithm: Algorithm) -> Option<&str> {
    match algorithm {
        Algorithm::Md5 => credential.ha1_md5.as_deref(),
        Algorithm::Sha256 => credential.ha1_sha256.as_deref(),
    }
}
