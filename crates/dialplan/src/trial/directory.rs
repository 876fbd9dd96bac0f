//! What a search by something typed finds, as tests and states tell it.
use std::collections::BTreeMap;

use gudok_model::{ClientMatch, Name};

use super::client;
use crate::reader::Item;
use crate::text::Problems;

/// What is found by which value of which field.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Directory(BTreeMap<(Name, String), ClientMatch>);

impl Directory {
    /// What this search brings: nobody where nothing is told.
    pub fn find(&self, by: &Name, value: &str) -> ClientMatch {
        let found = self.0.get(&(by.clone(), value.to_owned()));
        found.cloned().unwrap_or(ClientMatch::None { took_ms: 0 })
    }
}

/// `directory = { account = { 4502 = { class = "vip" } } }`.
pub(crate) fn directory(item: Item<'_>, problems: &mut Problems<'_>) -> Directory {
    let mut found = BTreeMap::new();
    let fields = item.table(problems).map(|table| table.entries());
    for (by, item) in fields.unwrap_or_default() {
        let values = item.table(problems).map(|table| table.entries());
        for (value, item) in values.unwrap_or_default() {
            if let Some(client) = client(item, problems) {
                found.insert((Name::from(by.text.as_str()), value.text), client);
            }
        }
    }
    Directory(found)
}
