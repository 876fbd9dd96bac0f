//! The arguments of a command, read one by one where they are wanted, so that one which does not fit is named.
use gudok_model::Name;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Longest name (reason, code) in a command. Bytes.
pub(crate) const NAME_BYTES_MAX: usize = 64;

/// Why a command is not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Misfit {
    /// A later client may know more commands than we do.
    #[error("the command is unknown")]
    Command,
    /// They are no object.
    #[error("args are no JSON object")]
    Args,
    /// It is missing, too long, out of its bounds or of another kind.
    #[error("{0} is missing or does not fit")]
    Arg(&'static str),
}

impl Misfit {
    /// The argument by its name; None: there is no such command.
    pub fn arg(self) -> Option<&'static str> {
        match self {
            Self::Command => None,
            Self::Args => Some("args"),
            Self::Arg(name) => Some(name),
        }
    }
}

/// All arguments of a command. What nobody asks for is ignored, so that newer clients may talk to us.
#[derive(Default)]
pub(crate) struct Args(Map<String, Value>);

impl Args {
    /// None of them, or an object.
    pub(crate) fn read(args: Option<Value>) -> Result<Self, Misfit> {
        match args {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(Value::Object(args)) => Ok(Self(args)),
            Some(_) => Err(Misfit::Args),
        }
    }

    /// It may be left out.
    pub(crate) fn maybe<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, Misfit> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => fits(name, serde_json::from_value(value).ok()).map(Some),
        }
    }

    /// It must be there.
    pub(crate) fn need<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, Misfit> {
        self.maybe(name)?.ok_or(Misfit::Arg(name))
    }

    /// A name of ours: not empty, and not longer than one is.
    pub(crate) fn name(&mut self, name: &'static str) -> Result<Name, Misfit> {
        fits(name, short(self.need(name)?))
    }

    /// The same, and it may be left out.
    pub(crate) fn maybe_name(&mut self, name: &'static str) -> Result<Option<Name>, Misfit> {
        let told: Option<Name> = self.maybe(name)?;
        told.map(|told| fits(name, short(told))).transpose()
    }

    /// As many names as one may send.
    pub(crate) fn names(&mut self, name: &'static str, max: usize) -> Result<Vec<Name>, Misfit> {
        let told: Vec<Name> = self.need(name)?;
        let told = fits(name, (told.len() <= max).then_some(told))?;
        let names = told.into_iter().map(|told| fits(name, short(told)));
        names.collect()
    }
}

/// What is read of this argument, or that it does not fit.
pub(crate) fn fits<T>(name: &'static str, read: Option<T>) -> Result<T, Misfit> {
    read.ok_or(Misfit::Arg(name))
}

pub(crate) fn short(name: Name) -> Option<Name> {
    (!name.is_empty() && name.len() <= NAME_BYTES_MAX).then_some(name)
}
