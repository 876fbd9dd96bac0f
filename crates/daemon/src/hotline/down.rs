//! Which trunks have nothing left that works: one alarm an episode.
use std::collections::BTreeSet;
use std::sync::Arc;

use gudok_sip::trunk::{Role, Standing};

/// Those that are down, and for what: who calls out by one address and registers at another may lose either.
#[derive(Debug, Default)]
pub(super) struct Down(BTreeSet<(Arc<str>, Role)>);

impl Down {
    /// Whether something of this trunk is down.
    pub(super) fn holds(&self, trunk: &Arc<str>) -> bool {
        self.0.iter().any(|(known, _)| known == trunk)
    }

    /// How a trunk stands now; what of it has failed since it was last said.
    pub(super) fn learn(&mut self, standing: &Standing) -> Vec<Role> {
        let has_failed = |role: &Role| {
            let key = (Arc::clone(&standing.trunk), *role);
            if standing.recovers(*role) {
                self.0.remove(&key);
            }
            standing.fails(*role) && self.0.insert(key)
        };
        let roles = [Role::Calls, Role::Registrar].into_iter();
        roles.filter(has_failed).collect()
    }
}

#[cfg(test)]
mod tests {
    use gudok_sip::endpoint::{Flow, Transport};
    use gudok_sip::trunk::State;

    use super::*;

    fn flow(last: u8) -> Flow {
        Flow {
            transport: Transport::Udp,
            local: "192.0.2.1:5060".parse().expect("an address"),
            remote: ([192, 0, 2, last], 5060).into(),
            connection: 0,
        }
    }

    /// Calls go to the first addresses, in this order; the last one has our contact.
    fn stands(targets: &[State], watched: Option<State>) -> Standing {
        let targets = (1..).map(flow).zip(targets.iter().copied());
        Standing {
            trunk: "carrier".into(),
            registered: Some(true),
            targets: targets.collect(),
            watched: watched.map(|state| (flow(9), state)),
        }
    }

    #[test]
    fn a_registrar_that_lives_does_not_hide_that_every_way_out_is_dead() {
        for watched in [State::Up, State::Unknown] {
            let mut down = Down::default();
            let one_left = stands(&[State::Down, State::Unknown], Some(watched));
            assert_eq!(down.learn(&one_left), []);
            let none_left = stands(&[State::Down, State::Held], Some(watched));
            assert_eq!(down.learn(&none_left), [Role::Calls]);
            assert_eq!(down.learn(&none_left), [], "once an episode");
        }
    }

    #[test]
    fn a_registrar_that_dies_is_told_though_a_way_out_lives() {
        for targets in [&[State::Up][..], &[State::Unknown], &[]] {
            let mut down = Down::default();
            let dead = stands(targets, Some(State::Down));
            assert_eq!(down.learn(&dead), [Role::Registrar]);
            assert_eq!(down.learn(&dead), [], "once an episode");
        }
    }

    /// It has our contact again, or answers OPTIONS again; a way out that lives says nothing of it, nor it of ways out.
    #[test]
    fn each_recovers_by_its_own_signs() {
        let mut down = Down::default();
        let dead = stands(&[State::Held], Some(State::Down));
        assert_eq!(down.learn(&dead), [Role::Calls, Role::Registrar]);
        for watched in [Some(State::Up), Some(State::Unknown), None] {
            assert_eq!(down.learn(&stands(&[State::Unknown], watched)), []);
            assert_eq!(down.learn(&dead), [Role::Registrar]);
        }
        assert_eq!(down.learn(&stands(&[State::Up], Some(State::Down))), []);
        assert_eq!(down.learn(&dead), [Role::Calls]);
    }
}
