//! Values that must not be seen.
use std::path::Path;
use std::{env, fmt, fs};

/// A header's value with a key or a password in it. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The secret could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file is not there, not readable or not text.
    #[error("cannot read the secret file {path}")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The environment variable is not set or not text.
    #[error("the environment variable {0} with the secret is not set")]
    Environment(String),
}

impl Secret {
    /// Takes the value itself.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Reads a file; the line end after the value is cut.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, SecretError> {
        let text = fs::read_to_string(path).map_err(|source| SecretError::File {
            path: path.display().to_string(),
            source,
        })?;
        Ok(Self(text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// Reads an environment variable.
    ///
    /// # Errors
    /// The variable is not set.
    pub fn from_env(name: &str) -> Result<Self, SecretError> {
        env::var(name)
            .map(Self)
            .map_err(|_| SecretError::Environment(name.to_owned()))
    }

    /// The value, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        fs::write(&path, "Bearer canary\r\n").unwrap();
        let secret = Secret::from_file(&path).unwrap();
        assert_eq!(secret.reveal(), "Bearer canary");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert!(Secret::from_file(&dir.path().join("none")).is_err());
        assert!(Secret::from_env("GUDOK_NO_SUCH_VARIABLE").is_err());
    }
}
