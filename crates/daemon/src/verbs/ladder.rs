//! `gudok ladder`: what was said on a call over SIP, from the journal, with what the switchboard did in between.
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use gudok_journal::{Record, Seq, segment};
use gudok_model::{CallEvent, CallId};
use gudok_store::Found;
use gudok_trace::ladder::{self, Ladder, Note, Story};
use gudok_trace::{Kept, Seen, Start, Verb, keeper, mask, pcap, peek};

use super::calls::date_time;
use super::{block_on, open};
use crate::cli;
use crate::config::Config;
use crate::records::{self, BOOT, Entry, FACT, FLOOR, MEASURED, MESSAGE};
use crate::{on_floor, said, session, story};

/// Records before the call's first fact among which its INVITE is looked for: it is written in the same turn.
const BEFORE: u64 = 1_024;
/// How long after the end of a call its last messages are looked for: when they are forgotten they are written, once a
/// second.
const AFTER: Duration = keeper::LINGER.saturating_add(Duration::from_secs(20));
/// Columns where nobody says how many there are.
const WIDTH: usize = 120;
/// Files of the journal in which refused INVITEs are looked for: the last ones, of 64 MiB each, hours of a busy line.
const RECENT_SEGMENTS: usize = 32;
/// Parties whose words of their ends stand in the head: the first ones, of a call with hundreds of legs.
const REASONS_MAX: usize = 3;
/// Refused INVITEs that are listed: the last ones.
const REFUSED_MAX: usize = 100;

pub(crate) fn ladder(config: &Path, arguments: &cli::Ladder) -> anyhow::Result<ExitCode> {
    let Some(name) = arguments.call.as_ref().filter(|_| !arguments.refused) else {
        return refused(config);
    };
    let (config, found) = block_on(async {
        let (config, store) = open(config).await?;
        let call = match store.find_call(name).await? {
            Found::One(call) => call,
            Found::None => return Ok((config, None)),
            Found::Many => bail!("таких вызовов несколько: напишите больше знаков"),
        };
        let told = store.call(call).await?;
        let first = told.and_then(|told| told.events.first().map(|event| event.seq));
        let first = first.and_then(|seq| u64::try_from(seq).ok());
        Ok((config, Some((call, first.unwrap_or_default()))))
    })?;
    let mut story = match found {
        Some((call, first)) => of_call(&config, call, first),
        None => of_refused(&config.paths.journal, name).with_context(|| {
            let where_looked = looked_at(&config.paths.journal);
            format!("нет вызова, номер которого начинается с «{name}», и нет отказанного INVITE с таким Call-ID{where_looked}")
        })?,
    };
    if story.messages.is_empty() {
        bail!(
            "в журнале нет сообщений этого вызова: он старше paths.journal_keep, ещё не записан на диск или шёл при [journal] sip = false"
        );
    }
    be_where_we_are_seen(&config, &mut story);
    show(&story, arguments)
}

fn show(story: &Story, arguments: &cli::Ladder) -> anyhow::Result<ExitCode> {
    let ladder = Ladder::new(story);
    let write = |path: &Path, bytes: &[u8]| {
        let written = std::fs::write(path, bytes);
        written.with_context(|| format!("{} не записывается", path.display()))?;
        say!("записан {}", path.display());
        anyhow::Ok(())
    };
    if let Some(path) = &arguments.svg {
        write(path, ladder::svg::draw(&ladder, arguments.full).as_bytes())?;
    }
    if let Some(path) = &arguments.pcap {
        let mut messages: Vec<&Kept> = story.messages.iter().map(|(_, kept)| kept).collect();
        messages.sort_by_key(|kept| kept.now.mono);
        write(path, &pcap::capture(messages.into_iter().map(Kept::seen)))?;
    }
    if arguments.json {
        say!("{}", ladder::json::draw(&ladder, arguments.full));
    } else if arguments.svg.is_none() && arguments.pcap.is_none() {
        let style = ladder::text::Style {
            width: width(),
            colour: std::io::stdout().is_terminal(),
            full: arguments.full,
        };
        say!("{}", ladder::text::draw(&ladder, style).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// The terminal's, or `COLUMNS`.
fn width() -> usize {
    let said = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let asked = || {
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    };
    said.or_else(asked).unwrap_or(WIDTH)
}

/// Everything the journal has of a call.
pub(crate) fn of_call(config: &Config, call: CallId, first: u64) -> Story {
    let mut reading = Reading::new(call);
    let from = Seq(first.saturating_sub(BEFORE));
    for record in records::records(&config.paths.journal, from) {
        if reading.take(&record, first).is_none() {
            break;
        }
    }
    let session_id = reading.session_id();
    let Reading { mut story, .. } = reading;
    let begun = story.messages.first().map(|(_, kept)| kept.now.wall.0);
    let begun = begun.map_or_else(String::new, |at| format!(" · {}", date_time(at)));
    story.title = format!("Вызов {call}{begun}{session_id}");
    story
}

struct Reading {
    call: CallId,
    /// How the call is named in facts.
    needle: String,
    story: Story,
    /// How many parties' words of their ends the head holds.
    reasons: usize,
    /// The number of the Session-ID that the caller's side said, and whether anybody was rung.
    session_id: Option<String>,
    rings: bool,
    /// When it had ended.
    ended: Option<gudok_model::Mono>,
}

impl Reading {
    fn new(call: CallId) -> Self {
        Self {
            call,
            needle: call.to_string(),
            story: Story::default(),
            reasons: 0,
            session_id: None,
            rings: false,
            ended: None,
        }
    }

    /// By what it is found in the logs of others, for the head.
    fn session_id(&self) -> String {
        let ours = || self.rings.then(|| session::of(self.call).own_number());
        let id = self.session_id.clone().or_else(ours);
        id.map_or_else(String::new, |id| format!(" · Session-ID {id}"))
    }

    /// None: nothing more can come.
    fn take(&mut self, record: &Record, first: u64) -> Option<()> {
        match record.kind {
            // The clock began anew; what came before the call is another run's.
            BOOT if record.seq.0 > first => return None,
            BOOT => {
                self.story.messages.clear();
            }
            MESSAGE => {
                let Some(seen) = Seen::read(&record.payload) else {
                    return Some(());
                };
                if seen.leg.is_some_and(|leg| leg.call == self.call) {
                    self.story.messages.push((record.seq.0, seen.kept()));
                } else if self
                    .ended
                    .is_some_and(|ended| seen.now.mono.since(ended) > AFTER)
                {
                    return None;
                }
            }
            FACT | MEASURED => self.fact(record),
            FLOOR => self.floor(record),
            _ => {}
        }
        Some(())
    }

    /// What an operator does with this very call.
    fn floor(&mut self, record: &Record) {
        if memchr::memmem::find(&record.payload, self.needle.as_bytes()).is_none() {
            return;
        }
        let Some(Entry::Floor { now, event }) = records::decode(record) else {
            return;
        };
        if event.call() == Some(self.call)
            && let Some(text) = on_floor::caption(&event)
        {
            self.story.notes.push((record.seq.0, Note { now, text }));
        }
    }

    fn fact(&mut self, record: &Record) {
        if memchr::memmem::find(&record.payload, self.needle.as_bytes()).is_none() {
            return;
        }
        let Some(Entry::Fact(fact) | Entry::Measured(fact)) = records::decode(record) else {
            return;
        };
        if fact.call != self.call {
            return;
        }
        match &fact.event {
            CallEvent::Arrived {
                trunk,
                caller,
                dialled,
                session_id,
                ..
            } => {
                self.session_id.clone_from(session_id);
                self.story.names.insert(0, trunk.to_string());
                // Without the plan's generation, in which a run of digits would be starred as somebody's number.
                self.story.subtitle = story::arrival(trunk, caller, dialled);
            }
            CallEvent::Dialled { by, number, .. } => {
                let who = by.as_ref().map_or("очередь", |by| by.as_str());
                self.story.subtitle = format!("звоним мы: {who} — на {}", number.masked());
            }
            CallEvent::LegDialled {
                leg,
                operator,
                number,
            } => {
                self.rings = true;
                let name = operator
                    .as_ref()
                    .map(|operator| format!("оператор {operator}"));
                let name = name.or_else(|| number.as_ref().map(|number| number.masked()));
                self.story.names.insert(
                    leg.index,
                    name.unwrap_or_else(|| format!("плечо {}", leg.index)),
                );
            }
            CallEvent::LegEnded {
                leg,
                said: Some(said),
                ..
            } if self.reasons < REASONS_MAX => {
                self.reasons += 1;
                let said = format!(" · плечо {}: {}", leg.index, said::told(said));
                self.story.subtitle.push_str(&said);
            }
            CallEvent::Ended { .. } => self.ended = Some(fact.now.mono),
            _ => {}
        }
        if let Some(text) = story::caption(&fact.event) {
            let now = fact.now;
            self.story.notes.push((record.seq.0, Note { now, text }));
        }
    }
}

/// Where the looking for refused INVITEs begins, and whether something lies before that.
pub(super) fn recent(journal: &Path) -> (Seq, bool) {
    let segments = segment::list(journal).unwrap_or_default();
    let passed = segments.len().saturating_sub(RECENT_SEGMENTS);
    let first = segments.get(passed).map_or(Seq(0), |first| first.first);
    (first, passed > 0)
}

/// Said where not all of the journal was looked at.
fn looked_at(journal: &Path) -> String {
    match recent(journal) {
        (_, true) => format!(" (смотрели последние файлы журнала: {RECENT_SEGMENTS})"),
        (_, false) => String::new(),
    }
}

/// Messages of INVITEs that became no call, of late.
fn strays(journal: &Path) -> impl Iterator<Item = (u64, Kept)> {
    let messages =
        records::records(journal, recent(journal).0).filter(|record| record.kind == MESSAGE);
    messages.filter_map(|record| {
        let seen = Seen::read(&record.payload)?;
        seen.leg.is_none().then(|| (record.seq.0, seen.kept()))
    })
}

fn call_id_of(kept: &Kept) -> String {
    let call_id = peek(&kept.bytes).map_or(&b""[..], |peeked| peeked.call_id);
    String::from_utf8_lossy(call_id).into_owned()
}

/// By the Call-ID, or by it as it is listed: the last one then.
fn of_refused(journal: &Path, call_id: &str) -> Option<Story> {
    let messages = strays(journal).map(|(seq, kept)| (call_id_of(&kept), (seq, kept)));
    let found: Vec<(String, (u64, Kept))> = messages
        .filter(|(own, _)| own == call_id || listed(own) == call_id)
        .collect();
    let exact = found.iter().find(|(own, _)| own == call_id);
    let own = exact.or(found.last())?.0.clone();
    let messages = found.into_iter().filter(|(other, _)| *other == own);
    let messages: Vec<(u64, Kept)> = messages.map(|(_, message)| message).collect();
    let at = messages.first()?.1.now.wall.0;
    Some(Story {
        title: format!("INVITE, который не стал вызовом · {}", date_time(at)),
        subtitle: String::new(),
        names: BTreeMap::from([(0, "транк".to_owned())]),
        messages,
        notes: Vec::new(),
    })
}

/// On one line, without anybody's number.
fn listed(call_id: &str) -> String {
    mask::hide_in_word(&mask::plain(call_id))
}

/// The words of a Warning, where a refusal has one: `  «trunk limit: calls»`.
fn why(refusal: &[u8]) -> String {
    let warning = ladder::said(refusal, "Warning").unwrap_or_default();
    let words = warning.split('"').nth(1);
    words.map_or_else(String::new, |words| format!("  «{words}»"))
}

/// When, from where, the refusal and why, the Call-ID.
fn refused(config: &Path) -> anyhow::Result<ExitCode> {
    let config = crate::config::read(config)?;
    let mut lines = std::collections::VecDeque::new();
    for (_, kept) in strays(&config.paths.journal) {
        let Some(Start::Response(status)) = peek(&kept.bytes)
            .filter(|peeked| peeked.verb == Verb::Invite)
            .map(|peeked| peeked.start)
        else {
            continue;
        };
        if status < 300 {
            continue;
        }
        if lines.len() == REFUSED_MAX {
            lines.pop_front();
        }
        let at = date_time(kept.now.wall.0);
        let call_id = listed(&call_id_of(&kept));
        let why = why(&kept.bytes);
        lines.push_back(format!("{at}  {}  {status}{why}  {call_id}", kept.remote));
    }
    lines.iter().for_each(|line| say!("{line}"));
    let looked_at = looked_at(&config.paths.journal);
    if !looked_at.is_empty() {
        say!("{}", looked_at.trim_start());
    }
    Ok(ExitCode::SUCCESS)
}

/// A socket that listens on all addresses has none of its own: we are where the others see us.
fn be_where_we_are_seen(config: &Config, story: &mut Story) {
    for (_, kept) in &mut story.messages {
        let v6 = kept.remote.ip().to_canonical().is_ipv6();
        if kept.local.ip().is_unspecified()
            && let Some(own) = config.advertised(v6)
        {
            kept.local = SocketAddr::new(own, kept.local.port());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_invites_are_looked_for_in_the_last_files_of_the_journal() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = |from: usize, to: usize| {
            for first in from..to {
                let path = segment::path(folder.path(), Seq(first as u64));
                std::fs::write(path, b"").expect("written");
            }
        };
        files(0, RECENT_SEGMENTS);
        assert_eq!(recent(folder.path()), (Seq(0), false));
        assert_eq!(looked_at(folder.path()), "");
        files(RECENT_SEGMENTS, RECENT_SEGMENTS + 5);
        assert_eq!(recent(folder.path()), (Seq(5), true));
        assert!(looked_at(folder.path()).contains("32"));
    }
}
