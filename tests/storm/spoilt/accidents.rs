//! Whole dialogs whose messages meet accidents: by the dice they are damaged, doubled, lost, overtake each other, or are
//! mixed with those of another dialog. What the dice say follows from the seed of the case.
use anyhow::{Context as _, Result};

use super::caller::{Dialog, Phase, Talk, plain};
use super::line::Line;
use super::mutation::{Dice, mutated};
use super::phone::{Asked, Phase as Called};
use super::phones::Phones;
use super::scene::{ACCIDENTS, MIXED, NOBODY, RINGS, World};
use super::{LEFT_MAX, number};
use crate::messages::{self, sdp};

/// Dialogs of a usual run.
const CASES: u64 = 250;

/// Whose script is played.
#[derive(Clone, Copy, Debug)]
enum Script {
    /// A caller who hears ringing and gives up.
    GivesUp,
    /// A caller who is answered, and changes this and that.
    Talks,
    /// A phone that is called.
    Called,
}

/// All that comes to pass in one test.
pub(crate) struct Accidents {
    phones: Phones,
    /// The dialog whose messages are mixed in.
    other: Option<Talk>,
    mixed: Option<Line>,
    begun: u32,
    /// The caller's line, of the script in which nobody is called.
    line: Option<Line>,
}

impl Accidents {
    pub(crate) fn new(world: World) -> Result<Self> {
        Ok(Self {
            phones: Phones::open(world)?,
            other: None,
            mixed: None,
            begun: 0,
            line: None,
        })
    }

    /// So many dialogs; of one that fails the error says how to have it again.
    pub(crate) fn all(mut self) -> Result<()> {
        let first = number("SPOILT_SEED").unwrap_or(1);
        let count = number("SPOILT_CASES").unwrap_or(CASES);
        for seed in first..first + count {
            let again = || format!("again: tests/storm/spoil 0 1 {seed}");
            self.case(seed).with_context(again)?;
        }
        if let Some(other) = self.other.take() {
            other.end()?;
        }
        drop(self.line.take());
        let health = self.phones.goes_home()?;
        health.nothing_is_left(LEFT_MAX)?;
        health.tell("dialogs with accidents", count as usize)
    }

    fn case(&mut self, seed: u64) -> Result<()> {
        let mut dice = Dice(seed);
        let script = [
            Script::GivesUp,
            Script::Talks,
            Script::Talks,
            Script::Called,
        ][dice.below(4)];
        let transport = if dice.one_of(4) { "TCP" } else { "UDP" };
        let other = self.other_words()?;
        let mut accidents = Play {
            dice,
            other,
            id: format!("accident{seed}"),
        };
        let played = match script {
            Script::GivesUp | Script::Talks => self.caller(&mut accidents, script, transport),
            Script::Called => self.called(&mut accidents, transport),
        };
        played.with_context(|| format!("{script:?} over {transport}"))
    }

    /// What the other dialog would say: its messages may end it, or what is there of them in ours may.
    fn other_words(&mut self) -> Result<Vec<String>> {
        let mut other = match self.other.take() {
            Some(other) => other,
            None => self.begin_other()?,
        };
        if !other.goes_on()? {
            self.mixed = Some(other.end()?);
            other = self.begin_other()?;
        }
        let words = talk_of(&other.dialog);
        self.other = Some(other);
        Ok(words)
    }

    fn begin_other(&mut self) -> Result<Talk> {
        let line = match self.mixed.take() {
            Some(line) => line,
            None => Line::open(MIXED, self.phones.world.sip, "UDP")?,
        };
        self.begun += 1;
        let id = format!("mixed{}", self.begun);
        Talk::begin(line, NOBODY, &id, Phase::Talking)
    }

    fn caller(&mut self, play: &mut Play, script: Script, transport: &'static str) -> Result<()> {
        let line = self
            .line
            .take()
            .filter(|line| line.transport() == transport);
        let mut line = match line {
            Some(line) => line,
            None => Line::open(ACCIDENTS, self.phones.world.sip, transport)?,
        };
        // An INVITE of its own: what becomes of it is its own affair.
        let first = Dialog::new(&format!("{}first", play.id), NOBODY, &line);
        line.talk.clear();
        line.spoil(&mutated(
            &plain(&first.invite("")),
            &play.other[0],
            &mut play.dice,
        ))?;
        let (number, phase) = match script {
            Script::GivesUp => (RINGS, Phase::Rung),
            Script::Talks | Script::Called => (NOBODY, Phase::Answered),
        };
        let mut talk = Talk::begin(line, number, &play.id, phase)?;
        let words = match script {
            Script::GivesUp => ringing_of(&talk.dialog),
            Script::Talks | Script::Called => talk_of(&talk.dialog),
        };
        play.say(&mut talk.line, words)?;
        self.phones.health.check()?;
        self.line = Some(talk.end()?);
        Ok(())
    }

    fn called(&mut self, play: &mut Play, transport: &'static str) -> Result<()> {
        let mut ring = self.phones.rings(Called::Invited, transport, &play.id)?;
        let words = phone_of(&ring.asked);
        play.say(&mut ring.phone, words)?;
        self.phones.register(&mut ring)?;
        ring.phone
            .say(&plain(&ring.asked.of_invite(200, &sdp("sendrecv"))))?;
        self.phones.health.check()?;
        self.phones.ends(ring)
    }
}

/// One dialog under way.
struct Play {
    dice: Dice,
    other: Vec<String>,
    id: String,
}

impl Play {
    /// Says these words, but for the accidents: one of three is damaged, and those of the whole may be doubled, lost or come
    /// in another order.
    fn say(&mut self, line: &mut Line, mut words: Vec<String>) -> Result<()> {
        let (one, two) = (self.dice.below(words.len()), self.dice.below(words.len()));
        match self.dice.below(6) {
            0 => words.swap(one, two),
            1 => words.insert(one, words[two].clone()),
            2 => drop(words.remove(one)),
            _ => {}
        }
        for text in words {
            if self.dice.one_of(3) {
                let other = &self.other[self.dice.below(self.other.len())];
                line.spoil(&mutated(&text, other, &mut self.dice))?;
            } else {
                line.say(&text)?;
            }
            line.catch_up()?;
        }
        Ok(())
    }
}

/// What a caller says to ringing.
fn ringing_of(dialog: &Dialog) -> Vec<String> {
    let mut dialog = dialog.clone();
    let prack = dialog.prack();
    dialog.names.cseq += 1;
    let update = dialog.inside("UPDATE", messages::TIMER, &sdp("sendonly"));
    [prack, update, dialog.cancel()]
        .map(|text| plain(&text))
        .into()
}

/// What a caller says from the answer on.
fn talk_of(dialog: &Dialog) -> Vec<String> {
    let mut dialog = dialog.clone();
    let mut words = vec![dialog.ack()];
    let bodies = [
        ("INVITE", messages::TIMER, sdp("sendonly")),
        ("INFO", messages::RELAY, messages::DIGIT.to_owned()),
        ("UPDATE", messages::TIMER, sdp("sendrecv")),
        ("REFER", messages::REFER, String::new()),
        ("NOTIFY", messages::NOTIFY, messages::FRAGMENT.to_owned()),
        ("OPTIONS", "", String::new()),
        ("BYE", messages::REASON, String::new()),
    ];
    for (method, extra, body) in bodies {
        words.push(dialog.inside(method, extra, &body));
        dialog.names.cseq += 1;
    }
    words.iter().map(|text| plain(text)).collect()
}

/// What a phone says that is called.
fn phone_of(asked: &Asked) -> Vec<String> {
    let mut asked = asked.clone();
    let mut words = vec![
        asked.of_invite(180, ""),
        asked.answer(183, messages::RELIABLE, &sdp("sendrecv")),
        asked.answer(200, messages::TIMER, &sdp("sendrecv")),
    ];
    for (method, extra, body) in [
        ("INVITE", messages::TIMER, sdp("sendonly")),
        ("INFO", messages::RELAY, messages::DIGIT.to_owned()),
        ("UPDATE", messages::TIMER, String::new()),
        ("BYE", messages::REASON, String::new()),
    ] {
        asked.cseq += 1;
        words.push(asked.inside(method, extra, &body));
    }
    words.iter().map(|text| plain(text)).collect()
}
