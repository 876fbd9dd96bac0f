//! INVITEs that become no call: the first of them in each second are kept.
use std::time::Duration;

use gudok_model::Mono;

use super::{
    Keeper, Line, PASSED_OVER_MAX, REFUSED_A_SECOND, REFUSED_BYTES_A_SECOND, REFUSED_MAX,
    REFUSED_MESSAGES_MAX, Refusals, Sink, Whose,
};
use crate::message::Seen;
use crate::peek::{Peek, Start, Verb};

impl Keeper {
    pub(super) fn keep_refused(&mut self, key: u64, count: u32, seen: Seen<'_>, sink: Sink<'_>) {
        self.begin_second(seen.now.mono);
        let bytes = self.refusals.bytes + seen.bytes.len();
        if count >= REFUSED_MESSAGES_MAX || bytes > REFUSED_BYTES_A_SECOND {
            self.sums.left_out += 1;
            return;
        }
        self.refusals.bytes = bytes;
        if let Some(line) = self.lines.get_mut(&key) {
            line.whose = Whose::Refused(count + 1);
        }
        self.sums.kept += 1;
        sink(&seen);
    }

    pub(super) fn begin_second(&mut self, now: Mono) {
        if now.since(self.refusals.since) >= Duration::from_secs(1) {
            self.refusals = Refusals {
                since: now,
                ..Refusals::default()
            };
        }
    }

    /// Whether this second has as many as it may, the `counted` last of them left out.
    pub(super) fn is_beyond(&self, counted: u32) -> bool {
        let Refusals { count, bytes, .. } = self.refusals;
        count.saturating_sub(counted) >= REFUSED_A_SECOND || bytes >= REFUSED_BYTES_A_SECOND
    }

    /// A trunk's INVITE came to nothing.
    pub(super) fn refuse(&mut self, key: u64, seen: Seen<'_>, sink: Sink<'_>) {
        self.begin_second(seen.now.mono);
        self.refusals.count = self.refusals.count.saturating_add(1);
        let beyond = self.is_beyond(1);
        let (known, most, whose) = if beyond {
            (&mut self.passed_over, PASSED_OVER_MAX, Whose::PassedOver)
        } else {
            (&mut self.refused, REFUSED_MAX, Whose::Refused(0))
        };
        let oldest = (known.len() == most).then(|| known.pop_front()).flatten();
        known.push_back(key);
        if let Some(oldest) = oldest
            && let Some(line) = self.lines.get(&oldest)
            && !matches!(line.whose, Whose::Of(_) | Whose::Shared(_))
        {
            self.lines.remove(&oldest);
        }
        let last = self.waiting_invite(key);
        let (open, tag, shares) = (0, 0, 0);
        let line = Line {
            whose,
            last,
            open,
            tag,
            shares,
        };
        self.lines.insert(key, line);
        self.write_refusal(key, whose, seen, sink);
    }

    /// So did an INVITE with a Call-ID that is known: it is told where that is.
    pub(super) fn refuse_anew(&mut self, key: u64, seen: Seen<'_>, sink: Sink<'_>) {
        let Some(line) = self.lines.get_mut(&key) else {
            return;
        };
        (line.last, line.open) = (line.open, 0);
        let whose = line.whose;
        self.write_refusal(key, whose, seen, sink);
    }

    pub(super) fn write_refusal(&mut self, key: u64, whose: Whose, seen: Seen<'_>, sink: Sink<'_>) {
        self.release(key, whose, sink);
        let whose = self.lines.get(&key).map_or(whose, |line| line.whose);
        self.known(key, whose, seen, sink);
    }
}

/// The final refusal of an INVITE; a challenge is none.
pub(super) fn is_refusal(peek: &Peek<'_>) -> bool {
    let status = match peek.start {
        Start::Response(status) => status,
        Start::Request(_) => return false,
    };
    peek.verb == Verb::Invite && status >= 300 && !matches!(status, 401 | 407)
}
