//! One lookup per call: the directory and the CRM in parallel, the answer by the deadline, the rest later.
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gudok_model::{Client, ClientMatch, LookupError, PhoneNumber};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep_until};

use crate::connector::{Connector, CrmConfig, SetupError};
use crate::mapping::CANDIDATES_MAX;
use crate::verdict::Verdict;

/// Longest time the local directory may take: it is a row in a local file.
const DIRECTORY_TIMEOUT: Duration = Duration::from_secs(5);

/// A directory's answer, in time.
pub type Found<'a> = Pin<Box<dyn Future<Output = Result<Vec<Client>, LookupError>> + Send + 'a>>;

/// The local client directory, wherever it is kept.
pub trait Directory: Send + Sync + 'static {
    /// The clients with this number; none if nobody has it.
    fn find<'a>(&'a self, number: &'a PhoneNumber) -> Found<'a>;
}

/// Looks up callers. Cheap to clone.
#[derive(Clone)]
pub struct Lookup {
    directory: Option<Arc<dyn Directory>>,
    crm: Option<Arc<Connector>>,
}

/// The answers of one lookup: exactly one by the deadline, and at most one or two better ones later.
/// Dropping it ends the lookup.
pub struct Answers {
    answers: mpsc::Receiver<ClientMatch>,
    /// Aborted on drop.
    _task: AbortOnDrop<()>,
}

impl Lookup {
    /// Over the sources there are; with none, nobody is known.
    ///
    /// # Errors
    /// The CRM's settings cannot work. Nothing has been asked yet.
    pub fn new(
        directory: Option<Arc<dyn Directory>>,
        crm: Option<CrmConfig>,
    ) -> Result<Self, SetupError> {
        let crm = crm.map(Connector::new).transpose()?.map(Arc::new);
        Ok(Self { directory, crm })
    }

    /// The same CRM, with another local directory: that of another project.
    #[must_use]
    pub fn over(&self, directory: Arc<dyn Directory>) -> Self {
        Self {
            directory: Some(directory),
            crm: self.crm.clone(),
        }
    }

    /// Starts looking; must be called within a tokio runtime. `deadline` counts from now.
    pub fn start(&self, number: PhoneNumber, deadline: Duration) -> Answers {
        // A verdict speaks three times at most: by the deadline, the local answer, the CRM's.
        let (say, answers) = mpsc::channel(3);
        let search = Search::start(self, number);
        let task = tokio::spawn(search.run(Instant::now() + deadline, say));
        Answers {
            answers,
            _task: AbortOnDrop(task),
        }
    }

    /// Whether the CRM is being left alone since it does not answer; for the health page.
    pub fn is_crm_open(&self) -> bool {
        self.crm.as_ref().is_some_and(|crm| crm.is_open())
    }
}

impl Answers {
    /// The next answer; `None` when nothing more will come.
    pub async fn next(&mut self) -> Option<ClientMatch> {
        self.answers.recv().await
    }
}

/// Both questions under way.
struct Search {
    verdict: Verdict,
    started: Instant,
    local: Option<Question>,
    crm: Option<Question>,
}

/// In a task of its own, so that a panic in a source is that source's error alone.
type Question = AbortOnDrop<Result<Vec<Client>, LookupError>>;

impl Search {
    fn start(lookup: &Lookup, number: PhoneNumber) -> Self {
        let local = lookup.directory.clone().map(|directory| {
            let number = number.clone();
            AbortOnDrop(tokio::spawn(async move {
                let found = tokio::time::timeout(DIRECTORY_TIMEOUT, directory.find(&number)).await;
                found.unwrap_or(Err(LookupError::Timeout))
            }))
        });
        let crm = lookup
            .crm
            .clone()
            .map(|crm| AbortOnDrop(tokio::spawn(crm.find(number))));
        Self {
            verdict: Verdict::new(local.is_some(), crm.is_some()),
            started: Instant::now(),
            local,
            crm,
        }
    }

    async fn run(mut self, deadline: Instant, say: mpsc::Sender<ClientMatch>) {
        let mut due = Some(deadline);
        let mut said = self.verdict.start();
        loop {
            if let Some(answer) = said.take()
                && say.try_send(answer).is_err()
            {
                return;
            }
            if self.verdict.is_over() {
                return;
            }
            said = tokio::select! {
                // An answer that is there at the deadline counts.
                biased;
                found = answer(&mut self.crm) => self.verdict.crm(matched(found, self.started)),
                found = answer(&mut self.local) => self.verdict.local(matched(found, self.started)),
                () = at(due) => {
                    due = None;
                    self.verdict.deadline()
                }
            };
        }
    }
}

/// Waits for a question, once; for ever if there is none.
async fn answer(
    question: &mut Option<Question>,
) -> Result<Result<Vec<Client>, LookupError>, JoinError> {
    let Some(asked) = question else {
        return std::future::pending().await;
    };
    let found = (&mut asked.0).await;
    *question = None;
    found
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn matched(
    found: Result<Result<Vec<Client>, LookupError>, JoinError>,
    started: Instant,
) -> ClientMatch {
    let took_ms = started.elapsed().as_millis().try_into().unwrap_or(u32::MAX);
    match found {
        Ok(Ok(mut clients)) => {
            clients.truncate(CANDIDATES_MAX);
            match (clients.pop(), clients.is_empty()) {
                (None, _) => ClientMatch::None { took_ms },
                (Some(client), true) => ClientMatch::One { client, took_ms },
                (Some(last), false) => {
                    clients.push(last);
                    ClientMatch::Many {
                        candidates: clients,
                        took_ms,
                    }
                }
            }
        }
        Ok(Err(error)) => ClientMatch::Error { error },
        Err(error) => {
            tracing::error!(%error, "a lookup panicked");
            ClientMatch::Error {
                error: LookupError::Malformed,
            }
        }
    }
}

/// A task that is ended when nobody waits for it any more.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
