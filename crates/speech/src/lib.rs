//! What a machine has to say with numbers in it, as people say it: a list of recorded pieces and the same as text.
//!
//! [`Phrase`] is the result; the functions of [`say`] make one in the language of a [`Locale`]. [`ru`](Locale::Ru) knows
//! gender, case and the three forms after a number (1 минута, 2 минуты, 5 минут); [`en`](Locale::En) is the second language.
//! [`Locale::pieces`] lists every piece there is, so that a pack can be proved to have them all; `may_say` of an
//! [`Announcement`] or a [`Manner`] lists those that one of these may need. A [`Manner`] says a value that is text.
//!
//! This crate does not know what time it is, plays nothing and reads no files.
#![forbid(unsafe_code)]

mod announcement;
mod en;
mod locale;
mod manner;
mod phrase;
mod ru;
pub mod say;

pub use announcement::{Announcement, Due, WAIT_SAID_MAX, Wait, promised, typed_number};
pub use locale::{Locale, is_piece, text_of};
pub use manner::{Manner, is_zoned};
pub use phrase::{NUMBER_MAX, PIECE_MAX, PIECES_MAX, Phrase};
pub use say::{Case, Gender, Unit};
