//! Logs go to standard error through a thread of their own: a terminal that was stopped or a collector that hangs must
//! never hold up a call, and a line must not cost a call a write.
use std::io::{self, IsTerminal, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Bytes of lines that may wait. Beyond it new lines are dropped, and their number is told once there is room.
const WAITING_MAX: usize = 1 << 20;
/// How long the first line waits for others.
const GATHER: Duration = Duration::from_millis(50);
/// How long the last lines may take at the end. Whoever restarts us waits for the end of the process, not for a terminal.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Until it is dropped, lines are taken; then the last ones are written.
#[must_use]
pub(crate) struct Log {
    lines: Lines,
    /// Hangs up when the thread has written the last line.
    done: Receiver<()>,
    /// Panics are told here.
    hears_panics: bool,
}

/// Where lines are left.
#[derive(Clone)]
struct Lines(Arc<Shared>);

struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    /// Dropped since the last writing.
    lost: u64,
    is_over: bool,
}

impl Log {
    /// Tells what `GUDOK_LOG` says, `level` by default. One that was set up before stays. Panics are told as lines too:
    /// by itself the standard library would write them where a call waits for it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(level: &str) -> io::Result<Self> {
        let mut log = Self::to(io::stderr())?;
        let filter = EnvFilter::try_from_env("GUDOK_LOG").unwrap_or_else(|_| EnvFilter::new(level));
        let told = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(log.lines.clone())
            .with_ansi(io::stderr().is_terminal())
            .try_init();
        match told {
            Ok(()) => {
                log.hears_panics = true;
                panic::set_hook(Box::new(tell_panic));
            }
            Err(_) => tracing::debug!("logging was set up before"),
        }
        Ok(log)
    }

    fn to(mut end: impl Write + Send + 'static) -> io::Result<Self> {
        let lines = Lines(Arc::new(Shared {
            waiting: Mutex::default(),
            wake: Condvar::new(),
        }));
        let (source, (finish, done)) = (lines.clone(), channel());
        let thread = std::thread::Builder::new().name("log".into());
        thread.spawn(move || {
            let _finish = finish;
            while source.carry(&mut end) {}
        })?;
        Ok(Self {
            lines,
            done,
            hears_panics: false,
        })
    }
}

/// The last word of a process, on standard error; waits for a stopped terminal no longer than the log does.
pub(crate) fn last_word(text: &str) {
    if let Ok(log) = Log::to(io::stderr()) {
        let _ = writeln!(log.lines.clone(), "{text}");
    }
}

fn tell_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    tracing::error!(thread = thread.name(), "{panic}");
}

impl Drop for Log {
    fn drop(&mut self) {
        // What breaks from now on is told as it would be without us. Inside a panic the hook cannot be changed.
        if self.hears_panics && !std::thread::panicking() {
            drop(panic::take_hook());
        }
        self.lines.waiting().is_over = true;
        self.lines.0.wake.notify_one();
        let _ = self.done.recv_timeout(LAST_LINES);
    }
}

impl Lines {
    /// Every holder leaves it whole, so a poisoned lock means nothing.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for lines and writes them; false when there will be no more.
    fn carry(&self, end: &mut impl Write) -> bool {
        let idle = |waiting: &mut Waiting| {
            waiting.text.is_empty() && waiting.lost == 0 && !waiting.is_over
        };
        let woken = self.0.wake.wait_while(self.waiting(), idle);
        let woken = woken.unwrap_or_else(PoisonError::into_inner);
        let gathered = self
            .0
            .wake
            .wait_timeout_while(woken, GATHER, |waiting| !waiting.is_over);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        let text = std::mem::take(&mut waiting.text);
        let mut lost = std::mem::take(&mut waiting.lost);
        let is_over = waiting.is_over;
        drop(waiting);
        if end.write_all(&text).is_err() {
            lost += text.iter().filter(|&&byte| byte == b'\n').count() as u64;
        }
        if lost > 0 {
            // Nobody is left to be told of an error.
            let _ = writeln!(end, "up to {lost} log lines lost: nobody took them");
        }
        let _ = end.flush();
        !is_over
    }
}

/// Each write is a whole line.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.waiting();
        let first = waiting.text.is_empty();
        if waiting.text.len() + line.len() <= WAITING_MAX {
            waiting.text.extend_from_slice(line);
        } else {
            waiting.lost += 1;
        }
        drop(waiting);
        if first {
            self.0.wake.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use super::*;

    /// A terminal that takes nothing until it is told to, and then shows what it got.
    struct Stopped {
        go_on: Receiver<()>,
        shown: Sender<Vec<u8>>,
    }

    impl Write for Stopped {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let _ = self.go_on.recv();
            let _ = self.shown.send(text.to_owned());
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A terminal that takes everything, and its screen.
    fn open_terminal() -> (Stopped, Receiver<Vec<u8>>) {
        let (_, go_on) = channel();
        let (shown, screen) = channel();
        (Stopped { go_on, shown }, screen)
    }

    #[test]
    fn a_stopped_terminal_costs_lines_and_holds_nobody_up() {
        let (resume, go_on) = channel();
        let (shown, screen) = channel();
        let log = Log::to(Stopped { go_on, shown }).expect("a thread");
        let mut lines = log.lines.clone();
        let line = [b'x'; 1 << 10];
        for _ in 0..3 * WAITING_MAX / line.len() {
            lines.write_all(&line).expect("never an error");
        }
        drop(resume);
        drop(log);
        let told: Vec<u8> = screen.iter().flatten().collect();
        let whole = told.iter().filter(|&&byte| byte == b'x').count() / line.len();
        let told = String::from_utf8_lossy(&told);
        let lost: usize = told
            .trim_start_matches('x')
            .split(' ')
            .nth(2)
            .and_then(|lost| lost.parse().ok())
            .unwrap_or_else(|| panic!("no word of loss after {whole} lines"));
        assert!(lost > 0);
        assert!(whole >= WAITING_MAX / line.len(), "{whole}");
    }

    #[test]
    fn a_terminal_that_never_goes_on_does_not_keep_the_process() {
        let (never, go_on) = channel();
        let (shown, _screen) = channel();
        let log = Log::to(Stopped { go_on, shown }).expect("a thread");
        log.lines
            .clone()
            .write_all(b"one\n")
            .expect("never an error");
        drop(log);
        drop(never);
    }

    #[test]
    fn a_panic_is_a_line_with_its_place() {
        let (shown, screen) = open_terminal();
        let log = Log::to(shown).expect("a thread");
        let told = tracing_subscriber::fmt()
            .with_writer(log.lines.clone())
            .with_ansi(false)
            .finish();
        let former = panic::take_hook();
        panic::set_hook(Box::new(tell_panic));
        tracing::subscriber::with_default(told, || {
            let _ = panic::catch_unwind(|| panic!("broken on purpose"));
        });
        panic::set_hook(former);
        drop(log);
        let told: Vec<u8> = screen.iter().flatten().collect();
        let told = String::from_utf8_lossy(&told);
        assert!(
            told.contains("broken on purpose") && told.contains("log.rs:"),
            "{told}"
        );
    }

    #[test]
    fn the_last_lines_are_written_at_the_end() {
        let (terminal, screen) = open_terminal();
        let log = Log::to(terminal).expect("a thread");
        let mut lines = log.lines.clone();
        lines.write_all(b"one\n").expect("never an error");
        lines.write_all(b"two\n").expect("never an error");
        drop(log);
        assert_eq!(screen.iter().flatten().collect::<Vec<u8>>(), b"one\ntwo\n");
    }
}
