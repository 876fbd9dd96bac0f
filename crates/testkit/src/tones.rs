//! Prompts as tones. Frequencies are far enough from each other, from the caller's 440 Hz and the operator's
//! 1 209 Hz, and from the harmonics of all of them, for a window of 100 ms to tell them apart.
use std::time::Duration;

/// `greeting`. Hz.
pub const GREETING: f64 = 600.0;
/// `notice`, the warning that the call is recorded. Hz.
pub const NOTICE: f64 = 710.0;
/// `music`. Hz.
pub const MUSIC: f64 = 850.0;
/// `night_closed`. Hz.
pub const NIGHT: f64 = 1_010.0;
/// `overflow_transfer`. Hz.
pub const TRANSFER: f64 = 1_450.0;
/// `voicemail_intro`. Hz.
pub const VOICEMAIL: f64 = 1_610.0;
/// `beep`. Hz.
pub const BEEP: f64 = 1_790.0;
/// `please_wait`, also said to a caller whose operator's phone died. Hz.
pub const PLEASE_WAIT: f64 = 1_950.0;

/// `goodbye`. Hz.
pub const GOODBYE: f64 = 2_150.0;

const SHORT: Duration = Duration::from_millis(400);

/// Name, Hz, length.
pub(crate) const PROMPTS: [(&str, f64, Duration); 9] = [
    ("greeting", GREETING, SHORT),
    ("notice", NOTICE, SHORT),
    ("music", MUSIC, Duration::from_secs(2)),
    ("night_closed", NIGHT, SHORT),
    ("overflow_transfer", TRANSFER, SHORT),
    ("voicemail_intro", VOICEMAIL, SHORT),
    ("beep", BEEP, SHORT),
    ("please_wait", PLEASE_WAIT, SHORT),
    ("goodbye", GOODBYE, SHORT),
];
