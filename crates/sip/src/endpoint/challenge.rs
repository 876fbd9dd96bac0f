//! Our answer to a digest challenge (RFC 3261 §22, RFC 7616, RFC 8760).
use super::core::Core;
use crate::digest::Login;
use crate::entropy::write_hex;
use crate::message::{Method, Response};

/// Name and value of the credentials header for a 401 or 407; None when it is no challenge, is of no realm and
/// algorithm we can answer, or refuses credentials that were just given (`again`) without calling the nonce stale.
pub(super) fn answer_challenge(
    core: &mut Core,
    login: &Login,
    method: &Method,
    uri: &str,
    refusal: &Response,
    again: bool,
) -> Option<(&'static str, String)> {
    let (answers, challenges) = login.challenges(refusal)?;
    let best = challenges.into_iter().max_by_key(|it| it.algorithm)?;
    if again && !best.stale {
        return None;
    }
    let cnonce = write_hex(core.entropy.draw());
    let value = login.answer(&best, method, uri, &cnonce, 1);
    Some((answers, value))
}
