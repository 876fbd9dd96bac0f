//! Server transactions: we answer, and answer again whoever asks again.
mod invite;
mod non_invite;

pub use invite::InviteServer;
pub use non_invite::NonInviteServer;

/// What to do with a repeated request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeated {
    /// Send the last response again.
    Resend,
    /// Absorbed.
    Ignore,
}
