//! A person as the rules have them: what they said, what they have in hand, and what is true of their phone and desk.
use std::time::Duration;

use gudok_acd::{DESK_GRACE, PHONE_DISTRUST};
use gudok_model::{CallId, Forced, GroupSettings, Mono, OfferEnd, OfferId, Wall};

use crate::moves::Move;

/// A person as the rules have them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) seat: bool,
    pub(crate) phone: bool,
    pub(crate) desk: bool,
    pub(crate) engaged: bool,
    /// The last word about calls was `ready`.
    pub(crate) said_ready: bool,
    /// That word is in force, and no policy took it away.
    pub(super) wants: bool,
    pub(super) next: Option<Wish>,
    pub(super) distrust: Option<Mono>,
    pub(super) grace: Option<Mono>,
    pub(super) pause: Option<Mono>,
    /// When they began to talk with callers within the last hour, of those whom a number of calls binds.
    pub(super) taken: Vec<Mono>,
    /// How many of these there may be.
    pub(super) cap: Option<usize>,
    /// After a restart phone and desk may come back until then.
    pub(super) back: Option<Mono>,
    pub(super) misses: u32,
    pub(super) hand: Hand,
    /// The offer that closed last without having won.
    pub(super) lost: Option<OfferId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    Ready,
    Break,
    Logout,
}

/// What a person has in hand.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) enum Hand {
    #[default]
    Nothing,
    Rings(Ring),
    Talks(OfferId, GroupSettings),
    Writes(Writing),
    Dials(Dialling),
}

/// How far a call is that an operator makes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Dialling {
    /// Looks at whom to call, until then.
    Looks(Mono),
    Rings,
    Talks,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Ring {
    pub(super) offer: OfferId,
    pub(super) terms: GroupSettings,
    pub(super) until: Mono,
    pub(super) expires: Mono,
    /// The phone rings.
    pub(super) alerted: bool,
    /// It began to in time.
    pub(super) heard: bool,
    /// Paperwork about this very caller waits for it: not to answer is no miss.
    pub(super) interrupts: bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Writing {
    pub(super) call: CallId,
    pub(super) until: Mono,
    /// What may be added still.
    pub(super) more: Duration,
    /// The person said that it is done.
    pub(super) done: bool,
}

impl Person {
    pub(crate) fn rings_for(&self, call: CallId) -> bool {
        matches!(&self.hand, Hand::Rings(ring) if ring.offer.call == call)
    }

    pub(crate) fn is_free(&self) -> bool {
        self.hand == Hand::Nothing
    }

    /// Takes calls, or will after the present work.
    pub(super) fn is_on_line(&self) -> bool {
        let willing = self.next.map_or(self.wants, |next| next == Wish::Ready);
        willing && self.seat && self.is_up() && !self.is_bound()
    }

    /// By a limit.
    pub(super) fn is_bound(&self) -> bool {
        self.cap.is_some_and(|most| self.taken.len() >= most)
    }

    /// May begin a call of their own; `looked`: whom to call was on the screen.
    pub(super) fn may_dial(&self, looked: bool) -> bool {
        let looks = matches!(self.hand, Hand::Dials(Dialling::Looks(_)));
        let idle = self.is_free() || looked && looks;
        self.seat && !self.engaged && self.is_up() && idle
    }

    /// They take calls after the ringing too: nothing is gained by a phone whose operator is on the way out.
    pub(super) fn stays(&self) -> bool {
        self.wants && self.next.is_none_or(|next| next == Wish::Ready)
    }

    /// They ring somebody, or talk with whom they rang.
    pub(crate) fn rings_somebody(&self) -> bool {
        matches!(self.hand, Hand::Dials(Dialling::Rings | Dialling::Talks))
    }

    /// What may become of the call they make.
    pub(crate) fn dials(&self) -> &'static [fn(u8) -> Move] {
        match &self.hand {
            Hand::Dials(Dialling::Looks(_)) => &[Move::Skips],
            Hand::Dials(Dialling::Rings) => &[Move::DialAnswers, Move::DialEnds],
            Hand::Dials(Dialling::Talks) => &[Move::DialEnds],
            Hand::Nothing | Hand::Rings(_) | Hand::Talks(..) | Hand::Writes(_) => &[],
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.is_free()
    }

    /// Phone and desk are there.
    pub(super) fn is_up(&self) -> bool {
        let desk = self.desk || self.grace.is_some();
        self.phone && self.distrust.is_none() && desk
    }

    /// Behaviour 5.1, word by word.
    pub(crate) fn is_routable(&self) -> bool {
        let asked = self.seat && self.wants && self.is_up() && self.is_free();
        asked && self.pause.is_none() && !self.engaged && !self.is_bound()
    }

    /// The last word counts; while busy, afterwards.
    pub(super) fn wishes(&mut self, wish: Wish) {
        if self.is_busy() {
            // A break is another one by its reason: `login` and `lunch` are not told apart here, nor by what may be offered.
            self.next = (wish != Wish::Ready || !self.wants).then_some(wish);
            return;
        }
        if wish == Wish::Ready && !self.wants {
            self.misses = 0;
        }
        self.takes_up(wish);
    }

    /// By themselves; nobody is ready without phone and desk, or beyond a limit, but after the present work.
    pub(super) fn says(&mut self, wish: Wish) {
        let may = self.is_up() && !self.is_bound();
        if wish == Wish::Ready && !self.is_busy() && !may {
            return;
        }
        self.said_ready = wish == Wish::Ready;
        self.wishes(wish);
    }

    /// By a supervisor.
    pub(super) fn is_told(&mut self, to: &Forced) {
        match to {
            Forced::Ready => self.says(Wish::Ready),
            Forced::NotReady { .. } => self.says(Wish::Break),
            Forced::LoggedOut => self.says(Wish::Logout),
            Forced::WrapUpOver => {
                if let Hand::Writes(writing) = &mut self.hand {
                    writing.done = true;
                }
            }
        }
    }

    pub(super) fn takes_up(&mut self, wish: Wish) {
        self.wants = wish == Wish::Ready;
        if wish == Wish::Logout {
            (self.seat, self.desk, self.said_ready) = (false, false, false);
        }
    }

    pub(super) fn is_freed(&mut self) {
        self.hand = Hand::Nothing;
        if let Some(wish) = self.next.take() {
            if wish == Wish::Ready {
                self.misses = 0;
            }
            self.takes_up(wish);
        }
        self.grace = None;
    }

    pub(super) fn writes(&mut self, call: CallId, until: Mono, more: Duration) {
        self.hand = Hand::Writes(Writing {
            call,
            until,
            more,
            done: false,
        });
    }

    pub(super) fn desk(&mut self, now: Mono, live: bool) {
        if live {
            self.grace = None;
            self.desk = true;
            self.back.take_if(|_| self.phone && self.distrust.is_none());
        } else if self.desk
            && matches!(
                self.hand,
                Hand::Talks(..) | Hand::Writes(_) | Hand::Dials(_)
            )
        {
            self.grace = Some(now + DESK_GRACE);
        }
        self.desk = live;
    }

    /// The phone rings no more, and nobody has taken it.
    pub(super) fn rang(&mut self, now: Mono, ring: &Ring, end: OfferEnd) -> Result<(), String> {
        let up = self.is_up();
        self.is_freed();
        match end {
            OfferEnd::Rejected => self.pause = Some(now + ring.terms.reject_delay),
            OfferEnd::NoAnswer if !ring.heard => {
                return Err(format!("Q12: {} never rang, and was missed", ring.offer));
            }
            OfferEnd::NoAnswer if now < ring.until => {
                return Err(format!("Q7: {} rang too short", ring.offer));
            }
            OfferEnd::NoAnswer if ring.interrupts => {}
            OfferEnd::NoAnswer => {
                self.misses += 1;
                let max = ring.terms.misses_max;
                if max > 0 && self.misses >= max {
                    self.wants = false;
                    self.said_ready = false;
                }
            }
            // Who lost phone or desk is not distrusted once they are back.
            OfferEnd::DeviceError if !up => {}
            OfferEnd::DeviceError => self.distrust = Some(now + PHONE_DISTRUST),
            OfferEnd::Expired if now < ring.expires || ring.heard => {
                return Err(format!("5.3: {} ran out too early", ring.offer));
            }
            OfferEnd::Expired => self.distrust = Some(now + PHONE_DISTRUST),
            OfferEnd::Lost | OfferEnd::CallerGone | OfferEnd::Revoked => {}
            OfferEnd::BridgedEnded => return Err(format!("{} was no talk", ring.offer)),
        }
        Ok(())
    }

    /// The clocks of the floor say the same.
    pub(super) fn deadline(&self) -> Option<Wall> {
        let until = match &self.hand {
            Hand::Rings(ring) => ring.until,
            Hand::Writes(writing) => writing.until,
            Hand::Dials(Dialling::Looks(until)) => *until,
            Hand::Nothing | Hand::Talks(..) | Hand::Dials(_) => return None,
        };
        i64::try_from(until.0).ok().map(Wall)
    }

    pub(super) fn display(&self) -> &'static str {
        match &self.hand {
            _ if !self.seat => "logged_out",
            Hand::Rings(ring) if ring.alerted => "ringing",
            Hand::Rings(_) => "reserved",
            Hand::Talks(..) => "talking",
            Hand::Writes(_) => "wrap_up",
            Hand::Dials(Dialling::Looks(_)) => "preview",
            Hand::Dials(Dialling::Rings) => "dialing",
            Hand::Dials(Dialling::Talks) => "talking",
            Hand::Nothing if self.engaged => "talking",
            Hand::Nothing if !self.is_up() => "device_down",
            Hand::Nothing if self.wants && !self.is_bound() => "ready",
            Hand::Nothing => "not_ready",
        }
    }
}
