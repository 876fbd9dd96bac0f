//! What an admin asks of the living hotline, and gets told in Russian.
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use gudok_model::{CallId, Now, OperatorId, PhoneNumber, Refusal, Wall};
use gudok_sip::endpoint::Ban;
use gudok_sip::identity::clean_display;
use gudok_sip::phones::Model;
use gudok_switchboard::dial_out::PastAttempt;
use gudok_switchboard::{AttackMode, Blocked, HIDDEN_MAX, Input, PressBefore, Spent, money};

use super::Hotline;
use crate::blocks::{Blocks, Lasting};
use crate::control::Ask;

/// Most registered phones that are listed at once.
const PHONES_SHOWN_MAX: usize = 1_000;

impl Hotline {
    pub(super) fn asked(&mut self, now: Now, ask: &Ask) -> Vec<u8> {
        match ask {
            Ask::Tap { asker, trunk } => self.tapped(now, *asker, trunk),
            Ask::Bans => self.bans().into_bytes(),
            Ask::Lift(address) => self.lift(*address).into_bytes(),
            Ask::Cost => self.cost(now).into_bytes(),
            Ask::Phones => self.registered_phones(now).into_bytes(),
            Ask::Rosters => self.rosters(now),
            Ask::Schedules => self.schedules(now).into_bytes(),
            Ask::Wall(who) => self.wall_page(now, who.as_ref()),
            Ask::Groups(who) => {
                serde_json::to_vec(&self.switchboard.groups_of(who)).unwrap_or_default()
            }
            Ask::State => self.floor(now).into_bytes(),
            Ask::Attack(mode) => self.attack(now, *mode).into_bytes(),
            Ask::Blocks => self.blocks(now).into_bytes(),
            // Told when the disk has it, see `directed`.
            Ask::Direct(_) => Vec::new(),
        }
    }

    fn tapped(&mut self, now: Now, asker: u64, trunk: &str) -> Vec<u8> {
        if !self.trunks.has(trunk) {
            return format!("у работающего демона нет транка «{trunk}»\n").into_bytes();
        }
        let told = self.seeing.tapped(now.mono, asker, trunk);
        told.unwrap_or_else(|| "вызовы уже слушает другой gudok trunk learn --live\n".into())
    }

    fn lift(&mut self, address: IpAddr) -> String {
        let lifted = self.endpoint.lift_bans(address);
        tracing::info!(%address, lifted, "bans lifted by hand");
        self.metrics.bans("lifted", lifted);
        format!("{address}: снято запретов — {lifted}\n")
    }

    /// Who was blocked when the last run ended.
    pub(crate) fn block_again(&mut self, before: Vec<Lasting>) {
        let again = |it: Lasting| Blocked {
            call: it.call,
            mark: it.mark,
            until: it.until,
        };
        let blocked: Vec<Blocked> = before.into_iter().map(again).collect();
        if !blocked.is_empty() {
            self.tell(Input::Blocked { blocked });
        }
    }

    /// Who was asked after talks in the runs before.
    pub(crate) fn asked_before(&mut self, callers: Vec<(PhoneNumber, Wall)>) {
        if !callers.is_empty() {
            self.tell(Input::Surveyed { callers });
        }
    }

    /// Who wants no calls, as the runs before left it.
    pub(crate) fn refused_before(&mut self, refusals: Vec<Refusal>) {
        self.tell(Input::RefusedBefore { refusals });
    }

    /// Whom the runs before called.
    pub(crate) fn called_before(&mut self, attempts: Vec<PastAttempt>) {
        self.tell(Input::OutboundBefore { attempts });
    }

    /// What earlier runs knew of callers, and how the attack mode was set by hand in them.
    pub(crate) fn press_before(&mut self, before: PressBefore, mode: Option<AttackMode>) {
        if before != PressBefore::default() {
            let before = Box::new(before);
            self.tell(Input::PressBefore { before });
        }
        if let Some(mode) = mode.filter(|mode| *mode != AttackMode::Auto) {
            tracing::warn!(
                ?mode,
                "the attack mode is as it was set by hand in an earlier run"
            );
            self.tell(Input::Attack { mode });
        }
    }

    /// What was done, and what is to be written down of it.
    pub(super) fn block(
        &mut self,
        now: Now,
        call: CallId,
        span: Option<Duration>,
    ) -> (String, Option<Blocks>) {
        if !self.switchboard.can_block(call) {
            let told = format!(
                "{call}: с запуска демона среди последних {HIDDEN_MAX} вызовов со скрытым номером такого нет; если номер виден, занесите его в справочник с классом blocked\n"
            );
            return (told, None);
        }
        tracing::warn!(%call, ?span, "a caller who withholds the number is blocked by hand, or no more");
        let until = span.map(|span| now.wall + span);
        let input = Input::Block { call, until };
        self.paper.input(now, &input);
        self.guarded(now, |switchboard| switchboard.handle_input(now, input));
        let told = match span {
            None => format!("{call}: этот скрытый номер больше не заблокирован\n"),
            Some(_) => self.blocks(now),
        };
        let blocked = self.switchboard.blocked(now.wall);
        (told, Some(self.trunks.marks.lasting(&blocked)))
    }

    fn blocks(&self, now: Now) -> String {
        let blocked = self.switchboard.blocked(now.wall);
        let mut told = String::new();
        for it in blocked {
            let left = (it.until.0 - now.wall.0) / 60_000_000;
            let _ = writeln!(told, "скрытый номер вызова {}: ещё {left} мин", it.call);
        }
        if told.is_empty() {
            told.push_str("скрытых номеров в блоке нет\n");
        }
        told
    }

    fn attack(&mut self, now: Now, mode: Option<AttackMode>) -> String {
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

    fn cost(&self, now: Now) -> String {
        let lines = self.switchboard.spent(now.wall);
        if lines.is_empty() {
            return "цены минут не заданы: добавьте в настройки секции [[line]]\n".to_owned();
        }
        let mut told = format!(
            "{:<16} {:>12} {:>14} {:>12} {:>14}\n",
            "номер", "сегодня, мин", "сегодня", "месяц, мин", "месяц"
        );
        for line in lines {
            let currency = self.currencies.get(&line.number);
            let currency = currency.map_or("", String::as_str);
            let minutes =
                |spent: Spent| format!("{}:{:02}", spent.seconds / 60, spent.seconds % 60);
            let sum = |spent: Spent| format!("{} {currency}", money(spent.kopecks));
            let (day, month) = (line.day, line.month);
            let _ = write!(
                told,
                "{:<16} {:>12} {:>14} {:>12} {:>14}",
                line.number.as_str(),
                minutes(day),
                sum(day),
                minutes(month),
                sum(month)
            );
            if line.live > 0 {
                let _ = write!(told, "  сейчас разговоров: {}", line.live);
            }
            told.push_str(if line.over {
                "  предел достигнут\n"
            } else {
                "\n"
            });
        }
        told
    }

    fn registered_phones(&self, now: Now) -> String {
        let mut told = String::new();
        for contact in self.endpoint.contacts().take(PHONES_SHOWN_MAX) {
            let operator = OperatorId::new(contact.user.as_str());
            let profile = self.switchboard.profile(&operator);
            let named = profile.and_then(|profile| profile.phone.as_deref());
            let (model, how) = match named.and_then(Model::named) {
                Some(model) => (model, "задано"),
                None => (contact.model, "угадано"),
            };
            let left = contact.expires.saturating_sub(now.mono.since_start());
            let _ = writeln!(
                told,
                "{operator}\t{} ({how})\t{} {}\t{}, ещё {} с\t{}",
                model.name(),
                contact.flow.transport.name(),
                contact.flow.remote,
                if contact.live {
                    "на связи"
                } else {
                    "не отвечает"
                },
                left.as_secs(),
                clean_display(&contact.agent).unwrap_or_default(),
            );
        }
        let more = self.endpoint.contacts().skip(PHONES_SHOWN_MAX).count();
        if more > 0 {
            let _ = writeln!(told, "… и ещё {more}");
        }
        if told.is_empty() {
            told.push_str("телефонов нет\n");
        }
        told
    }

    /// A guess too many. Whose password it was is not told: a name that was guessed may be a number.
    pub(super) fn ban_set(&self, ban: &Ban) {
        self.metrics.bans("set", 1);
        let (source, minutes) = (ban.address, ban.left.as_secs() / 60);
        let whose = whose(ban);
        tracing::warn!(%source, whose, minutes, "passwords are guessed there: it is not heard");
    }

    /// Now and then: bans whose time is over.
    pub(super) fn end_bans(&mut self) {
        let (over, forgotten) = self.endpoint.end_bans();
        for ban in &over {
            tracing::info!(source = %ban.address, whose = whose(ban), "a ban is over");
        }
        if forgotten > 0 {
            tracing::info!(bans = forgotten, "bans are over, or made room for others");
        }
        if !over.is_empty() || forgotten > 0 {
            self.metrics.bans("over", over.len() + forgotten);
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

fn whose(ban: &Ban) -> &'static str {
    if ban.user { "one user" } else { "everybody" }
}
