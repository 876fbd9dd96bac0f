//! The ladder of a call: who said what to whom and when, with what the switchboard did in between. Russian.
//!
//! [`Ladder::new`] finds the parties, folds repetitions and puts everything in order; [`text`], [`svg`] and [`json`]
//! draw it. Numbers of people are shortened everywhere.
pub mod json;
mod label;
pub mod svg;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use gudok_model::{Mono, Now};

use crate::mask::{hide_numbers, plain, shown, shown_private, withholds};
use crate::message::Kept;
pub use label::{Class, said};

/// A pause longer than this is drawn.
const PAUSE: Duration = Duration::from_secs(3);
/// Most parties with a column of their own; further ones share the last.
pub const PARTIES_MAX: usize = 12;

/// What a ladder is made of.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// What stands above it.
    pub title: String,
    /// And below that.
    pub subtitle: String,
    /// What the other end of a leg is called, by the leg's number.
    pub names: BTreeMap<u16, String>,
    /// Messages with their place in the journal.
    pub messages: Vec<(u64, Kept)>,
    /// What the switchboard did, with its place in the journal.
    pub notes: Vec<(u64, Note)>,
}

/// Something that happened and is no message.
#[derive(Clone, Debug)]
pub struct Note {
    /// When.
    pub now: Now,
    /// What.
    pub text: String,
}

/// Who speaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Party {
    /// A name.
    pub name: String,
    /// Where.
    pub address: String,
}

/// A call, drawn or not.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// What stands above it.
    pub title: String,
    /// And below that.
    pub subtitle: String,
    /// From left to right.
    pub parties: Vec<Party>,
    /// Which of them we are.
    pub us: usize,
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// When the first row was.
    pub start: Now,
}

/// One row.
#[derive(Clone, Debug)]
pub enum Row {
    /// A message.
    Arrow(Box<Arrow>),
    /// What the switchboard did.
    Note {
        /// When.
        now: Now,
        /// What.
        text: String,
    },
    /// Nothing for so long.
    Pause(Duration),
    /// So many messages were not kept.
    LeftOut(u32),
}

/// A message.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// When.
    pub now: Now,
    /// The number of the leg; none for what became no call.
    pub leg: Option<u16>,
    /// The other side, an index into [`Ladder::parties`].
    pub party: usize,
    /// We said it.
    pub sent: bool,
    /// As in Via.
    pub transport: &'static str,
    /// Method or status.
    pub label: String,
    /// What kind of word it is.
    pub class: Class,
    /// What it says of media, and why.
    pub details: String,
    /// When it was repeated.
    pub repeated: Vec<Mono>,
    /// The whole message as people may see it.
    pub text: String,
}

impl Ladder {
    /// In order of time, repetitions folded.
    pub fn new(story: &Story) -> Self {
        let mut parties = Parties::default();
        for (_, kept) in &story.messages {
            parties.find(kept, &story.names);
        }
        let (us, parties) = parties.in_order(&story.messages);
        let mut rows = arrows(story, &parties);
        rows.extend(story.notes.iter().map(|(seq, note)| {
            let text = hide_numbers(&plain(&note.text));
            let now = note.now;
            (now.mono, *seq, Row::Note { now, text })
        }));
        rows.sort_by_key(|(at, seq, _)| (*at, *seq));
        let start = rows.first().and_then(|(_, _, row)| row.now());
        let keys = parties.iter();
        Self {
            title: plain(&story.title),
            subtitle: hide_numbers(&plain(&story.subtitle)),
            parties: keys.map(|(_, party)| party.clone()).collect(),
            us,
            rows: with_pauses(rows),
            start: start.unwrap_or_default(),
        }
    }

    /// `+0,123`, `+1:02,345`: since the first row.
    pub fn since_start(&self, now: Now) -> String {
        let ms = now.mono.since(self.start.mono).as_millis();
        let (minutes, seconds, ms) = (ms / 60_000, ms / 1_000 % 60, ms % 1_000);
        match minutes {
            0 => format!("+{seconds},{ms:03}"),
            1..60 => format!("+{minutes}:{seconds:02},{ms:03}"),
            _ => format!("+{}:{:02}:{seconds:02},{ms:03}", minutes / 60, minutes % 60),
        }
    }
}

impl Row {
    fn now(&self) -> Option<Now> {
        match self {
            Self::Arrow(arrow) => Some(arrow.now),
            Self::Note { now, .. } => Some(*now),
            Self::Pause(_) | Self::LeftOut(_) => None,
        }
    }
}

impl Arrow {
    /// `×3 за 1,5 с`, or nothing.
    pub fn repetitions(&self) -> String {
        self.repeated.last().map_or_else(String::new, |last| {
            format!(
                "×{} за {}",
                self.repeated.len() + 1,
                seconds(last.since(self.now.mono))
            )
        })
    }
}

/// `1,5 с`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} с", time.as_secs_f64()).replace('.', ",")
}

/// Side of a party: leg, name, address.
type Key = (String, Option<SocketAddr>);

#[derive(Default)]
struct Parties {
    found: Vec<(Key, Party, bool)>,
}

impl Parties {
    fn find(&mut self, kept: &Kept, names: &BTreeMap<u16, String>) {
        let key = key_of(kept, names);
        if self.found.iter().any(|(known, ..)| *known == key) {
            return;
        }
        let caller = kept.leg.is_none_or(|leg| leg.is_caller());
        if self.found.len() + 1 >= PARTIES_MAX {
            return;
        }
        let party = Party {
            name: plain(&key.0),
            address: format!("{} {}", kept.transport, canonical(kept.remote)),
        };
        self.found.push((key, party, caller));
    }

    /// The caller's side, we, the others.
    fn in_order(self, messages: &[(u64, Kept)]) -> (usize, Vec<(Key, Party)>) {
        let (left, right): (Vec<_>, Vec<_>) =
            self.found.into_iter().partition(|(.., caller)| *caller);
        let us = left.len();
        let address = messages
            .first()
            .map(|(_, kept)| canonical(kept.local).to_string());
        let own = Party {
            name: "гудок".to_owned(),
            address: address.unwrap_or_default(),
        };
        let own = ((String::new(), None), own);
        let strip = |(key, party, _): (Key, Party, bool)| (key, party);
        let all = left
            .into_iter()
            .map(strip)
            .chain([own])
            .chain(right.into_iter().map(strip));
        (us, all.collect())
    }
}

fn key_of(kept: &Kept, names: &BTreeMap<u16, String>) -> Key {
    let index = kept.leg.map_or(0, |leg| leg.index);
    let name = names.get(&index).cloned();
    let name = name.unwrap_or_else(|| {
        if index == 0 {
            "звонящий".to_owned()
        } else {
            format!("плечо {index}")
        }
    });
    (name, Some(canonical(kept.remote)))
}

fn canonical(side: SocketAddr) -> SocketAddr {
    SocketAddr::new(side.ip().to_canonical(), side.port())
}

fn arrows(story: &Story, parties: &[(Key, Party)]) -> Vec<(Mono, u64, Row)> {
    let mut rows: Vec<(Mono, u64, Row)> = Vec::new();
    let mut seen: BTreeMap<(bool, SocketAddr, &[u8]), usize> = BTreeMap::new();
    let mut messages: Vec<&(u64, Kept)> = story.messages.iter().collect();
    messages.sort_by_key(|(seq, kept)| (kept.now.mono, *seq));
    // Answers and goodbyes name the caller, and do not say that it is private.
    let private: BTreeSet<_> = messages
        .iter()
        .filter(|(_, kept)| withholds(&kept.bytes))
        .map(|(_, kept)| kept.leg)
        .collect();
    for (seq, kept) in messages {
        if kept.left_out > 0 {
            rows.push((kept.now.mono, 0, Row::LeftOut(kept.left_out)));
        }
        let same = (kept.sent, kept.remote, &*kept.bytes);
        if let Some(Row::Arrow(arrow)) = seen
            .get(&same)
            .and_then(|at| rows.get_mut(*at))
            .map(|row| &mut row.2)
        {
            arrow.repeated.push(kept.now.mono);
            continue;
        }
        seen.insert(same, rows.len());
        let key = key_of(kept, &story.names);
        // Further parties share the last column that is not ours: we speak to nobody but others.
        let party = parties.iter().position(|(known, _)| *known == key);
        let shared = || parties.iter().rposition(|((_, side), _)| side.is_some());
        let words = label::of(&kept.bytes);
        let arrow = Arrow {
            now: kept.now,
            leg: kept.leg.map(|leg| leg.index),
            party: party.or_else(shared).unwrap_or_default(),
            sent: kept.sent,
            transport: kept.transport,
            label: words.label,
            class: words.class,
            details: words.details,
            repeated: Vec::new(),
            text: if private.contains(&kept.leg) {
                shown_private(&kept.bytes)
            } else {
                shown(&kept.bytes)
            },
        };
        rows.push((kept.now.mono, *seq, Row::Arrow(Box::new(arrow))));
    }
    rows
}

fn with_pauses(rows: Vec<(Mono, u64, Row)>) -> Vec<Row> {
    let mut drawn: Vec<Row> = Vec::with_capacity(rows.len());
    let mut last: Option<Mono> = None;
    for (at, _, row) in rows {
        let pause = last
            .map(|last| at.since(last))
            .filter(|pause| *pause > PAUSE);
        drawn.extend(pause.map(Row::Pause));
        last = Some(at);
        drawn.push(row);
    }
    drawn
}

#[cfg(test)]
pub(crate) mod tests;
