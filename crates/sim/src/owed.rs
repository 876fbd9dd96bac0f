//! Those who are owed a call and those who call them: forms that ask, customers who call first, operators who take what is theirs.
use gudok_model::{
    Actor, Asked, CallEvent, CallId, Caller, OperatorId, RequestKind, RequestSource, RequestState,
    RequestWord,
};
use gudok_switchboard::Input;
use gudok_switchboard::desk::DeskCommand;
use gudok_switchboard::dial_out::DialOut;
use uuid::Uuid;

use crate::hotline;
use crate::operator::Person;
use crate::world::{Event, World};

/// Marks the ids of forms: no call of the same instant has it.
const OF_A_FORM: u128 = 1 << 63;

impl World {
    /// A form asks for a call, at once or not before some hours.
    pub(crate) fn asks_by_form(&mut self) -> Result<(), String> {
        let at = u128::from(self.now.mono.0);
        let lot = u128::from(self.rng.below(1 << 32));
        let id = CallId(Uuid::from_u128((at << 64) | OF_A_FORM | lot));
        let Some(number) = hotline::somebody(&mut self.rng, self.size).e164 else {
            return Ok(());
        };
        let later = self.rng.ms(600_000, 14_400_000);
        let asked = Asked {
            project: "service".into(),
            number,
            region: None,
            source: RequestSource::Web,
            due: None,
            not_before: self.rng.permille(300).then(|| self.now.wall + later),
            group: self.rng.permille(700).then(|| "tech".into()),
            line: None,
            note: None,
            basis: None,
        };
        self.tell(Input::Asked {
            id,
            asked: Box::new(asked),
        })
    }

    /// Whoever is owed a call may lose patience and call first.
    pub(crate) fn calls_first(&mut self) -> Option<Caller> {
        let owed = self.watch.promises.open();
        let count = u64::try_from(owed.len()).unwrap_or(0);
        let lot = usize::try_from(self.rng.below(count.max(1))).unwrap_or(0);
        let number = self.watch.promises.open().nth(lot)?.number.to_string();
        Some(hotline::shown(&number))
    }

    /// A call is owed: of five, somebody thinks of one by themselves.
    pub(crate) fn hears_of(&mut self, id: CallId, fact: &CallEvent) {
        let CallEvent::Requested { kind, .. } = fact else {
            return;
        };
        if *kind != RequestKind::Voicemail && self.rng.permille(200) {
            let thinks = self.rng.ms(30_000, 2_400_000);
            self.after(thinks, Event::CallsBack(id));
        }
    }

    /// Somebody thinks of a request that is open.
    pub(crate) fn calls_back(&mut self, request: CallId) -> Result<(), String> {
        let Some(owed) = self.watch.promises.get(request).cloned() else {
            return Ok(());
        };
        let word = |word| Input::RequestWord {
            project: owed.project.clone(),
            number: owed.number.clone(),
            kind: owed.kind,
            word,
        };
        let at = self.now.wall + self.rng.ms(600_000, 10_800_000);
        let why = "договорились письмом".to_owned();
        match self.rng.below(20) {
            0 => {
                let by = Actor::Admin("petrova".into());
                self.tell(word(RequestWord::Cancel { by, why }))
            }
            1 if is_idle(&owed.state) => {
                // The record has it already.
                self.watch.promises.forget(request);
                self.tell(word(RequestWord::Closed))
            }
            2 => self.says_of_request(DeskCommand::CallbackLater { request, at }),
            3 => self.says_of_request(DeskCommand::CallbackCancel { request, why }),
            _ => self.says_of_request(DeskCommand::CallbackTake { request }),
        }
    }

    fn says_of_request(&mut self, command: DeskCommand) -> Result<(), String> {
        match self.someone_free() {
            Some(operator) => self.command(&operator, command),
            None => Ok(()),
        }
    }

    /// An operator calls a client by hand, or looks at whom they might call and lets it be.
    pub(crate) fn dials_by_hand(&mut self, id: &OperatorId) -> Result<(), String> {
        let dial = Box::new(DialOut {
            number: hotline::somebody(&mut self.rng, self.size),
            purpose: "service".into(),
            basis: Some("request".into()),
            reference: None,
            cli: None,
            region: None,
        });
        if self.rng.permille(700) {
            return self.command(id, DeskCommand::Dial(dial));
        }
        self.command(id, DeskCommand::Preview(dial.clone()))?;
        let (looks, follows) = (self.rng.ms(1_000, 70_000), self.rng.permille(500));
        let next = if follows {
            DeskCommand::Dial(dial)
        } else {
            DeskCommand::Skip(None)
        };
        self.after(looks, Event::Says(id.clone(), Box::new(next)));
        Ok(())
    }

    /// Who sits at a desk with nothing in hand.
    pub(crate) fn free_at_desks(&self) -> impl Iterator<Item = &OperatorId> {
        let free = |person: &Person| person.desk && hotline::is_free(&person.display);
        let people = self.operators.iter();
        people
            .filter(move |(_, person)| free(person))
            .map(|(id, _)| id)
    }

    /// One of them, by lot.
    pub(crate) fn someone_free(&mut self) -> Option<OperatorId> {
        let free: Vec<OperatorId> = self.free_at_desks().cloned().collect();
        let lot = self.rng.below(u64::try_from(free.len()).unwrap_or(0));
        free.into_iter().nth(usize::try_from(lot).unwrap_or(0))
    }
}

/// Nobody has it in hand.
fn is_idle(state: &RequestState) -> bool {
    !matches!(
        state,
        RequestState::Leased { .. } | RequestState::Dialing { .. } | RequestState::Connected { .. }
    )
}
