//! What the DNS last said of the carriers' names, from one run to the next: a file beside the database. A start while the DNS
//! is down then still knows who may call us, and where calls go.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gudok_dns::{FOUND_MAX, Found, Known, Question, STALE_MAX};
use gudok_model::Wall;
use gudok_sip::endpoint::Transport;
use gudok_sip::trunk::Rank;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::config::Config;
use crate::plain;

/// What is written today; of another version nothing is read.
const VERSION: u32 = 1;
/// Longest file that is read. Bytes; a name of sixteen addresses takes 1.5 kB.
const FILE_MAX: u64 = 1024 * 1024;
/// Most names that are written.
const NAMES_MAX: usize = 512;
/// How far a clock may have gone back for an answer to count as of now.
const AHEAD_MAX: Duration = Duration::from_secs(3_600);
/// An answer that says nothing new is written down again so long after the last: a day's age is told by it.
const AGAIN: Duration = Duration::from_secs(600);

/// The last answer to each question.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    answers: Mutex<BTreeMap<Question, Answer>>,
    changed: Notify,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Answer {
    at: Wall,
    found: Vec<Found>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Written {
    version: u32,
    names: Vec<Name>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Name {
    name: String,
    port: Option<u16>,
    transport: Option<Way>,
    any_service: bool,
    at: Wall,
    found: Vec<Place>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Place {
    transport: Way,
    address: SocketAddr,
    priority: u16,
    weight: u16,
}

/// How carriers are spoken to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    Udp,
    Tcp,
    Tls,
}

impl Kept {
    /// What an earlier run found for these questions, as far as it is younger than a day. A file that cannot be used keeps
    /// no hotline from starting: it is told, and the DNS is asked as on the first day.
    pub(crate) fn at_start(path: &Path, questions: &[Question], now: Wall) -> Arc<Self> {
        let mut answers = read(path).unwrap_or_else(|error| {
            tracing::warn!(%error, path = %path.display(), "dns: what the last run found is not readable: the names are asked for anew");
            BTreeMap::new()
        });
        answers.retain(|question, it| questions.contains(question) && it.age(now) < STALE_MAX);
        Arc::new(Self {
            answers: Mutex::new(answers),
            changed: Notify::new(),
        })
    }

    /// All of it, for the start.
    pub(crate) fn all(&self) -> Vec<(Question, Vec<Found>)> {
        let of = |(question, it): (&Question, &Answer)| (question.clone(), it.found.clone());
        self.locked().iter().map(of).collect()
    }

    /// What is known of a question.
    pub(super) fn known(&self, question: &Question, now: Wall) -> Known {
        let answers = self.locked();
        answers
            .get(question)
            .map_or_else(Known::default, |it| Known {
                found: it.found.clone(),
                age: it.age(now),
            })
    }

    /// An answer that is in force now.
    pub(super) fn is_good(&self, question: &Question, found: &[Found], now: Wall) {
        let mut answers = self.locked();
        let known = answers.get(question);
        if known.is_some_and(|it| it.found == found && it.age(now) < AGAIN) {
            return;
        }
        let found = found.to_vec();
        answers.insert(question.clone(), Answer { at: now, found });
        self.changed.notify_one();
    }

    /// Writes down what changes, as long as the office works.
    pub(super) async fn write(self: Arc<Self>, path: PathBuf) {
        loop {
            self.changed.notified().await;
            let written = Written::of(&self.locked());
            let (names, path) = (written.names.len(), path.clone());
            let done = tokio::task::spawn_blocking(move || written.put(&path)).await;
            match done {
                Ok(Ok(())) => tracing::debug!(names, "dns: written down for the next start"),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "dns: not written down: a start without the DNS would know less");
                }
                // The runtime ends.
                Err(_) => return,
            }
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<Question, Answer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    /// A clock that went back a little makes nothing old; what is of a day to come, nobody knows how old it is.
    fn age(&self, now: Wall) -> Duration {
        let ago = now.0.saturating_sub(self.at.0);
        match u64::try_from(ago) {
            Ok(micros) => Duration::from_micros(micros),
            Err(_) if Duration::from_micros(ago.unsigned_abs()) > AHEAD_MAX => Duration::MAX,
            Err(_) => Duration::ZERO,
        }
    }
}

impl Written {
    fn of(answers: &BTreeMap<Question, Answer>) -> Self {
        let name = |(question, answer): (&Question, &Answer)| {
            Some(Name {
                name: question.name.clone(),
                port: question.port,
                transport: match question.transport {
                    Some(transport) => Some(Way::of(transport)?),
                    None => None,
                },
                any_service: question.any_service,
                at: answer.at,
                found: answer.found.iter().filter_map(Place::of).collect(),
            })
        };
        let names = answers.iter().filter_map(name).take(NAMES_MAX).collect();
        Self {
            version: VERSION,
            names,
        }
    }

    /// In the place of what was there, whole or not at all.
    fn put(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("names-new");
        let mut file = File::create(&beside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    }
}

impl Name {
    fn answer(self) -> (Question, Answer) {
        let question = Question {
            name: self.name,
            port: self.port,
            transport: self.transport.map(Way::transport),
            any_service: self.any_service,
        };
        let found = self.found.into_iter().take(2 * FOUND_MAX);
        let found = found.map(Place::found).collect();
        (question, Answer { at: self.at, found })
    }
}

impl Place {
    fn of(found: &Found) -> Option<Self> {
        Some(Self {
            transport: Way::of(found.transport)?,
            address: found.address,
            priority: found.rank.priority,
            weight: found.rank.weight,
        })
    }

    fn found(self) -> Found {
        Found {
            transport: self.transport.transport(),
            address: self.address,
            rank: Rank {
                priority: self.priority,
                weight: self.weight,
            },
        }
    }
}

impl Way {
    fn of(transport: Transport) -> Option<Self> {
        match transport {
            Transport::Udp => Some(Self::Udp),
            Transport::Tcp => Some(Self::Tcp),
            Transport::Tls => Some(Self::Tls),
            // Browsers' alone.
            Transport::Ws | Transport::Wss => None,
        }
    }

    fn transport(self) -> Transport {
        match self {
            Self::Udp => Transport::Udp,
            Self::Tcp => Transport::Tcp,
            Self::Tls => Transport::Tls,
        }
    }
}

/// Where it lies.
pub(crate) fn path(config: &Config) -> PathBuf {
    config.paths.database.with_extension("names")
}

fn read(path: &Path) -> io::Result<BTreeMap<Question, Answer>> {
    let text = match plain::read(path, FILE_MAX) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let written: Written = serde_json::from_slice(&text)?;
    if written.version != VERSION {
        return Err(io::Error::other(format!("of version {}", written.version)));
    }
    Ok(written.names.into_iter().map(Name::answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(name: &str) -> Question {
        Question {
            name: name.to_owned(),
            port: None,
            transport: Some(Transport::Tcp),
            any_service: false,
        }
    }

    fn found(last: u8) -> Found {
        Found {
            transport: Transport::Tcp,
            address: ([10, 0, 0, last], 5060).into(),
            rank: Rank {
                priority: 7,
                weight: 3,
            },
        }
    }

    fn after(hours: i64) -> Wall {
        Wall(1_700_000_000_000_000 + hours * 3_600_000_000)
    }

    #[test]
    fn what_is_written_is_known_at_the_next_start_for_a_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gudok.names");
        let questions = [question("a.example"), question("b.example")];
        let kept = Kept::at_start(&path, &questions, after(0));
        assert!(kept.all().is_empty(), "the first day");
        kept.is_good(&questions[0], &[found(1), found(2)], after(0));
        kept.is_good(&questions[1], &[found(3)], after(2));
        let put = || Written::of(&kept.locked()).put(&path);
        put().expect("written");
        put().expect("and again in its place");
        let files = std::fs::read_dir(&folder).expect("a folder");
        assert_eq!(files.count(), 1);
        let at = |hours| Kept::at_start(&path, &questions, after(hours)).all();
        let first = (questions[0].clone(), vec![found(1), found(2)]);
        let second = (questions[1].clone(), vec![found(3)]);
        assert_eq!(at(23), [first.clone(), second.clone()]);
        assert_eq!(at(24), [second], "younger than a day alone");
        assert_eq!(
            at(-1),
            std::slice::from_ref(&first),
            "a clock that went back a little"
        );
        assert_eq!(at(-2), [], "of a time to come, nobody knows how old");
        let others = Kept::at_start(&path, &questions[..1], after(3));
        assert_eq!(others.all(), [first], "nobody asks for the other");
        let age = others.known(&questions[0], after(3)).age;
        assert_eq!(age, Duration::from_secs(3 * 3_600));
        assert_eq!(others.known(&questions[1], after(3)), Known::default());
    }

    #[test]
    fn the_same_answer_is_written_down_again_only_when_it_would_grow_old() {
        let (kept, asked) = (Kept::default(), question("a.example"));
        let at = |kept: &Kept| kept.locked()[&asked].at;
        kept.is_good(&asked, &[found(1)], after(0));
        kept.is_good(&asked, &[found(1)], Wall(after(0).0 + 1));
        assert_eq!(at(&kept), after(0));
        kept.is_good(&asked, &[found(1)], after(1));
        assert_eq!(at(&kept), after(1));
        kept.is_good(&asked, &[found(2)], Wall(after(1).0 + 1));
        assert_eq!(at(&kept), Wall(after(1).0 + 1), "news are news");
    }

    #[test]
    fn a_file_that_is_spoilt_or_of_another_version_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gudok.names");
        let other = r#"{"version":2,"names":[]}"#;
        for spoilt in ["", "{", "\0\0\0", other] {
            std::fs::write(&path, spoilt).expect("written");
            assert!(read(&path).is_err(), "{spoilt}");
            let kept = Kept::at_start(&path, &[question("a.example")], after(0));
            assert!(kept.all().is_empty(), "{spoilt}");
        }
    }
}
