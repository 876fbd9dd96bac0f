//! One run of the command: text in, WAV out, within a time and a size, and nothing of it left behind.
use std::io::{Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::{SpeakError, WAV_MAX};
use crate::config::Speech;

/// How often it is looked whether the command has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// What it wrote is waited for so long when it is over; a child of its own may hold the pipe open for ever.
const PIPE_MAX: Duration = Duration::from_secs(1);
/// How much of its complaint is shown. Bytes.
const SAID_MAX: usize = 500;

/// Where a command is told to write.
const OUT: &str = "{out}";
/// Where it finds the text; without it the text comes on stdin.
const TEXT: &str = "{text}";

/// The program, for a person.
pub(super) fn program(speech: &Speech) -> String {
    speech.command.first().cloned().unwrap_or_default()
}

/// Speaks into `out`, where the command asks for a file, or to its stdout. The bytes that came.
pub(super) fn run(
    speech: &Speech,
    locale: &str,
    text: &str,
    out: &Path,
) -> Result<Vec<u8>, SpeakError> {
    let program = program(speech);
    let not_started = |error| SpeakError::NotStarted {
        program: program.clone(),
        error,
    };
    let mut running = Running {
        child: command(speech, locale, text, out)
            .spawn()
            .map_err(not_started)?,
        ended: false,
    };
    running.tell(speech, text);
    let stdout = gather(running.child.stdout.take(), WAV_MAX + 1, Rest::Refused);
    let stderr = gather(running.child.stderr.take(), SAID_MAX, Rest::Forgotten);
    running.wait(speech, out)?;
    let status = running.end().map_err(not_started)?;
    let piped = stdout.recv_timeout(PIPE_MAX).unwrap_or_default();
    if piped.len() > WAV_MAX {
        return Err(SpeakError::TooMuch { program });
    }
    if !status.success() {
        let said = stderr.recv_timeout(PIPE_MAX).unwrap_or_default();
        return Err(SpeakError::Failed {
            program,
            status: status.to_string(),
            said: String::from_utf8_lossy(&said).trim().to_owned(),
        });
    }
    let wav = match names(speech, OUT) {
        true => std::fs::read(out).unwrap_or_default(),
        false => piped,
    };
    match wav.len() > WAV_MAX {
        true => Err(SpeakError::TooMuch { program }),
        false => Ok(wav),
    }
}

/// A process group of its own, without what the environment sets of ours: it may hold secrets.
fn command(speech: &Speech, locale: &str, text: &str, out: &Path) -> Command {
    let argument = |word: &String| {
        let out = out.display().to_string();
        // The text last: what it holds is no place for anything.
        word.replace("{locale}", locale)
            .replace("{voice}", &speech.voice)
            .replace(OUT, &out)
            .replace(TEXT, text)
    };
    let mut command = Command::new(program(speech));
    command.args(speech.command.iter().skip(1).map(argument));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GUDOK") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).process_group(0);
    command
}

fn names(speech: &Speech, place: &str) -> bool {
    speech.command.iter().any(|word| word.contains(place))
}

/// A command that is ended with its whole process group, however this ends.
struct Running {
    child: Child,
    ended: bool,
}

impl Running {
    /// The text on its stdin, which is closed after it. A text fits the pipe, so that this never waits.
    fn tell(&mut self, speech: &Speech, text: &str) {
        let stdin = self.child.stdin.take();
        if let Some(mut stdin) = stdin
            && !names(speech, TEXT)
        {
            // Who does not read it does not need it.
            let _ = writeln!(stdin, "{text}");
        }
    }

    /// Waits for its end, in time and before it has filled the disk. It is not reaped: its number stays its own.
    fn wait(&self, speech: &Speech, out: &Path) -> Result<(), SpeakError> {
        let timeout = speech.timeout.0;
        let begun = Instant::now();
        while !self.is_over() {
            let program = || program(speech);
            if begun.elapsed() >= timeout {
                let secs = timeout.as_secs();
                let program = program();
                return Err(SpeakError::Hung { program, secs });
            }
            if std::fs::metadata(out).is_ok_and(|it| it.len() > WAV_MAX as u64) {
                return Err(SpeakError::TooMuch { program: program() });
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let found = self.id().map(|id| waitid(WaitId::Pid(id), look));
        !matches!(found, Some(Ok(None)))
    }

    /// Ends all of its group, so that nothing holds a pipe or goes on for ever, then reaps it.
    fn end(&mut self) -> std::io::Result<ExitStatus> {
        if let Some(group) = self.id() {
            // Nobody left in it is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
        }
        self.ended = true;
        self.child.wait()
    }

    fn id(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Who was reaped has no number any more.
        if !self.ended {
            let _ = self.end();
        }
    }
}

/// What becomes of what is beyond the bound.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// The pipe is closed: the command has failed.
    Refused,
    /// Read, so that the command can go on.
    Forgotten,
}

/// What a pipe brings, at most so much.
fn gather(
    pipe: Option<impl Read + Send + 'static>,
    most: usize,
    rest: Rest,
) -> mpsc::Receiver<Vec<u8>> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let Some(mut pipe) = pipe else { return };
        let _ = pipe.by_ref().take(most as u64).read_to_end(&mut bytes);
        if rest == Rest::Forgotten {
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        // Whoever asked may have given up.
        let _ = tell.send(bytes);
    });
    told
}
