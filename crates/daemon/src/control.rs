//! The admin's door to a running daemon: a socket in the file system, for our own user alone. One line in, text out.
use std::io::{Read as _, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use gudok_model::CallId;
use gudok_store::Store;
use gudok_switchboard::AttackMode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::config::Config;
use crate::hotline::Order;
use crate::hotline::schedules::{Kept, Wish};
use crate::serve::until;

/// Longest request: a schedule's name, who and why. Bytes.
const REQUEST_MAX: usize = 2_048;
/// What an answer begins with that is none.
pub(crate) const REFUSED: &str = "отказ: ";
/// Longest a request may take to come, and its answer to be read; one is served at a time.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longest answer that is read. Bytes.
const ANSWER_MAX: u64 = 4 << 20;
/// After a connection could not be taken.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

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
    /// Block whoever withheld the number in this call for so long, or no more.
    Block(CallId, Option<Duration>),
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
            ["block", call, secs] => {
                let span = Duration::from_secs(secs.parse().ok()?);
                Self::Block(CallId(call.parse().ok()?), Some(span))
            }
            ["unblock", call] => Self::Block(CallId(call.parse().ok()?), None),
            ["phones"] => Self::Phones,
            ["schedules"] => Self::Schedules,
            ["attack"] => Self::Attack(None),
            ["attack", "on"] => Self::Attack(Some(AttackMode::On)),
            ["attack", "off"] => Self::Attack(Some(AttackMode::Off)),
            ["attack", "auto"] => Self::Attack(Some(AttackMode::Auto)),
            _ => return None,
        })
    }
}

/// Where the socket is: beside the database.
pub(crate) fn path(config: &Config) -> PathBuf {
    config.paths.database.with_extension("sock")
}

/// Serves until the daemon stops. Without the socket the daemon works all the same: the log says so.
pub(crate) async fn serve(
    path: PathBuf,
    orders: mpsc::Sender<Order>,
    store: Store,
    stopped: watch::Receiver<bool>,
) {
    // What a killed daemon left; a living one of the same folder has been refused by its journal.
    let _ = std::fs::remove_file(&path);
    let listener = match UnixListener::bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "no control socket: `gudok bans`, `gudok attack`, `gudok schedule` and `gudok cost` cannot reach us");
            return;
        }
    };
    let serve = async {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(timeout(PATIENCE, answer(stream, &orders, &store)).await),
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

/// The hotline obeys at once; the answer comes when it is written down for the next start.
async fn schedule(
    wish: Wish,
    orders: &mpsc::Sender<Order>,
    store: &Store,
) -> anyhow::Result<String> {
    let (answer, told) = oneshot::channel();
    orders.send(Order::Schedule(wish, answer)).await?;
    let done = match told.await? {
        Ok(done) => done,
        Err(why) => return Ok(format!("{REFUSED}{why}\n")),
    };
    let kept = match &done.kept {
        Kept::Set(row) => store.set_override(row).await,
        Kept::Cleared { schedule, at, who } => store.clear_overrides(schedule, *at, who).await,
    };
    Ok(match kept {
        Ok(()) => done.told,
        Err(error) => {
            tracing::error!(%error, "what is set by hand is not written down");
            format!(
                "{}ВНИМАНИЕ: не записано, перезапуск этого не вспомнит: {error}\n",
                done.told
            )
        }
    })
}

async fn answer(
    mut stream: UnixStream,
    orders: &mpsc::Sender<Order>,
    store: &Store,
) -> anyhow::Result<()> {
    let mut request = [0; REQUEST_MAX];
    let mut length = 0;
    while length < REQUEST_MAX && !request[..length].contains(&b'\n') {
        match stream.read(&mut request[length..]).await? {
            0 => break,
            read => length += read,
        }
    }
    let line = String::from_utf8_lossy(&request[..length]);
    if let Some(wish) = line.strip_prefix("schedule ") {
        let told = match serde_json::from_str(wish) {
            Ok(wish) => schedule(wish, orders, store).await?,
            Err(_) => format!("{REFUSED}непонятный запрос\n"),
        };
        stream.write_all(told.as_bytes()).await?;
        return Ok(());
    }
    let told = match Ask::parse(&line) {
        None => "непонятный запрос\n".into(),
        Some(ask) => {
            let (answer, told) = oneshot::channel();
            orders.send(Order::Ask(ask, answer)).await?;
            told.await?
        }
    };
    stream.write_all(&told).await?;
    Ok(())
}

/// Asks the running daemon.
///
/// # Errors
/// When none runs with this configuration.
pub(crate) fn ask(path: &Path, request: &str) -> anyhow::Result<String> {
    let told = ask_bytes(path, request)?;
    Ok(String::from_utf8_lossy(&told).into_owned())
}

/// The same for an answer that is more than text.
///
/// # Errors
/// As [`ask`].
pub(crate) fn ask_bytes(path: &Path, request: &str) -> anyhow::Result<Vec<u8>> {
    let stream = std::os::unix::net::UnixStream::connect(path);
    let mut stream = stream.with_context(|| {
        format!(
            "{}: демон не отвечает; он запущен с этими настройками?",
            path.display()
        )
    })?;
    stream.set_read_timeout(Some(PATIENCE))?;
    writeln!(stream, "{request}")?;
    let mut told = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut told)?;
    Ok(told)
}
