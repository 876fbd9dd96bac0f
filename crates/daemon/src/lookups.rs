//! Lookups under way: one per call, answers to the hotline, gone with the caller.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gudok_crm::{Answers, Ask, CrmConfig, Directory, Found, Key, Lookup, Mapping, Secret};
use gudok_model::{CallId, ClientMatch, PhoneNumber, ProjectId};
use gudok_store::Store;
use gudok_switchboard::Input;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::config;

/// Answers that may wait for the hotline. Full: the lookup waits, the call does not.
const ANSWERS_MAX: usize = 1_024;

/// By what a call's client is looked up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Number,
    Typed,
}

/// Starts lookups and forgets them.
pub(crate) struct Lookups {
    lookup: Lookup,
    store: Store,
    answers: mpsc::Sender<Input>,
    /// Where the work is done.
    home: Handle,
    /// Of each call that of its number, and the last one by something typed.
    under_way: BTreeMap<(CallId, Asked), AbortHandle>,
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
    ) -> anyhow::Result<(Self, mpsc::Receiver<Input>)> {
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
        let found = self.asked(project, &Key::Number(number), deadline);
        let answer = move |client| Input::LookupDone { call, client };
        self.tell((call, Asked::Number), found, answer);
    }

    /// The same by something that was typed; what was typed before is not searched any more.
    pub(crate) fn search(
        &mut self,
        (call, search): (CallId, u16),
        project: ProjectId,
        (name, value): (String, String),
        deadline: Duration,
    ) {
        let found = self.asked(project, &Key::Field { name, value }, deadline);
        let answer = move |client| Input::SearchDone {
            call,
            search,
            client,
        };
        self.tell((call, Asked::Typed), found, answer);
    }

    fn asked(&self, project: ProjectId, key: &Key, deadline: Duration) -> Answers {
        let directory = Local {
            store: self.store.clone(),
            project,
        };
        // The deadline counts from here, whenever the task gets its turn.
        let lookup = self.lookup.over(Arc::new(directory));
        lookup.start(key, deadline)
    }

    fn tell(
        &mut self,
        asked: (CallId, Asked),
        mut found: Answers,
        answer: impl Fn(ClientMatch) -> Input + Send + 'static,
    ) {
        let answers = self.answers.clone();
        let task = self.home.spawn(async move {
            // While the hotline takes no answer the other question stands still too: there is nobody to tell.
            while let Some(client) = found.next().await {
                if answers.send(answer(client)).await.is_err() {
                    return;
                }
            }
        });
        self.under_way.retain(|_, task| !task.is_finished());
        if let Some(before) = self.under_way.insert(asked, task.abort_handle()) {
            before.abort();
        }
    }

    /// The caller is gone: nobody wants the answer.
    pub(crate) fn forget(&mut self, call: CallId) {
        for asked in [Asked::Number, Asked::Typed] {
            if let Some(task) = self.under_way.remove(&(call, asked)) {
                task.abort();
            }
        }
    }
}

/// The directory in the database.
struct Local {
    store: Store,
    project: ProjectId,
}

impl Directory for Local {
    fn find<'a>(&'a self, key: &'a Key) -> Found<'a> {
        Box::pin(async move {
            let found = match key {
                Key::Number(number) => self.store.client_by_number(&self.project, number).await,
                Key::Field { name, value } => {
                    let (store, project) = (&self.store, &self.project);
                    store.client_by_field(project, name, value).await
                }
            };
            match found {
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
        by: crm.by.clone(),
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
