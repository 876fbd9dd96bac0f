//! The track of a word aside: what an operator and whoever they asked said while the caller heard music. A recording of its own,
//! beside the call's, with a sidecar that says whose word it was and where it belongs on the call's own timeline.
use std::path::Path;

use gudok_model::Name;
use serde::{Deserialize, Serialize};

/// The ending of its name, before that of the file.
const ENDING: &str = "consultation";

/// Whose word aside a recording is, as it is announced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consulted {
    /// The number of the call's own recording, which goes on.
    pub of: u64,
    /// The operator who asks.
    pub by: Name,
    /// Who is asked.
    pub with: Name,
}

/// The same in the sidecar.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Consultation {
    /// The operator who asked: the right channel.
    pub by: Name,
    /// Who was asked: the left channel.
    pub with: Name,
    /// The call's own recording, under the recordings folder, with `.wav`.
    pub of: String,
    /// The first sample of this one, from the start of that. Milliseconds; None: that one's beginning was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<u64>,
}

/// The same in the journal: it must be made again from there without the call's own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Aside {
    pub(crate) by: Name,
    pub(crate) with: Name,
    /// The stem of the call's own recording.
    pub(crate) of: String,
    /// Where that one's timeline begins. Monotonic µs.
    pub(crate) since: Option<u64>,
}

impl Aside {
    /// For the sidecar of a track that began then. Monotonic µs.
    pub(crate) fn told(&self, start: u64) -> Consultation {
        let offset = |since: u64| start.saturating_sub(since) / 1000;
        Consultation {
            by: self.by.clone(),
            with: self.with.clone(),
            of: format!("{}.wav", self.of),
            offset_ms: self.since.map(offset),
        }
    }
}

/// The names it may have, in order: `ID.consultation`, `ID.consultation-2` … beside `ID`.
pub(crate) fn stems(own: &str) -> impl Iterator<Item = String> {
    let first = format!("{own}.{ENDING}");
    let numbered = (2..100).map({
        let first = first.clone();
        move |n| format!("{first}-{n}")
    });
    std::iter::once(first).chain(numbered)
}

impl Consultation {
    /// What the name of such a file tells where its sidecar and the journal are lost. None: it is a call's own.
    pub(crate) fn of_name(root: &Path, path: &Path) -> Option<Self> {
        let stem = path.file_stem()?.to_str()?;
        let (own, rest) = stem.split_once('.')?;
        let numbered = || rest.strip_prefix(ENDING)?.strip_prefix('-');
        if rest != ENDING && numbered().is_none() {
            return None;
        }
        let of = path.with_file_name(format!("{own}.wav"));
        let of = of.strip_prefix(root).unwrap_or(&of);
        Some(Self {
            by: "unknown".into(),
            with: "unknown".into(),
            of: of.to_string_lossy().into_owned(),
            offset_ms: None,
        })
    }

    /// Whether the call's own recording lies beside this sidecar, or grows there.
    pub(crate) fn has_its_call(&self, json: &Path) -> bool {
        let Some(own) = Path::new(&self.of).file_name() else {
            return false;
        };
        let own = json.with_file_name(own);
        own.exists() || own.with_extension("part").exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_aside_of_a_call_has_a_name_of_its_own() {
        let names: Vec<String> = stems("2026/11/21/0193").take(2).collect();
        assert_eq!(
            names,
            [
                "2026/11/21/0193.consultation",
                "2026/11/21/0193.consultation-2"
            ]
        );
    }
}
