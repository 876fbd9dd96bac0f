//! One lookup per call: the directory and the CRM in parallel, the answer by the deadline, the rest later.
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use gudok_model::{Client, ClientMatch, LookupError, PhoneNumber};
use tokio::time::{Instant, sleep_until, timeout};

use crate::connector::{Connector, CrmConfig, SetupError};
use crate::mapping::CANDIDATES_MAX;
use crate::verdict::Verdict;

/// Longest time the local directory may take: it is a row in a local file.
const DIRECTORY_TIMEOUT: Duration = Duration::from_secs(5);

/// A directory's answer, in time.
pub type Found<'a> = Pin<Box<dyn Future<Output = Result<Vec<Client>, LookupError>> + Send + 'a>>;

/// The local client directory, wherever it is kept.
pub trait Directory: Send + Sync + 'static {
    /// The clients with this number, or with this value in a field; none if nobody has it.
    fn find<'a>(&'a self, key: &'a Key) -> Found<'a>;
}

/// What a client is looked up by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// The number they call from.
    Number(PhoneNumber),
    /// Something they typed.
    Field {
        /// The field of the client.
        name: String,
        /// What it is to be; whatever the caller wrote.
        value: String,
    },
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
    verdict: Verdict,
    started: Instant,
    /// The deadline, until it has passed.
    due: Option<Instant>,
    /// Decided, not told yet.
    said: Option<ClientMatch>,
    local: Option<Question>,
    crm: Option<Question>,
}

/// A panic in a source is that source's error alone.
type Question = Pin<Box<dyn Future<Output = Answer> + Send>>;
type Answer = std::thread::Result<Result<Vec<Client>, LookupError>>;

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

    /// The questions, asked once [`Answers::next`] is awaited within a tokio runtime. `deadline` counts from now.
    /// A CRM that cannot be asked by this field is not asked.
    pub fn start(&self, key: &Key, deadline: Duration) -> Answers {
        let (local, crm) = (self.local(key), self.crm(key));
        let mut verdict = Verdict::new(local.is_some(), crm.is_some());
        let started = Instant::now();
        Answers {
            said: verdict.start(),
            verdict,
            started,
            due: Some(started + deadline),
            local,
            crm,
        }
    }

    /// Whether a CRM is asked, which is more work than a row of a local file.
    pub fn asks_crm(&self) -> bool {
        self.crm.is_some()
    }

    fn local(&self, key: &Key) -> Option<Question> {
        let (directory, key) = (self.directory.clone()?, key.clone());
        Some(question(async move {
            let found = timeout(DIRECTORY_TIMEOUT, directory.find(&key)).await;
            found.unwrap_or(Err(LookupError::Timeout))
        }))
    }

    fn crm(&self, key: &Key) -> Option<Question> {
        let crm = self.crm.clone().filter(|crm| crm.is_asked_by(key))?;
        Some(question(crm.find(key.clone())))
    }

    /// Whether the CRM is being left alone since it does not answer; for the health page.
    pub fn is_crm_open(&self) -> bool {
        self.crm.as_ref().is_some_and(|crm| crm.is_open())
    }
}

impl Answers {
    /// The next answer; `None` when nothing more will come. The questions move on while this is awaited, and only then.
    pub async fn next(&mut self) -> Option<ClientMatch> {
        loop {
            if let Some(answer) = self.said.take() {
                return Some(answer);
            }
            if self.verdict.is_over() {
                return None;
            }
            self.said = tokio::select! {
                // An answer that is there at the deadline counts.
                biased;
                found = answer(&mut self.crm) => self.verdict.crm(matched(found, self.started)),
                found = answer(&mut self.local) => self.verdict.local(matched(found, self.started)),
                () = at(self.due) => {
                    self.due = None;
                    self.verdict.deadline()
                }
            };
        }
    }
}

fn question(
    find: impl Future<Output = Result<Vec<Client>, LookupError>> + Send + 'static,
) -> Question {
    Box::pin(AssertUnwindSafe(find).catch_unwind())
}

/// Waits for a question, once; for ever if there is none.
async fn answer(question: &mut Option<Question>) -> Answer {
    let Some(asked) = question else {
        return std::future::pending().await;
    };
    let found = asked.await;
    *question = None;
    found
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn matched(found: Answer, started: Instant) -> ClientMatch {
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
        Err(_panic) => {
            tracing::error!("a lookup panicked");
            ClientMatch::Error {
                error: LookupError::Malformed,
            }
        }
    }
}
