//! What is said: pieces in their order, and the text.
use std::time::Duration;

/// The name of a recorded piece and what it says.
pub(crate) type Piece = (&'static str, &'static str);

/// The largest number that can be said.
pub const NUMBER_MAX: u32 = 999_999;

/// Most pieces of one phrase: the longest is a ticket of twenty digits with its pauses. What would be longer is cut there.
pub const PIECES_MAX: usize = 32;

/// Longest recording of a piece that a pack may have, so that no phrase is longer than a prompt may be.
pub const PIECE_MAX: Duration = Duration::from_secs(9);

/// A pause within a phrase: composed, spoken by no voice.
pub(crate) const PAUSE: Piece = ("pause", ",");

/// Something to say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Phrase {
    /// Names of recorded pieces in their order; at most [`PIECES_MAX`].
    pub pieces: Vec<&'static str>,
    /// The same as people read it: `Вы третий в очереди`.
    pub text: String,
}

impl Phrase {
    /// Nothing.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One piece more.
    pub(crate) fn push(&mut self, (name, text): Piece) {
        if self.pieces.len() == PIECES_MAX {
            return;
        }
        if !self.text.is_empty() && name != PAUSE.0 {
            self.text.push(' ');
        }
        self.pieces.push(name);
        self.text.push_str(text);
    }

    /// The same with one piece more.
    pub(crate) fn with(mut self, piece: Piece) -> Self {
        self.push(piece);
        self
    }

    /// A sentence after this one.
    #[must_use]
    pub fn and(mut self, next: Self) -> Self {
        if !self.text.is_empty() && !next.text.is_empty() {
            self.text.push('.');
        }
        self.then(next)
    }

    /// One after the other; what has no room is left out.
    pub(crate) fn then(mut self, next: Self) -> Self {
        let room = PIECES_MAX - self.pieces.len();
        if next.pieces.len() > room {
            return self;
        }
        if !self.text.is_empty() && !next.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(&next.text);
        self.pieces.extend(next.pieces);
        self
    }
}
