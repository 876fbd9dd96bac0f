//! The SDP of a message that carries more than SDP (RFC 2046 §5.1, RFC 5621): carriers bundle it with
//! ISUP. Everything but the SDP is left out.
use crate::message::Headers;

/// Most parts looked at.
const PARTS_MAX: usize = 8;

/// Leaves only the SDP part of a `multipart/*` body. Other bodies, and bundles without SDP, stay.
pub fn keep_sdp(headers: &mut Headers, body: &mut Vec<u8>) {
    let part = headers
        .get("Content-Type")
        .and_then(boundary_of)
        .and_then(|boundary| sdp_part(body, &boundary).map(<[u8]>::to_vec));
    if let Some(part) = part {
        headers.set("Content-Type", "application/sdp");
        *body = part;
    }
}

/// The delimiter of a multipart body; None for other kinds.
fn boundary_of(kind: &str) -> Option<Vec<u8>> {
    let (kind, params) = kind.split_once(';')?;
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let boundary = crate::params::Params::parse(params)
        .ok()?
        .unquoted("boundary")?;
    let fits = (1..=70).contains(&boundary.len());
    fits.then(|| [b"--", boundary.as_bytes()].concat())
}

fn sdp_part<'a>(body: &'a [u8], delimiter: &[u8]) -> Option<&'a [u8]> {
    let mut rest = &body[find(body, delimiter)? + delimiter.len()..];
    for _ in 0..PARTS_MAX {
        let end = find(rest, delimiter)?;
        let part = &rest[..end];
        let head = find(part, b"\r\n\r\n")?;
        if is_sdp(&part[..head]) {
            let text = &part[head + 4..];
            // The line end before the delimiter is the delimiter's.
            return Some(text.strip_suffix(b"\r\n").unwrap_or(text));
        }
        rest = &rest[end + delimiter.len()..];
    }
    None
}

fn is_sdp(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.lines().any(|line| match line.split_once(':') {
        Some((name, kind)) => {
            matches!(name.trim(), "content-type" | "c")
                && kind.trim().starts_with("application/sdp")
        }
        None => false,
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(kind: &str, body: &str) -> (String, String) {
        let mut headers = Headers::new();
        headers.push("Content-Type", kind);
        let mut bytes = body.as_bytes().to_vec();
        keep_sdp(&mut headers, &mut bytes);
        let kind = headers.get("Content-Type").unwrap_or("").to_owned();
        (kind, String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_sdp_is_taken_out_of_its_bundle() {
        let body = "--b\r\nContent-Type: application/isup\r\n\r\n\x01\x02\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=-\r\n\r\n--b--\r\n";
        for kind in [
            "multipart/mixed;boundary=b",
            "Multipart/Mixed; boundary=\"b\"",
        ] {
            let expected = ("application/sdp".to_owned(), "v=0\r\ns=-\r\n".to_owned());
            assert_eq!(kept(kind, body), expected);
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for (kind, body) in [
            ("application/sdp", "v=0"),
            ("multipart/mixed", "--b\r\n\r\n\r\n--b--"),
            (
                "multipart/mixed;boundary=b",
                "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--",
            ),
            (
                "multipart/mixed;boundary=b",
                "--b\r\nContent-Type: application/sdp",
            ),
            ("multipart/mixed;boundary=b", ""),
        ] {
            assert_eq!(kept(kind, body), (kind.to_owned(), body.to_owned()));
        }
    }
}
