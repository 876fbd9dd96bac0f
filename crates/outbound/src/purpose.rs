//! What somebody is called for, on which ground, and through which door the call leaves.
use gudok_model::Name;

/// What the call is for. The rules of the law differ by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// What the client asked for, or what their contract needs: a callback, a visit, a failure.
    Service,
    /// A debt that is overdue (230-ФЗ).
    Debt,
    /// Advertising (38-ФЗ, ст. 18).
    Advertising,
    /// A survey.
    Survey,
}

/// What gives us the right to call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ground {
    /// They asked us to.
    Request,
    /// A contract with them.
    Contract,
    /// They agreed, before.
    Consent,
    /// They owe.
    Debt,
}

/// The legal basis of one call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Basis {
    /// Of which kind.
    pub ground: Ground,
    /// What proves it: the number of a contract, of a request, of a recorded consent.
    pub reference: Option<Name>,
}

/// Through which door a call leaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// Somebody of ours calls a client: everything is asked.
    Client,
    /// An operator passes a caller on, or consults somebody outside: prefixes, limits and the night. The law of calls to
    /// clients does not rule it: no client is called.
    Operator,
    /// A step of the plan: duty, outsourcer. Prefixes and limits, and no night, since that is when duty is called.
    Plan,
}

impl Purpose {
    /// Each with its word.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("service", Self::Service),
        ("debt", Self::Debt),
        ("advertising", Self::Advertising),
        ("survey", Self::Survey),
    ];

    /// As it is written in files and commands.
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }

    /// As people are told. Russian.
    pub fn told(self) -> &'static str {
        match self {
            Self::Service => "обслуживание",
            Self::Debt => "взыскание долга",
            Self::Advertising => "реклама",
            Self::Survey => "опрос",
        }
    }
}

impl Ground {
    /// Each with its word.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("request", Self::Request),
        ("contract", Self::Contract),
        ("consent", Self::Consent),
        ("debt", Self::Debt),
    ];

    /// As it is written in files and commands.
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }
}

fn word_of<T: Copy + PartialEq>(words: &[(&'static str, T)], meant: T) -> &'static str {
    let found = words.iter().find(|(_, known)| *known == meant);
    found.map_or("", |(word, _)| word)
}
