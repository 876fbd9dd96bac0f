//! The things on a wall.
use std::collections::BTreeSet;

use gudok_model::{
    Actor, AlarmKind, CallId, GroupId, Name, OperatorId, ProjectId, QueueId, Wall, Which,
};

/// The highest priority, of callers who cannot wait.
const EMERGENCY: u8 = 9;

/// A queue as it stands; callers and operators that the viewer may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueNow {
    /// Which.
    pub queue: QueueId,
    /// Callers who wait, those included whose call is being offered or who answer questions meanwhile.
    pub waiting: u32,
    /// Since when the one waits who waits longest, counted from the first queue.
    pub oldest: Option<Wall>,
    /// The same, of callers of priority 9.
    pub oldest_emergency: Option<Wall>,
    /// Callers who came by it and talk with an operator.
    pub talking: u32,
    /// Operators of its group who would take a call.
    pub ready: u32,
    /// Who ring, talk or dial.
    pub busy: u32,
    /// Who write up a call.
    pub wrap_up: u32,
    /// Who sit there and take no calls: on a break, or without a phone.
    pub not_ready: u32,
    /// What callers of its group are owed; the driver knows.
    pub owed: Option<OwedNow>,
    /// How its callers were served today; the driver knows.
    pub today: Option<Today>,
}

/// What callers are owed: calls back and messages that are open; apart from them whom nobody answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OwedNow {
    /// How many.
    pub open: u32,
    /// Of them: due before now.
    pub overdue: u32,
    /// Since when the oldest is owed.
    pub oldest: Option<Wall>,
    /// Whom nobody answered, and has talked with since: nothing was promised to them.
    pub missed: u32,
    /// Of them: to be called before now.
    pub missed_overdue: u32,
    /// Of all of them: calls that came to nothing at the last try; people decide.
    pub exhausted: u32,
}

impl OwedNow {
    /// What both come to.
    pub fn add(&mut self, other: &Self) {
        self.open += other.open;
        self.overdue += other.overdue;
        self.oldest = [self.oldest, other.oldest].into_iter().flatten().min();
        self.missed += other.missed;
        self.missed_overdue += other.missed_overdue;
        self.exhausted += other.exhausted;
    }
}

/// What one group owes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupOwes {
    /// Which; None: everybody.
    pub group: Option<GroupId>,
    /// What.
    pub owed: OwedNow,
}

/// Figures of a day, each share with the formula it is counted by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Today {
    /// When the day began.
    pub since: Wall,
    /// Calls that came to the queue, and are over.
    pub offered: u64,
    /// Of them answered.
    pub answered: u64,
    /// Of them: the caller hung up.
    pub abandoned: u64,
    /// Answered within it is answered in time. Milliseconds.
    pub t_ms: u64,
    /// Who left sooner has hardly waited. Milliseconds.
    pub short_ms: u64,
    /// The service levels.
    pub levels: Vec<Level>,
}

/// A share by its formula: so many of so many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// `sl1`, `sl2`, `sl3`.
    pub name: &'static str,
    /// As it is written.
    pub formula: &'static str,
    /// In time.
    pub part: u64,
    /// Of all that the formula asks about.
    pub of: u64,
}

/// An operator as the viewer sees them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatorNow {
    /// Who.
    pub operator: OperatorId,
    /// As shown.
    pub name: String,
    /// Whose they are.
    pub project: ProjectId,
    /// Groups they work for: by hand where somebody has said so, else those of the plan that list them.
    pub groups: Vec<GroupId>,
    /// Queues of those groups.
    pub queues: BTreeSet<QueueId>,
    /// `ready`, `talking` …
    pub display: Name,
    /// Of `not_ready`.
    pub reason: Option<Name>,
    /// What is taken up when the present work ends.
    pub next: Option<Name>,
    /// In this state since.
    pub since: Wall,
    /// End of the ringing or of the wrap-up; of a break, when it is too long.
    pub deadline: Option<Wall>,
    /// What of theirs lasts longer than it may.
    pub too_long: Option<TooLong>,
    /// Whose word made them ready, not ready or logged out.
    pub actor: Option<Actor>,
    /// The call in hand, where the viewer may see it.
    pub call: Option<CallId>,
}

/// What of an operator lasts longer than it may; of both, the hold, since a caller hears it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong {
    /// [`AlarmKind::BreakTooLong`] or [`AlarmKind::HoldTooLong`].
    pub what: AlarmKind,
    /// Since when it is too long, not since when it lasts.
    pub since: Wall,
}

/// A call in brief.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallNow {
    /// Which.
    pub call: CallId,
    /// Whose number it is.
    pub project: ProjectId,
    /// The label of that number.
    pub label: String,
    /// As [`LiveCall::state`](crate::live::LiveCall::state) has it.
    pub phase: Name,
    /// The queue it waits in, or came to the talk by.
    pub queue: Option<QueueId>,
    /// Its priority there, 0–9, while it waits.
    pub priority: Option<u8>,
    /// When it came.
    pub arrived: Wall,
    /// Since when the caller waits, counted from the first queue, while they do.
    pub waits_since: Option<Wall>,
    /// Since when an operator talks with the caller.
    pub talks_since: Option<Wall>,
    /// Who talks with the caller, or is offered the call, where the viewer may see them.
    pub operators: Vec<OperatorId>,
    /// The caller's number, where they show it; masked but for an admin.
    pub number: Option<String>,
}

/// An alarm that is on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlarmNow {
    /// Which.
    pub which: Which,
    /// Since when.
    pub since: Wall,
    /// What it came on by.
    pub level: u64,
    /// Nobody wants to hear of it until then.
    pub quiet_until: Option<Wall>,
}

impl AlarmNow {
    /// For screens. Russian.
    pub fn text(&self) -> String {
        let what = self.what();
        let Which {
            subject, project, ..
        } = &self.which;
        match (&**subject, project) {
            ("", None) => what,
            ("", Some(project)) => format!("{project}: {what}"),
            (subject, None) => format!("{subject}: {what}"),
            (subject, Some(project)) => format!("{subject} ({project}): {what}"),
        }
    }

    fn what(&self) -> String {
        let level = self.level;
        match AlarmKind::named(&self.which.what) {
            Some(AlarmKind::ServiceLevel) => {
                format!("Вовремя отвечено на {level} % звонков за час")
            }
            Some(AlarmKind::NobodyReady) => "Звонки некому принять".to_owned(),
            Some(AlarmKind::OldestEmergency) => format!("Экстренный звонок ждёт {level} с"),
            Some(AlarmKind::OldestWaiting) => format!("Звонящий ждёт {level} с"),
            Some(AlarmKind::OldestWaitingBesideFree) => {
                "Звонящий ждёт при свободном операторе: ошибка в программе".to_owned()
            }
            Some(AlarmKind::TrunkDown) => "Транк не работает".to_owned(),
            Some(AlarmKind::Disk) => format!("На диске свободно {level} %"),
            Some(AlarmKind::Invariant) => {
                "Нарушено то, что должно быть верно: ошибка в программе".to_owned()
            }
            Some(AlarmKind::CallbackOverdue) => {
                format!("Просрочено обещанного (звонки и сообщения): {level}")
            }
            // No length, which would stand still: since when it is, the alarm says by itself.
            Some(AlarmKind::BreakTooLong) => "Перерыв дольше положенного".to_owned(),
            Some(AlarmKind::HoldTooLong) => "Клиент на удержании дольше положенного".to_owned(),
            Some(AlarmKind::CallbackExhausted) => {
                format!("Попытки дозвониться кончились, обещанных звонков: {level}")
            }
            None => self.which.what.to_string(),
        }
    }

    /// The queue it is about; None: it is of no queue.
    pub fn queue(&self) -> Option<QueueId> {
        let kind = AlarmKind::named(&self.which.what)?;
        kind.is_of_queue()
            .then(|| QueueId::new(self.which.subject.clone()))
    }
}

impl QueueNow {
    /// One without callers and operators.
    pub fn empty(queue: QueueId) -> Self {
        Self {
            queue,
            waiting: 0,
            oldest: None,
            oldest_emergency: None,
            talking: 0,
            ready: 0,
            busy: 0,
            wrap_up: 0,
            not_ready: 0,
            owed: None,
            today: None,
        }
    }

    pub(crate) fn add(&mut self, call: &CallNow) {
        let Some(since) = call.waits_since else {
            self.talking += u32::from(call.talks_since.is_some());
            return;
        };
        self.waiting += 1;
        self.oldest = earlier(self.oldest, since);
        if call.priority == Some(EMERGENCY) {
            self.oldest_emergency = earlier(self.oldest_emergency, since);
        }
    }

    pub(super) fn add_operator(&mut self, display: &str) {
        match display {
            "logged_out" => {}
            "ready" => self.ready += 1,
            "wrap_up" => self.wrap_up += 1,
            "not_ready" | "device_down" => self.not_ready += 1,
            _ => self.busy += 1,
        }
    }
}

fn earlier(known: Option<Wall>, since: Wall) -> Option<Wall> {
    Some(known.map_or(since, |known| known.min(since)))
}
