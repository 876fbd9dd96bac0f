//! What may stand where in the files of a plan: one description, by which the reader takes tables apart and of which the
//! JSON Schema for editors is made. A key that is not here is not read; so none can be read that the schema does not know.
pub(crate) mod outbound;
pub(crate) mod plan;
pub(crate) mod state;
pub(crate) mod steps;
pub(crate) mod survey;
pub(crate) mod trial;

/// A table and its keys.
pub(crate) struct Shape {
    /// In the order in which they are listed for who wrote another one.
    pub(crate) keys: &'static [Key],
    /// Keys besides, whatever their names; None: there are none.
    pub(crate) rest: Option<&'static Of>,
}

/// One key of a table.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) of: Of,
    pub(crate) must: bool,
    /// What it means. Russian.
    pub(crate) about: &'static str,
}

/// What may be written there. The reader checks more than a schema can say: that names lead somewhere, that a window is one.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    /// Any text, at most so many characters.
    Text(u32),
    /// A text that fits; with an example.
    Pattern(&'static str, &'static str),
    /// The name of something.
    Name,
    /// The same, or in a sub-flow `param.X`.
    Named,
    /// A prompt, or a value in words.
    Said,
    /// An expression in CEL.
    Condition,
    Flag,
    /// Only `true`: said aloud.
    True,
    /// A whole number within bounds.
    Int(i64, i64),
    /// Such as `"20s"`; bounds in milliseconds.
    Duration((u64, u64)),
    Words(&'static [&'static str]),
    /// A date or a moment, in quotes or without.
    Moment,
    Table(&'static Shape),
    /// A table whose keys are names, such as this pattern.
    Map(&'static str, &'static Self),
    List(&'static Self),
    /// One, or a list of them.
    Many(&'static Self),
    Either(&'static [Self]),
    /// The name of a flow, or steps in brackets.
    Branch,
    /// The steps of a flow.
    Flow,
}

/// A name: see [`is_slug`](crate::reader::is_slug).
pub(crate) const NAME: &str = "^[a-z_][a-z0-9_]{0,39}$";

/// Codes of `[dispositions]`.
pub(crate) const CODE: &str = "^[A-Z0-9_]{0,40}$";

/// Longest text for people. Characters.
pub(crate) const TEXT_MAX: u32 = 200;

/// A number in E.164.
pub(crate) const PHONE: Of = Of::Pattern("^\\+[0-9]{7,15}$", "+78001234567");

/// Nothing is known of its keys.
pub(crate) static ANY: Shape = Shape {
    keys: &[],
    rest: None,
};

impl Key {
    /// A key that may be there.
    pub(crate) const fn may(name: &'static str, of: Of, about: &'static str) -> Self {
        Self {
            name,
            of,
            must: false,
            about,
        }
    }

    /// A key that must be there.
    pub(crate) const fn must(name: &'static str, of: Of, about: &'static str) -> Self {
        Self {
            must: true,
            ..Self::may(name, of, about)
        }
    }
}

impl Shape {
    /// A table with these keys and no others.
    pub(crate) const fn of(keys: &'static [Key]) -> Self {
        Self { keys, rest: None }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.name == key)
    }
}

/// The words of a closed list, by which the reader knows what each means.
pub(crate) const fn words<T, const N: usize>(list: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut words = [""; N];
    let mut at = 0;
    while at < N {
        words[at] = list[at].0;
        at += 1;
    }
    words
}
