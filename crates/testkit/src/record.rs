//! What stays of a call: its row, its story and its recording, as the command line gives them.
use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::audio::{Sound, read_wav};
use crate::daemon::Folder;

/// One call on record.
#[derive(Debug)]
pub struct Record {
    /// As `gudok calls --output json` has it.
    pub row: Value,
    /// As `gudok explain` tells it, line by line.
    pub story: Vec<String>,
}

impl Record {
    /// All calls of a folder, oldest first.
    pub(crate) fn all(folder: &Folder) -> Result<Vec<Self>> {
        let calls = folder.verb(&["calls", "--output", "json"])?;
        let mut records = calls
            .lines()
            .map(|line| {
                let row: Value = serde_json::from_str(line)?;
                let id = row["call_id"].as_str().context("a call without an id")?;
                let story = folder
                    .verb(&["explain", id])?
                    .lines()
                    .map(str::to_owned)
                    .collect();
                Ok(Self { row, story })
            })
            .collect::<Result<Vec<_>>>()?;
        records.reverse();
        Ok(records)
    }

    /// The call's id.
    pub fn id(&self) -> &str {
        self.text("call_id")
    }

    /// A column of text; empty where there is nothing.
    pub fn text(&self, column: &str) -> &str {
        self.row[column].as_str().unwrap_or_default()
    }

    /// A column of numbers. Panics where there is none: a test asks for what must be there.
    pub fn number(&self, column: &str) -> i64 {
        self.row[column]
            .as_i64()
            .unwrap_or_else(|| panic!("no {column} in {:#}", self.row))
    }

    /// Number of the first line of the story that holds these words. Panics where there is none.
    pub fn line(&self, words: &str) -> usize {
        let found = self.story.iter().position(|line| line.contains(words));
        found.unwrap_or_else(|| panic!("no «{words}» in the story:\n{}", self.story.join("\n")))
    }

    /// Whether the story holds these words.
    pub fn tells(&self, words: &str) -> bool {
        self.story.iter().any(|line| line.contains(words))
    }

    /// The recording: what the caller said, and what the caller heard.
    pub fn sound(&self, folder: &Folder) -> Result<(Sound, Sound)> {
        let file = folder.path("recordings").join(self.text("recording_file"));
        let mut channels = read_wav(&file)
            .with_context(|| format!("of {:#}", self.row))?
            .into_iter();
        let (left, right) = (channels.next(), channels.next());
        ensure!(channels.next().is_none(), "a recording has two channels");
        left.zip(right).context("a recording has two channels")
    }
}
