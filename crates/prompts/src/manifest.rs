//! `pack.toml`: whose voice a pack is, under which licence, and what each prompt says.
use std::collections::BTreeMap;

use serde::Deserialize;

/// The script of a pack.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Of the pack.
    pub name: String,
    /// The language: `ru`.
    pub locale: String,
    /// Who speaks.
    pub voice: String,
    /// Of texts and voice.
    pub licence: String,
    /// Whole phrases: the text by the prompt's name.
    #[serde(default)]
    pub prompt: BTreeMap<String, String>,
    /// Pieces of phrases that have numbers in them.
    #[serde(default)]
    pub fragment: BTreeMap<String, String>,
}

/// Why a script is none.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReadManifestError(#[from] toml::de::Error);

impl Manifest {
    /// Reads a script.
    ///
    /// # Errors
    /// With line and column when it is not TOML, lacks a key or has an unknown one.
    pub fn read(text: &str) -> Result<Self, ReadManifestError> {
        Ok(toml::from_str(text)?)
    }

    /// Every prompt with what it says.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.prompt.iter().chain(&self.fragment);
        all.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// What a prompt says.
    pub fn text(&self, name: &str) -> Option<&str> {
        let found = self.prompt.get(name).or_else(|| self.fragment.get(name));
        found.map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        let error = Manifest::read("name = \"x\"\nlocal = \"ru\"\n").unwrap_err();
        let said = error.to_string();
        assert!(said.contains("line 2") && said.contains("local"), "{said}");
    }
}
