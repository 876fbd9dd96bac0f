//! Lookups under way: one per call, answers to the hotline, gone with the caller.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gudok_crm::{Ask, CrmConfig, Directory, Found, Lookup, Mapping, Secret};
use gudok_model::{CallId, ClientMatch, PhoneNumber, ProjectId};
use gudok_store::Store;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::config;

/// Answers that may wait for the hotline. Full: the lookup waits, the call does not.
const ANSWERS_MAX: usize = 1_024;

/// Starts lookups and forgets them.
pub(crate) struct Lookups {
    lookup: Lookup,
    store: Store,
    answers: mpsc::Sender<(CallId, ClientMatch)>,
    /// Where the work is done.
    home: Handle,
    under_way: BTreeMap<CallId, AbortHandle>,
}

impl Lookups {
    /// Over the local directory and, where configured, a CRM. A CRM is asked in the office. A row of the local file is
    /// read by a thread of the database's; what is left to do is less than waking the office and being woken by it, so
    /// that is done here, on the line.
    ///
    /// # Errors
    /// When the CRM's settings cannot work.
    pub(crate) fn new(
        store: Store,
        crm: Option<&config::Crm>,
        office: Handle,
    ) -> anyhow::Result<(Self, mpsc::Receiver<(CallId, ClientMatch)>)> {
        let crm = crm.map(settings).transpose()?;
        let lookup = Lookup::new(None, crm)?;
        let home = if lookup.asks_crm() {
            office
        } else {
            Handle::current()
        };
        let (answers, receiver) = mpsc::channel(ANSWERS_MAX);
        Ok((
            Self {
                lookup,
                store,
                answers,
                home,
                under_way: BTreeMap::new(),
            },
            receiver,
        ))
    }

    /// Whether the CRM's settings can work, before anything is bound.
    ///
    /// # Errors
    /// When they cannot.
    pub(crate) fn check(crm: Option<&config::Crm>) -> anyhow::Result<()> {
        Lookup::new(None, crm.map(settings).transpose()?)?;
        Ok(())
    }

    /// Asks the directory of the project and the CRM; the first answer comes by the deadline whatever happens, a better one may follow.
    pub(crate) fn start(
        &mut self,
        call: CallId,
        project: ProjectId,
        number: PhoneNumber,
        deadline: Duration,
    ) {
        let directory = Local {
            store: self.store.clone(),
            project,
        };
        // The deadline counts from here, whenever the task gets its turn.
        let lookup = self.lookup.over(Arc::new(directory));
        let mut found = lookup.start(&number, deadline);
        let answers = self.answers.clone();
        let task = self.home.spawn(async move {
            // While the hotline takes no answer the other question stands still too: there is nobody to tell.
            while let Some(client) = found.next().await {
                if answers.send((call, client)).await.is_err() {
                    return;
                }
            }
        });
        self.under_way.retain(|_, task| !task.is_finished());
        self.under_way.insert(call, task.abort_handle());
    }

    /// The caller is gone: nobody wants the answer.
    pub(crate) fn forget(&mut self, call: CallId) {
        if let Some(task) = self.under_way.remove(&call) {
            task.abort();
        }
    }
}

/// The directory in the database.
struct Local {
    store: Store,
    project: ProjectId,
}

impl Directory for Local {
    fn find<'a>(&'a self, number: &'a PhoneNumber) -> Found<'a> {
        Box::pin(async move {
            match self.store.client_by_number(&self.project, number).await {
                ClientMatch::One { client, .. } => Ok(vec![client]),
                ClientMatch::Many { candidates, .. } => Ok(candidates),
                ClientMatch::Error { error } => Err(error),
                ClientMatch::Pending | ClientMatch::None { .. } | ClientMatch::NoNumber => {
                    Ok(Vec::new())
                }
            }
        })
    }
}

fn settings(crm: &config::Crm) -> anyhow::Result<CrmConfig> {
    let mut headers: Vec<(String, Secret)> = crm
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), Secret::new(value.reveal())))
        .collect();
    if let Some(file) = &crm.authorization_file {
        headers.push(("Authorization".to_owned(), Secret::from_file(file)?));
    }
    Ok(CrmConfig {
        name: crm.name.clone(),
        url: crm.url.clone(),
        method: Ask::Get,
        headers,
        timeout: crm.timeout.0,
        map: Mapping {
            list: crm.map.list.clone().unwrap_or_default(),
            id: crm.map.id.clone(),
            name: crm.map.name.clone(),
            class: crm.map.class.clone(),
            classes: BTreeMap::new(),
            fields: crm.map.fields.clone(),
        },
    })
}
