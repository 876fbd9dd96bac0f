//! What an admin asks of the living hotline, and gets told in Russian.
use std::fmt::Write as _;

use gudok_model::Now;
use gudok_switchboard::{AttackMode, Input};

use super::Hotline;
use crate::control::Ask;

impl Hotline {
    pub(super) fn asked(&mut self, now: Now, ask: Ask) -> String {
        match ask {
            Ask::Bans => self.bans(),
            Ask::Lift(address) => {
                let lifted = self.endpoint.lift_bans(address);
                tracing::info!(%address, lifted, "bans lifted by hand");
                format!("{address}: снято запретов — {lifted}\n")
            }
            Ask::Attack(mode) => {
                if let Some(mode) = mode {
                    tracing::warn!(?mode, "attack mode set by hand");
                    let input = Input::Attack { mode };
                    self.paper.input(now, &input);
                    self.guarded(now, |switchboard| switchboard.handle_input(now, input));
                }
                let (mode, attacked) = self.switchboard.attack();
                let how = match mode {
                    AttackMode::Auto => "сам, по числу вызовов",
                    AttackMode::On => "включён вручную",
                    AttackMode::Off => "выключен вручную",
                };
                let asks = if attacked {
                    "проверяем, человек ли звонит"
                } else {
                    "не проверяем"
                };
                format!("режим атаки: {how}; сейчас {asks}\n")
            }
        }
    }

    fn bans(&self) -> String {
        let mut told = String::new();
        for ban in self.endpoint.bans() {
            let left = ban.left.as_secs();
            let whose = if ban.user {
                "один пользователь с"
            } else {
                "все с"
            };
            let _ = writeln!(told, "{whose} {}: ещё {left} с", ban.address);
        }
        if told.is_empty() {
            told.push_str("запретов нет\n");
        }
        told
    }
}
