//! Client transactions: we ask, and repeat until we are heard.
mod invite;
mod non_invite;

pub use invite::InviteClient;
pub use non_invite::NonInviteClient;

/// What to do with a response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// News: the owner sees it.
    Pass,
    /// News, and an ACK is due (a final response of 300–699 to an INVITE).
    PassAndAck,
    /// A repeated final response: the same ACK again.
    AckAgain,
    /// Nothing new.
    Ignore,
}
