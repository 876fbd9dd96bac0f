//! Session timers (RFC 4028): who keeps the session alive, and when it is lost.
use std::time::Duration;

use crate::message::Headers;
use crate::transaction::earlier;

/// The shortest interval we accept. Seconds; RFC 4028 §4 knows no shorter one.
pub const MIN_SE: u32 = 90;
/// The longest interval we are talked into by a 422: a day. Seconds.
pub const LONGEST: u32 = 86_400;

/// What a request says about session timers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Nothing.
    No,
    /// An interval below [`MIN_SE`]: 422.
    TooSmall,
    /// An interval, and whether the caller refreshes.
    Every(Agreed),
}

/// What both sides agreed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Agreed {
    /// Seconds, at least [`MIN_SE`].
    pub interval: u32,
    /// Whether the sender of the request refreshes (`refresher=uac`).
    pub uac_refreshes: bool,
    /// Whether the sender of the request knows the extension: the answer requires it then.
    pub supported: bool,
}

impl Agreed {
    /// The value of Session-Expires in a response.
    pub fn header(&self) -> String {
        let who = if self.uac_refreshes { "uac" } else { "uas" };
        format!("{};refresher={who}", self.interval)
    }
}

/// Reads Session-Expires of a request (RFC 4028 §9). A caller that knows the extension refreshes unless
/// it asks us to; for one that does not (a proxy put the header in), we do.
pub fn asked(headers: &Headers) -> Asked {
    let Some((interval, refresher)) = read(headers) else {
        return Asked::No;
    };
    let supported = headers
        .list("Supported")
        .chain(headers.list("Require"))
        .any(|tag| tag.eq_ignore_ascii_case("timer"));
    if interval < MIN_SE {
        return if supported {
            Asked::TooSmall
        } else {
            Asked::No
        };
    }
    let uac_refreshes = supported && !refresher.is_some_and(|who| who.eq_ignore_ascii_case("uas"));
    Asked::Every(Agreed {
        interval,
        uac_refreshes,
        supported,
    })
}

/// Reads Session-Expires of a 2xx to our request. Without `refresher` it is us (RFC 4028 §7.2).
pub fn answered(headers: &Headers) -> Option<Agreed> {
    let (interval, refresher) = read(headers)?;
    (interval >= MIN_SE).then(|| Agreed {
        interval,
        uac_refreshes: !refresher.is_some_and(|who| who.eq_ignore_ascii_case("uas")),
        supported: true,
    })
}

/// Min-SE of a 422 (RFC 4028 §5).
pub fn least(headers: &Headers) -> Option<u32> {
    let value = headers.get("Min-SE")?.split(';').next()?;
    value.trim().parse().ok()
}

fn read(headers: &Headers) -> Option<(u32, Option<&str>)> {
    let mut parts = headers.get("Session-Expires")?.split(';').map(str::trim);
    let interval = parts.next()?.parse().ok()?;
    let refresher = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("refresher")
            .then_some(value.trim())
    });
    Some((interval, refresher))
}

/// A running session timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionTimer {
    /// When we send a refresh; None when it is theirs to do, or is under way.
    refresh: Option<Duration>,
    expires: Duration,
    interval: u32,
    we_refresh: bool,
    /// They know nothing of it: any answer to our refresh shows that they are there.
    alone: bool,
}

/// What the timer asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beat {
    /// Nothing yet.
    Quiet,
    /// Send a refresh.
    Refresh,
    /// Nobody refreshed: end the session.
    Expired,
}

impl SessionTimer {
    /// Starts anew after a session request was answered with 2xx.
    pub fn start(now: Duration, agreed: &Agreed, we_refresh: bool) -> Self {
        let interval = Duration::from_secs(agreed.interval.into());
        // RFC 4028 §10: BYE goes out before the end, by min(32 s, a third).
        let margin = (interval / 3).min(Duration::from_secs(32));
        Self {
            refresh: we_refresh.then(|| now + interval / 2),
            expires: now + interval - margin,
            interval: agreed.interval,
            we_refresh,
            alone: false,
        }
    }

    /// Ours alone: the other side has agreed to nothing, and is asked all the same (RFC 4028 §7.2 leaves that to us).
    pub fn alone(now: Duration, interval: u32) -> Self {
        let ours = Agreed {
            interval,
            uac_refreshes: true,
            supported: false,
        };
        Self {
            alone: true,
            ..Self::start(now, &ours, true)
        }
    }

    /// Whether the other side has agreed to nothing.
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// They refused our interval and named their shortest. The session lives on meanwhile. False: ours is no shorter, so it
    /// was not that.
    pub fn lengthen(&mut self, now: Duration, least: u32) -> bool {
        if least <= self.interval {
            return false;
        }
        self.interval = least;
        self.expires = self
            .expires
            .max(now + Duration::from_secs(MIN_SE.into()) / 3);
        true
    }

    /// The value of Session-Expires in a request of ours: things stay as they are (RFC 4028 §7.4).
    pub fn header(&self) -> String {
        let who = if self.we_refresh { "uac" } else { "uas" };
        format!("{};refresher={who}", self.interval)
    }

    /// Fires what is due.
    pub fn on_timeout(&mut self, now: Duration) -> Beat {
        if self.expires <= now {
            return Beat::Expired;
        }
        if self.refresh.is_some_and(|at| at <= now) {
            self.refresh = None;
            return Beat::Refresh;
        }
        Beat::Quiet
    }

    /// A refresh failed for a passing reason: once more after `wait`.
    pub fn refresh_later(&mut self, now: Duration, wait: Duration) {
        self.refresh = Some(now + wait);
    }

    /// The next deadline.
    pub fn next(&self) -> Option<Duration> {
        earlier(self.refresh, Some(self.expires))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> Headers {
        let mut headers = Headers::new();
        for (name, value) in lines {
            headers.push(*name, *value);
        }
        headers
    }

    #[test]
    fn a_caller_that_knows_timers_refreshes_unless_it_asks_us() {
        let asked = |expires: &str, supported: &str| match asked(&headers(&[
            ("Session-Expires", expires),
            ("Supported", supported),
        ])) {
            Asked::Every(agreed) => agreed.header(),
            other => format!("{other:?}"),
        };
        assert_eq!(asked("1800", "timer"), "1800;refresher=uac");
        assert_eq!(
            asked("1800;refresher=uas", "100rel, timer"),
            "1800;refresher=uas"
        );
        assert_eq!(asked("1800", "replaces"), "1800;refresher=uas");
        assert_eq!(asked("60", "timer"), "TooSmall");
        assert_eq!(asked("60", "replaces"), "No");
        assert_eq!(asked("soon", "timer"), "No");
    }

    #[test]
    fn half_time_refreshes_and_the_end_comes_before_the_end() {
        let agreed = answered(&headers(&[("Session-Expires", "90;refresher=uac")])).unwrap();
        let mut timer = SessionTimer::start(Duration::ZERO, &agreed, agreed.uac_refreshes);
        assert_eq!(timer.next(), Some(Duration::from_secs(45)));
        assert_eq!(timer.on_timeout(Duration::from_secs(45)), Beat::Refresh);
        assert_eq!(timer.on_timeout(Duration::from_secs(59)), Beat::Quiet);
        assert_eq!(timer.on_timeout(Duration::from_secs(60)), Beat::Expired);
    }

    #[test]
    fn one_who_has_agreed_to_nothing_is_asked_by_us() {
        let mut timer = SessionTimer::alone(Duration::ZERO, 1_800);
        assert!(timer.is_alone());
        assert_eq!(timer.header(), "1800;refresher=uac");
        assert_eq!(timer.on_timeout(Duration::from_secs(900)), Beat::Refresh);
    }
}
