//! The admin's door to a running daemon: a socket in the file system, for our own user alone. One line in, text out.
use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gudok_model::{CallId, OperatorId};
use gudok_store::Store;
use gudok_switchboard::{AttackMode, Speaker};
use gudok_web::{Reader, RefusalWish, Requests as _, WordAbout};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::asking::Asking;
use crate::changes::{Change, Told, Wanted};
use crate::clock::wall;
use crate::config::Config;
use crate::hotline::Order;
use crate::hotline::directed::{Came, Said};
use crate::hotline::schedules::{Kept, Wish, one_line};
use crate::metrics::Metrics;
use crate::reload::tell_gaps;
use crate::serve::until;
use crate::shifts;

/// Longest request: a schedule's name, who and why. Bytes.
const REQUEST_MAX: usize = 4_096;
/// What an answer begins with that is none.
pub(crate) const REFUSED: &str = "отказ: ";
/// What a request begins with that is a [`Say`] about a request or a customer, as JSON; so is the answer.
pub(crate) const SAY: &str = "say ";
/// What a request begins with that is a word about people and queues, as JSON: who says it, and `cmd` and `args` of `cti.v1`.
pub(crate) const DIRECT: &str = "direct ";
/// Longest a request may take to come, and its answer to be read; one is served at a time.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long whoever sets something by hand waits for the database; then the answer says that it is not written yet. Twice
/// that is less than [`PATIENCE`]: for what was set before and for this.
pub(crate) const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// Longest a command waits for a plan to be read, tested and proved, with others before it.
const PLAN_PATIENCE: Duration = Duration::from_secs(60);

/// Longest answer that is read. Bytes.
const ANSWER_MAX: u64 = 4 << 20;
/// After a connection could not be taken.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The attack modes by the words of requests and of the database.
pub(crate) const ATTACK_MODES: [(&str, AttackMode); 3] = [
    ("auto", AttackMode::Auto),
    ("on", AttackMode::On),
    ("off", AttackMode::Off),
];

/// What may be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ask {
    /// Who is not listened to.
    Bans,
    /// Listen to this address again.
    Lift(IpAddr),
    /// How it stands with the attack mode, after setting it where a mode is given.
    Attack(Option<AttackMode>),
    /// Who withholds the number and is blocked.
    Blocks,
    /// What the lines have cost.
    Cost,
    /// The new INVITEs of a trunk and of strangers since this asker asked last; the first question begins it.
    Tap {
        /// Drawn by the one who asks: one at a time is served.
        asker: u64,
        /// Its name.
        trunk: String,
    },
    /// Which phones are registered, and what they are taken for.
    Phones,
    /// How the schedules stand.
    Schedules,
    /// Who is on duty, as JSON.
    Rosters,
    /// The wall as this operator sees it, or as an admin does; JSON, or nothing where they have none.
    Wall(Option<OperatorId>),
    /// For which groups this operator works now; a JSON array.
    Groups(OperatorId),
    /// Who is there and who waits, as `gudok simulate --state` reads it.
    State,
    /// A word about people and queues; answered with a [`Came`] as JSON.
    Direct(Said),
}

impl Ask {
    fn parse(line: &str) -> Option<Self> {
        if let Some(rest) = line.strip_prefix("tap ") {
            let (asker, trunk) = rest.trim_end().split_once(' ')?;
            return Some(Self::Tap {
                asker: asker.parse().ok()?,
                trunk: trunk.to_owned(),
            });
        }
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        Some(match words.as_slice() {
            ["bans"] => Self::Bans,
            ["lift", address] => Self::Lift(address.parse().ok()?),
            ["cost"] => Self::Cost,
            ["blocks"] => Self::Blocks,
            ["phones"] => Self::Phones,
            ["schedules"] => Self::Schedules,
            ["rosters"] => Self::Rosters,
            ["state"] => Self::State,
            ["wall"] => Self::Wall(None),
            ["attack"] => Self::Attack(None),
            ["attack", word] => {
                let known = ATTACK_MODES.iter().find(|(it, _)| it == word);
                Self::Attack(Some(known?.1))
            }
            _ => return None,
        })
    }
}

/// What is said of a request or of a customer, and by whom.
#[derive(Serialize, Deserialize)]
pub(crate) struct Say {
    /// Whoever is at the machine, as an admin; whose phone is to ring, where somebody takes it.
    #[serde(with = "reader")]
    pub by: Reader,
    /// Of what.
    pub of: Of,
}

/// Of what something is said.
#[derive(Serialize, Deserialize)]
pub(crate) enum Of {
    /// A request by its number.
    Request { request: i64, word: Spoken },
    /// Whom not to call, or to call again.
    Customer { wish: RefusalWish, lift: bool },
}

/// The words of requests.
#[derive(Serialize, Deserialize)]
pub(crate) enum Spoken {
    Take,
    Later { at: i64 },
    Cancel { note: String },
    Done { note: String },
    Refuse { note: String },
}

impl Spoken {
    fn about(self) -> WordAbout {
        match self {
            Self::Take => WordAbout::Take,
            Self::Later { at } => WordAbout::Later { at },
            Self::Cancel { note } => WordAbout::Cancel { note },
            Self::Done { note } => WordAbout::Done { note },
            Self::Refuse { note } => WordAbout::Refuse { note },
        }
    }
}

/// Who sits at the machine is an admin: its socket is for our own user alone.
mod reader {
    use gudok_model::Role;
    use gudok_web::Reader;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(by: &Reader, to: S) -> Result<S::Ok, S::Error> {
        (by.operator.as_str(), by.project.as_str()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Reader, D::Error> {
        let (operator, project) = <(String, String)>::deserialize(from)?;
        Ok(Reader {
            operator: operator.as_str().into(),
            project: project.as_str().into(),
            role: Role::Admin,
        })
    }
}

/// A word about people and queues, as it comes.
#[derive(Deserialize)]
struct Wanting {
    who: String,
    cmd: String,
    args: Value,
}

impl Wanting {
    /// None: not to be understood.
    fn said(self) -> Option<Said> {
        let by = Speaker::Admin(one_line(&self.who)?.into());
        let directive = gudok_cti::directive(&self.cmd, self.args).ok()?;
        Some(Said { by, directive })
    }
}

/// Where the socket is: beside the database.
pub(crate) fn path(config: &Config) -> PathBuf {
    config.paths.database.with_extension("sock")
}

/// The socket is there at once, so that who is told of the daemon reaches it; it is served until the daemon stops. Without it
/// the daemon works all the same: the log says so.
pub(crate) fn serve(
    path: PathBuf,
    orders: mpsc::Sender<Order>,
    (store, asking): (Store, Arc<Asking>),
    blocks: PathBuf,
    changes: mpsc::Sender<Wanted>,
    (office, metrics): (Handle, Metrics),
    stopped: watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let listener = listen(&path);
    let room = Room {
        orders,
        store,
        blocks,
        changes,
        writing: Arc::default(),
        office,
        metrics,
        asking,
    };
    async move {
        let Some(listener) = listener else {
            return;
        };
        let serve = async {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        if let Err(error) = room.answer(stream).await {
                            tracing::warn!(%error, "control socket: a request is left without an answer");
                        }
                    }
                    // Mostly no file descriptor is left: at once it would fail again, and cost the desks their thread.
                    Err(error) => {
                        tracing::debug!(%error, "control socket");
                        tokio::time::sleep(ACCEPT_AGAIN).await;
                    }
                }
            }
        };
        tokio::select! {
            () = serve => {}
            () = until(stopped) => {}
        }
        let _ = std::fs::remove_file(&path);
    }
}

/// None, and a word in the log, where there can be no socket.
fn listen(path: &Path) -> Option<UnixListener> {
    // What a killed daemon left; a living one of the same folder has been refused by its journal.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path);
    listener
        .inspect_err(|error| {
            tracing::warn!(%error, path = %path.display(), "no control socket: `gudok bans`, `gudok attack`, `gudok schedule` and `gudok cost` cannot reach us");
        })
        .ok()
}

/// What requests are served with.
struct Room {
    orders: mpsc::Sender<Order>,
    store: Store,
    /// Where it is written who is blocked.
    blocks: PathBuf,
    changes: mpsc::Sender<Wanted>,
    /// Held while something is written down, so that it comes in the order of the orders.
    writing: Arc<Mutex<()>>,
    /// Where a proof may take its time.
    office: Handle,
    metrics: Metrics,
    /// What is said of requests goes the way of the pages.
    asking: Arc<Asking>,
}

impl Room {
    /// Waits for the one who asks, never long; what was ordered is carried through whether or not somebody waits.
    async fn answer(&self, mut stream: UnixStream) -> anyhow::Result<()> {
        let line = timeout(PATIENCE, request(&mut stream)).await??;
        if let Some(change) = line.strip_prefix("plan ") {
            return self.plan(change, stream);
        }
        let told = self.told(&line).await?;
        timeout(PATIENCE, stream.write_all(&told)).await??;
        Ok(())
    }

    async fn told(&self, line: &str) -> anyhow::Result<Vec<u8>> {
        if let Some(wish) = line.strip_prefix("schedule ") {
            let told = match serde_json::from_str(wish) {
                Ok(wish) => self.schedule(wish).await?,
                Err(_) => format!("{REFUSED}непонятный запрос\n"),
            };
            return Ok(told.into_bytes());
        }
        if let Some(wish) = line.strip_prefix("accept ") {
            let told = match serde_json::from_str(wish) {
                Ok(wish) => match shifts::accept(&self.orders, &self.store, wish).await? {
                    Ok(told) => told,
                    Err(why) => format!("{REFUSED}{}\n", why.text),
                },
                Err(_) => format!("{REFUSED}непонятный запрос\n"),
            };
            return Ok(told.into_bytes());
        }
        if let Some((call, span)) = blocks(line) {
            return Ok(self.block(call, span).await?.into_bytes());
        }
        if let Some(said) = line.strip_prefix(SAY) {
            return self.say(said).await;
        }
        if let Some(wanted) = line.strip_prefix(DIRECT) {
            return Ok(self.direct(wanted).await?.into_bytes());
        }
        let Some(ask) = Ask::parse(line) else {
            return Ok("непонятный запрос\n".into());
        };
        match ask {
            Ask::Attack(Some(mode)) => Ok(self.attack(mode).await?.into_bytes()),
            ask => self.ask(ask).await,
        }
    }

    async fn ask(&self, ask: Ask) -> anyhow::Result<Vec<u8>> {
        let (answer, told) = oneshot::channel();
        self.orders.send(Order::Ask(ask, answer)).await?;
        Ok(timeout(PATIENCE, told).await??)
    }

    async fn direct(&self, wanted: &str) -> anyhow::Result<String> {
        let wanted: Option<Wanting> = serde_json::from_str(wanted).ok();
        let came = match wanted.and_then(Wanting::said) {
            Some(said) => {
                let told = self.ask(Ask::Direct(said)).await?;
                serde_json::from_slice(&told)?
            }
            None => Came::refused("bad_command"),
        };
        let refused = if came.refused.is_some() { REFUSED } else { "" };
        Ok(format!("{refused}{}\n", came.text))
    }

    /// By the way of the pages: the same checks, and the same answer, in the journal and the database before it comes.
    async fn say(&self, said: &str) -> anyhow::Result<Vec<u8>> {
        let said: Option<Say> = serde_json::from_str(said).ok();
        let Some(said) = said else {
            return Ok(json!({"error": {"code": "bad_command"}}).to_string().into());
        };
        let told = match said.of {
            Of::Request { request, word } => {
                let word = word.about();
                self.asking.word(&said.by, request, &word).await
            }
            Of::Customer { wish, lift } => self.asking.refuse(&said.by, &wish, lift).await,
        };
        let told = match told {
            Ok((_, told)) => told,
            Err(error) => json!({"error": {"code": "unavailable", "text": error.to_string()}}),
        };
        Ok(told.to_string().into())
    }

    /// As [`Self::schedule`].
    async fn attack(&self, mode: AttackMode) -> anyhow::Result<String> {
        let turn = Arc::clone(&self.writing).lock_owned();
        let Ok(turn) = timeout(WRITTEN_WITHIN, turn).await else {
            return Ok(format!(
                "{REFUSED}база занята, прежнее ещё не записано; повторите позже\n"
            ));
        };
        let told = self.ask(Ask::Attack(Some(mode))).await?;
        let words = ATTACK_MODES.iter().find(|(_, it)| *it == mode);
        let word = words.map_or("auto", |(word, _)| *word);
        let store = self.store.clone();
        let write = async move {
            let written = store.set_attack_mode(word, wall()).await;
            drop(turn);
            written
        };
        let warning = written(write, WRITTEN_WITHIN).await.unwrap_or_default();
        Ok(format!("{}{warning}", String::from_utf8_lossy(&told)))
    }

    /// As [`Self::schedule`].
    async fn block(&self, call: CallId, span: Option<Duration>) -> anyhow::Result<String> {
        let turn = Arc::clone(&self.writing).lock_owned();
        let Ok(turn) = timeout(WRITTEN_WITHIN, turn).await else {
            return Ok(format!(
                "{REFUSED}диск занят, прежнее ещё не записано; повторите позже\n"
            ));
        };
        let (answer, told) = oneshot::channel();
        self.orders.send(Order::Block(call, span, answer)).await?;
        let (told, blocks) = told.await?;
        let Some(blocks) = blocks else {
            return Ok(told);
        };
        let path = self.blocks.clone();
        let write = async move {
            let written = spawn_blocking(move || blocks.write(&path)).await;
            drop(turn);
            written.unwrap_or_else(|error| Err(error.into()))
        };
        Ok(match written(write, WRITTEN_WITHIN).await {
            None => told,
            Some(warning) => format!("{told}{warning}"),
        })
    }

    /// A plan takes its time to be read: whoever asks something else meanwhile is served.
    fn plan(&self, change: &str, mut stream: UnixStream) -> anyhow::Result<()> {
        let change: Change = serde_json::from_str(change)?;
        let (answer, told) = oneshot::channel();
        // As many wait as there is room; who comes then is hung up on, and told by the client.
        self.changes.try_send(Wanted { change, answer })?;
        let office = self.office.clone();
        tokio::spawn(async move {
            // A refusal has many pictures: they are written where that takes no time from a call.
            let written = async |told| {
                office
                    .spawn_blocking(move || serde_json::to_vec(&told))
                    .await
            };
            if let Ok(told) = told.await
                && let Ok(Ok(told)) = written(told).await
            {
                let _ = timeout(PATIENCE, stream.write_all(&told)).await;
            }
        });
        Ok(())
    }

    /// The hotline obeys at once; the answer comes when it is written down for the next start, or says that it is not yet.
    async fn schedule(&self, wish: Wish) -> anyhow::Result<String> {
        let turn = Arc::clone(&self.writing).lock_owned();
        let Ok(turn) = timeout(WRITTEN_WITHIN, turn).await else {
            return Ok(format!(
                "{REFUSED}база занята, прежнее ещё не записано; повторите позже\n"
            ));
        };
        let (answer, told) = oneshot::channel();
        self.orders.send(Order::Schedule(wish, answer)).await?;
        let done = match told.await? {
            Ok(done) => done,
            Err(why) => return Ok(format!("{REFUSED}{why}\n")),
        };
        let (plan, by_hand, metrics) = (done.plan, done.by_hand, self.metrics.clone());
        let prove = move || tell_gaps(&plan, &by_hand, &metrics);
        let proof = self.office.spawn_blocking(prove);
        let (store, kept) = (self.store.clone(), done.kept);
        let write = async move {
            let written = match &kept {
                Kept::Set(row) => store.set_override(row).await,
                Kept::Cleared { schedule, at, who } => {
                    store.clear_overrides(schedule, *at, who).await
                }
            };
            drop(turn);
            written
        };
        let warning = written(write, WRITTEN_WITHIN).await.unwrap_or_default();
        let mut told = format!("{}{warning}", done.told);
        // Whoever does not wait for it finds it in the log.
        if let Ok(Ok(gaps)) = timeout(WRITTEN_WITHIN, proof).await {
            for gap in gaps {
                told.push_str(&format!("внимание: {gap}\n"));
            }
        }
        Ok(told)
    }
}

/// Whoever withheld the number in this call is to be blocked for so long, or no more.
fn blocks(line: &str) -> Option<(CallId, Option<Duration>)> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (call, span) = match words.as_slice() {
        ["block", call, secs] => (call, Some(Duration::from_secs(secs.parse().ok()?))),
        ["unblock", call] => (call, None),
        _ => return None,
    };
    Some((CallId(call.parse().ok()?), span))
}

/// Writes to the end, however long it takes, and logs a failure; gives what the one who waits must be warned of.
pub(crate) async fn written<Failure: Display + Send + 'static>(
    write: impl Future<Output = Result<(), Failure>> + Send + 'static,
    within: Duration,
) -> Option<String> {
    let writing = tokio::spawn(async move {
        let written = write.await;
        if let Err(error) = &written {
            tracing::error!(%error, "what is set by hand is not written down");
        }
        written
    });
    match timeout(within, writing).await {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(error))) => Some(format!(
            "ВНИМАНИЕ: не записано, перезапуск этого не вспомнит: {error}\n"
        )),
        Ok(Err(error)) => Some(format!("ВНИМАНИЕ: не записано: {error}\n")),
        Err(_) => Some(
            "ВНИМАНИЕ: действует, но ещё не записано: диск занят. Если не будет записано вовсе, скажет журнал демона\n"
                .into(),
        ),
    }
}

async fn request(stream: &mut UnixStream) -> anyhow::Result<String> {
    let mut request = [0; REQUEST_MAX];
    let mut length = 0;
    while length < REQUEST_MAX && !request[..length].contains(&b'\n') {
        match stream.read(&mut request[length..]).await? {
            0 => break,
            read => length += read,
        }
    }
    Ok(String::from_utf8_lossy(&request[..length]).into_owned())
}

/// Asks the running daemon.
///
/// # Errors
/// When none runs with this configuration, or it does not answer.
pub(crate) fn ask(path: &Path, request: &str) -> anyhow::Result<String> {
    let told = ask_bytes(path, request)?;
    ensure!(
        !told.is_empty(),
        "демон не ответил: сделано ли то, о чём просили, скажет его журнал"
    );
    Ok(String::from_utf8_lossy(&told).into_owned())
}

/// The same for an answer that is more than text.
///
/// # Errors
/// As [`ask`].
pub(crate) fn ask_bytes(path: &Path, request: &str) -> anyhow::Result<Vec<u8>> {
    ask_within(path, request, PATIENCE)
}

fn ask_within(path: &Path, request: &str, patience: Duration) -> anyhow::Result<Vec<u8>> {
    let stream = std::os::unix::net::UnixStream::connect(path);
    let mut stream = stream.with_context(|| {
        format!(
            "{}: демон не отвечает; он запущен с этими настройками?",
            path.display()
        )
    })?;
    stream.set_read_timeout(Some(patience))?;
    writeln!(stream, "{request}")?;
    let mut told = Vec::new();
    let read = stream.take(ANSWER_MAX).read_to_end(&mut told);
    read.with_context(|| {
        format!(
            "нет ответа за {} с: сделано ли то, о чём просили, скажут журнал демона и gudok plans",
            patience.as_secs()
        )
    })?;
    Ok(told)
}

/// Asks the running daemon for a change of the plan, and waits until it is read and proved.
///
/// # Errors
/// As [`ask`].
pub(crate) fn change(path: &Path, change: &Change) -> anyhow::Result<Told> {
    let request = format!("plan {}", serde_json::to_string(change)?);
    let told = ask_within(path, &request, PLAN_PATIENCE)?;
    serde_json::from_slice(&told)
        .context("демон занят другим планом или остановлен: введён ли план, покажет gudok plans")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_written_all_the_same() {
        let (unlock, locked) = oneshot::channel::<()>();
        let (wrote, is_written) = oneshot::channel();
        let write = async move {
            let _ = locked.await;
            let _ = wrote.send(());
            Ok::<(), std::io::Error>(())
        };
        let warning = written(write, Duration::ZERO).await.expect("a warning");
        assert!(warning.contains("ещё не записано"), "{warning}");
        unlock.send(()).expect("it is still being written");
        is_written.await.expect("written");
        assert_eq!(
            written(async { Ok::<(), std::io::Error>(()) }, PATIENCE).await,
            None
        );
    }

    #[test]
    fn no_answer_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gudok.sock");
        let listener = std::os::unix::net::UnixListener::bind(&path).expect("a socket");
        let mute = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut byte = [0];
            while byte != *b"\n" && stream.read(&mut byte).is_ok_and(|read| read > 0) {}
        });
        let told = ask(&path, "schedules");
        mute.join().expect("it ends");
        assert!(told.is_err(), "{told:?}");
    }
}
