//! The CRM: answers, dawdles, answers twice, and is away for parts of the day.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{CallId, Client, ClientMatch, LookupError, Mono, PhoneNumber};
use gudok_switchboard::Input;

use crate::hotline;
use crate::prng::Prng;
use crate::world::World;

/// When it is away, and how.
#[derive(Clone, Debug)]
pub(crate) struct Crm {
    outages: Vec<(Mono, Mono, Outage)>,
}

/// What an outage looks like from here.
#[derive(Clone, Copy, Debug)]
enum Outage {
    /// No answer, ever.
    Hung,
    /// The circuit breaker is open: an error at once.
    Broken,
    /// Seconds late.
    Slow,
}

impl Crm {
    /// Six outages of up to an hour a day.
    pub(crate) fn new(rng: &mut Prng, days: u32) -> Self {
        let outage = |index: u32| {
            let from = Mono(0) + rng.ms(0, 86_400_000 * u64::from(days));
            let to = from + rng.ms(60_000, 3_600_000);
            let how = [Outage::Hung, Outage::Broken, Outage::Slow];
            (from, to, how[usize::try_from(index % 3).unwrap_or(0)])
        };
        Self {
            outages: (0..6 * days).map(outage).collect(),
        }
    }

    fn outage(&self, at: Mono) -> Option<Outage> {
        let now = self
            .outages
            .iter()
            .find(|(from, to, _)| *from <= at && at < *to);
        now.map(|(_, _, how)| *how)
    }
}

impl World {
    /// Asks the CRM.
    pub(crate) fn look_up(&mut self, call: CallId, number: &PhoneNumber) {
        let (client, delay) = match self.crm.outage(self.now.mono) {
            Some(Outage::Hung) => return,
            Some(Outage::Broken) => (
                ClientMatch::Error {
                    error: LookupError::CircuitOpen,
                },
                Duration::ZERO,
            ),
            Some(Outage::Slow) => (known(number), self.rng.ms(700, 6_000)),
            None => (known(number), self.rng.ms(5, 300)),
        };
        self.tell_after(
            delay,
            Input::LookupDone {
                call,
                client: client.clone(),
            },
        );
        if self.rng.permille(100) {
            // The second source, later.
            let again = delay + self.rng.ms(0, 2_000);
            self.tell_after(again, Input::LookupDone { call, client });
        }
    }
}

impl World {
    /// Asks for what a caller has typed: of the same clients, and as well or as badly as ever.
    pub(crate) fn search(&mut self, call: CallId, search: u16, value: &str) {
        let outage = self.crm.outage(self.now.mono);
        let delay = match outage {
            Some(Outage::Hung) => return,
            Some(Outage::Broken) => Duration::ZERO,
            Some(Outage::Slow) => self.rng.ms(700, 6_000),
            None => self.rng.ms(5, 300),
        };
        let client = match outage {
            Some(Outage::Broken) => ClientMatch::Error {
                error: LookupError::CircuitOpen,
            },
            _ => client_of(value),
        };
        let done = Input::SearchDone {
            call,
            search,
            client,
        };
        self.tell_after(delay, done);
    }
}

fn known(number: &PhoneNumber) -> ClientMatch {
    client_of(number.as_str())
}

fn client_of(key: &str) -> ClientMatch {
    let lot: u64 = key
        .bytes()
        .map(u64::from)
        .fold(7, |sum, digit| sum * 31 % 9973 + digit);
    let took_ms = 20;
    let Some(class) = hotline::class(lot) else {
        return ClientMatch::None { took_ms };
    };
    let client = |name: &str| Client {
        id: format!("c{lot}"),
        name: name.into(),
        class,
        fields: BTreeMap::new(),
        source: "crm:sim".into(),
    };
    if lot % 50 == 9 {
        let candidates = vec![client("Первый"), client("Второй")];
        return ClientMatch::Many {
            candidates,
            took_ms,
        };
    }
    ClientMatch::One {
        client: client("Клиент"),
        took_ms,
    }
}
