//! Messages out of a byte stream (RFC 3261 §18.3, RFC 5626 §3.5.1), sans-IO.
//!
//! A stream that is once out of step stays so: every error is final, and the connection must be closed.
//! Resynchronising would let one reader see a message where another sees a body.
use memchr::memmem;

use crate::class;
use crate::names;
use crate::parse::{LINE_MAX, Lines, MESSAGE_MAX, split_header};

/// The most bytes kept that [`Framer::next`] did not take yet.
pub const UNREAD_MAX: usize = 2 * MESSAGE_MAX;
/// What to answer a [`Frame::Ping`] with, on the same connection.
pub const PONG: &[u8] = b"\r\n";

/// Cuts one connection's bytes into messages.
#[derive(Debug, Default)]
pub struct Framer {
    bytes: Vec<u8>,
    /// Before it, everything was taken.
    start: usize,
    /// Up to here (from `start`) no end of the head was found.
    searched: usize,
    /// The whole length of the message at `start`, once its head is known.
    length: Option<usize>,
    failed: Option<FrameError>,
}

/// One thing that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A whole message, to be given to [`parse`](crate::parse::parse).
    Message(Vec<u8>),
    /// A keep-alive: answer with [`PONG`].
    Ping,
}

/// Why the stream cannot be read on. Close the connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// What stands where a message should begin is none.
    #[error("not the start of a message")]
    Junk,
    /// A header line is malformed or too long.
    #[error("malformed head")]
    Head,
    /// Content-Length is missing, twice there, or no number.
    #[error("no usable Content-Length, without which a stream has no end of message")]
    Length,
    /// The message is longer than [`MESSAGE_MAX`].
    #[error("message longer than {MESSAGE_MAX} bytes")]
    TooLong,
    /// More than [`UNREAD_MAX`] bytes were pushed without taking frames.
    #[error("more than {UNREAD_MAX} unread bytes")]
    Unread,
}

impl Framer {
    /// At the start of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what was read. Drain [`Self::next`] after each call.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.bytes.len() - self.start + bytes.len() > UNREAD_MAX {
            self.failed.get_or_insert(FrameError::Unread);
        }
        if self.failed.is_none() {
            self.bytes.drain(..self.start);
            self.start = 0;
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The next frame; None when more bytes are needed; the same error again and again once it failed.
    #[expect(
        clippy::should_implement_trait,
        reason = "None means 'not yet', an iterator's is final"
    )]
    pub fn next(&mut self) -> Option<Result<Frame, FrameError>> {
        let frame = match self.failed {
            Some(error) => Err(error),
            None => self.advance(),
        };
        match frame {
            Ok(frame) => frame.map(Ok),
            Err(error) => {
                *self = Self {
                    failed: Some(error),
                    ..Self::default()
                };
                Some(Err(error))
            }
        }
    }

    /// How many bytes wait for the rest of their message.
    pub fn unread(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether no message has begun: nothing waits, or line ends alone, which may become a ping or be nobody's.
    pub fn is_between(&self) -> bool {
        let unread = &self.bytes[self.start..];
        unread.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
    }

    fn advance(&mut self) -> Result<Option<Frame>, FrameError> {
        if self.length.is_none() {
            if self.skip_line_ends()? {
                return Ok(Some(Frame::Ping));
            }
            self.length = self.find_length()?;
        }
        let Some(length) = self.length.filter(|&length| length <= self.unread()) else {
            return Ok(None);
        };
        let message = self.bytes[self.start..][..length].to_vec();
        self.start += length;
        (self.length, self.searched) = (None, 0);
        Ok(Some(Frame::Message(message)))
    }

    /// Line ends between messages: two are a ping (true), one alone is nobody's.
    fn skip_line_ends(&mut self) -> Result<bool, FrameError> {
        loop {
            match &self.bytes[self.start..] {
                [b'\r', b'\n', b'\r', b'\n', ..] => {
                    self.start += 4;
                    return Ok(true);
                }
                [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return Ok(false),
                [b'\r', b'\n', ..] => self.start += 2,
                [first, ..] if class::is(*first, class::TOKEN) => return Ok(false),
                _ => return Err(FrameError::Junk),
            }
        }
    }

    /// The length of the message at `start`, once its head is whole.
    fn find_length(&mut self) -> Result<Option<usize>, FrameError> {
        let unread = &self.bytes[self.start..];
        let from = self.searched.saturating_sub(3);
        let found = memmem::find(&unread[from..], b"\r\n\r\n");
        if self.searched < LINE_MAX + 2 {
            check_start(unread)?;
        }
        let Some(head) = found.map(|at| from + at + 4) else {
            self.searched = unread.len();
            return if unread.len() > MESSAGE_MAX {
                Err(FrameError::TooLong)
            } else {
                Ok(None)
            };
        };
        if unread[0] == b'\r' {
            // Half a ping: `skip_line_ends` waits for the rest.
            return Ok(None);
        }
        let length = head.saturating_add(content_length(&unread[..head])?);
        if length > MESSAGE_MAX {
            Err(FrameError::TooLong)
        } else {
            Ok(Some(length))
        }
    }
}

/// The first line, once it is whole, must name SIP.
fn check_start(unread: &[u8]) -> Result<(), FrameError> {
    let Some(end) = unread.iter().take(LINE_MAX + 2).position(|&b| b == b'\n') else {
        return if unread.len() > LINE_MAX {
            Err(FrameError::Junk)
        } else {
            Ok(())
        };
    };
    let named = |four: &[u8]| four.eq_ignore_ascii_case(b"SIP/");
    let line = &unread[..end];
    if line == b"\r" || line.windows(4).any(named) {
        Ok(())
    } else {
        Err(FrameError::Junk)
    }
}

/// Content-Length of a whole head.
fn content_length(head: &[u8]) -> Result<usize, FrameError> {
    let mut lines = Lines::new(head);
    let mut found = None;
    while let Some(line) = lines.next().map_err(|_| FrameError::Head)? {
        // The start line is no header: where it holds a colon, its "name" is no token.
        let Ok((name, value)) = split_header(line.text) else {
            continue;
        };
        if names::canonical(name) == Some("Content-Length")
            && found.replace(value.into_owned()).is_some()
        {
            return Err(FrameError::Length);
        }
    }
    let value = found.ok_or(FrameError::Length)?;
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    value
        .parse()
        .ok()
        .filter(|_| digits)
        .ok_or(FrameError::Length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nl : 3\r\n\r\n\r\n\0";
    const TWO: &str = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

    fn drain(framer: &mut Framer) -> Vec<Result<Frame, FrameError>> {
        let mut frames = Vec::new();
        while let Some(frame) = framer.next() {
            let failed = frame.is_err();
            frames.push(frame);
            if failed {
                break;
            }
        }
        frames
    }

    fn all(bytes: &str) -> Vec<Result<Frame, FrameError>> {
        let mut framer = Framer::new();
        framer.push(bytes.as_bytes());
        drain(&mut framer)
    }

    fn message(text: &str) -> Result<Frame, FrameError> {
        Ok(Frame::Message(text.as_bytes().to_vec()))
    }

    #[test]
    fn pipelined_messages_and_pings() {
        let stream = format!("{ONE}{TWO}\r\n\r\n\r\n{ONE}\r\n\r\n");
        let wanted = [
            message(ONE),
            message(TWO),
            Ok(Frame::Ping),
            message(ONE),
            Ok(Frame::Ping),
        ];
        assert_eq!(all(&stream), wanted);
    }

    #[test]
    fn one_byte_at_a_time() {
        let mut framer = Framer::new();
        let mut frames = Vec::new();
        for byte in format!("{ONE}\r\n\r\n{TWO}\r\n{ONE}").bytes() {
            framer.push(&[byte]);
            frames.extend(drain(&mut framer));
        }
        assert_eq!(
            frames,
            [message(ONE), Ok(Frame::Ping), message(TWO), message(ONE)]
        );
        assert_eq!(framer.unread(), 0);
    }

    #[test]
    fn line_ends_alone_begin_no_message() {
        let mut framer = Framer::new();
        for (bytes, between) in [("\r\n", true), ("O", false), (&ONE[1..], true)] {
            framer.push(bytes.as_bytes());
            drain(&mut framer);
            assert_eq!(framer.is_between(), between, "{bytes:?}");
        }
        framer.push(format!("{TWO}\r\n").as_bytes());
        assert_eq!(drain(&mut framer), [message(TWO)]);
        assert!(framer.is_between() && framer.unread() == 2);
    }

    #[test]
    fn junk_closes_at_once_and_for_good() {
        for junk in [
            "\0\0",
            "\n",
            "{\"json\":1}",
            "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            "\r\r",
        ] {
            assert_eq!(
                all(&format!("{junk}{TWO}")),
                [Err(FrameError::Junk)],
                "{junk}"
            );
        }
        let mut framer = Framer::new();
        framer.push(b"\0");
        assert_eq!(framer.next(), Some(Err(FrameError::Junk)));
        framer.push(TWO.as_bytes());
        assert_eq!(framer.next(), Some(Err(FrameError::Junk)));
    }

    #[test]
    fn a_length_must_be_there_and_be_one() {
        let with = |more: &str| all(&format!("OPTIONS sip:a@b SIP/2.0\r\n{more}\r\n"));
        for more in [
            "",
            "l: -1\r\n",
            "l: x\r\n",
            "l:\r\n",
            "l: 0\r\nContent-Length: 0\r\n",
        ] {
            assert_eq!(with(more), [Err(FrameError::Length)], "{more}");
        }
        assert_eq!(with("l: 65536\r\n"), [Err(FrameError::TooLong)]);
        assert_eq!(
            with("l: 99999999999999999999\r\n"),
            [Err(FrameError::Length)]
        );
        assert_eq!(with("a\nb: c\r\n"), [Err(FrameError::Head)]);
    }

    #[test]
    fn a_stream_is_bounded() {
        let long = "OPTIONS sip:a@b SIP/2.0\r\nX: ".to_owned() + &"y".repeat(MESSAGE_MAX);
        assert_eq!(all(&long), [Err(FrameError::TooLong)]);
        assert_eq!(all(&"a".repeat(LINE_MAX + 1)), [Err(FrameError::Junk)]);
        let mut framer = Framer::new();
        framer.push(&vec![b'a'; UNREAD_MAX + 1]);
        assert_eq!(framer.next(), Some(Err(FrameError::Unread)));
        assert_eq!(framer.unread(), 0);
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(cuts in proptest::collection::vec(1usize..40, 1..40)) {
            let stream = format!("{ONE}\r\n\r\n{TWO}{ONE}\r\n{TWO}");
            let (mut framer, mut frames, mut rest) = (Framer::new(), Vec::new(), stream.as_bytes());
            for cut in cuts.into_iter().cycle() {
                let (chunk, tail) = rest.split_at(cut.min(rest.len()));
                framer.push(chunk);
                frames.extend(drain(&mut framer));
                rest = tail;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(frames, all(&stream));
        }

        #[test]
        fn no_bytes_upset_it(chunks in proptest::collection::vec("[\\r\\nSIP/2.0 l:1-9]{0,30}", 0..9)) {
            let mut framer = Framer::new();
            for chunk in chunks {
                framer.push(chunk.as_bytes());
                drain(&mut framer);
                prop_assert!(framer.unread() <= UNREAD_MAX);
            }
        }
    }
}
