//! A-law in a WAV file (format 6 of RIFF): half the bytes of a prompt, and nothing lost that a telephone would carry.

/// What the file says of its samples, and the samples as they stand in it.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Encoded<'a> {
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    pub(crate) bytes: &'a [u8],
}

/// What is promised at least by who writes into a pipe and does not know the length.
const UNKNOWN_LENGTH: usize = 0x7FFF_0000;

/// The samples of a WAV file in A-law; None when it is another file, or not all of it is there: one that is still being copied
/// would be half a prompt.
pub(crate) fn find(file: &[u8]) -> Option<Encoded<'_>> {
    let mut rest = file
        .strip_prefix(b"RIFF")?
        .get(4..)?
        .strip_prefix(b"WAVE")?;
    let mut format = None;
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let [a, b, c, d, length @ ..] = *head;
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        let chunk = match body.get(..length) {
            Some(chunk) => chunk,
            None if length >= UNKNOWN_LENGTH => body,
            None => return None,
        };
        match &[a, b, c, d] {
            b"fmt " => format = Some(described(chunk)?),
            b"data" => {
                let (rate, channels) = format?;
                let bytes = chunk;
                return Some(Encoded {
                    rate,
                    channels,
                    bytes,
                });
            }
            _ => {}
        }
        // Chunks begin at even places.
        rest = body.get(length.checked_add(length % 2)?..)?;
    }
    None
}

/// Rate and channels of a format that is A-law.
fn described(chunk: &[u8]) -> Option<(u32, u16)> {
    let word = |at: usize| Some(u16::from_le_bytes(chunk.get(at..at + 2)?.try_into().ok()?));
    let rate = u32::from_le_bytes(chunk.get(4..8)?.try_into().ok()?);
    (word(0)? == 6 && word(14)? == 8).then_some((rate, word(2)?))
}

/// One sample (G.711, table 1a).
pub(crate) fn decode(byte: u8) -> i16 {
    let code = byte ^ 0x55;
    let (exponent, mantissa) = (code >> 4 & 7, i16::from(code & 0x0f));
    let magnitude = match exponent {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_of_the_scale_are_those_of_the_table() {
        assert_eq!(
            [0xd5, 0x55, 0xaa, 0x2a].map(decode),
            [8, -8, 32_256, -32_256]
        );
    }

    #[test]
    fn half_a_file_is_none_and_one_from_a_pipe_is_whole() {
        let mut file = include_bytes!("../ru/digit_one.wav").to_vec();
        let whole = find(&file).expect("A-law").bytes.len();
        assert_eq!(find(&file[..file.len() - whole / 2]), None);
        let data = file.windows(4).position(|it| it == b"data").expect("there");
        file[data + 4..data + 8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(find(&file).is_some_and(|it| it.bytes.len() >= whole));
    }

    #[test]
    fn whatever_the_bytes_are_reading_them_ends() {
        let file = include_bytes!("../ru/digit_one.wav");
        for length in 0..file.len().min(200) {
            let _ = find(&file[..length]);
            let mut spoilt = file.to_vec();
            spoilt[length] = 0xff;
            let _ = find(&spoilt);
        }
        assert!(find(file).is_some_and(|it| it.rate == 8_000 && it.channels == 1));
    }
}
