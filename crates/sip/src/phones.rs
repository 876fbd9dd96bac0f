//! Phones by make: what an INVITE says so that one answers by itself, rings by kind of call, and shows who calls.
//!
//! A pure table. Phones pass over what they do not know, and most want a switch of their own to be set before they obey
//! (named at each make), so a wrong guess costs the effect and nothing else. Never `Require: answermode`: a phone that does
//! not know it would refuse the call.
mod latin;
mod table;

use std::borrow::Cow;

pub use latin::latin;

use crate::address::NameAddr;

/// A make of phone, or a program that is one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Model {
    /// Yealink T, W, CP.
    Yealink,
    /// Snom D, M.
    Snom,
    /// An analogue phone behind an adapter (Grandstream HT, Cisco and Linksys SPA, Eltex TAU …).
    Adapter,
    /// Grandstream GXP, GRP, WP.
    Grandstream,
    /// Polycom SoundPoint, VVX, Poly Edge.
    Polycom,
    /// Fanvil X, V.
    Fanvil,
    /// Linphone and what is made of its library.
    Linphone,
    /// baresip.
    Baresip,
    /// MicroSIP.
    MicroSip,
    /// Zoiper.
    Zoiper,
    /// Anything else.
    #[default]
    Generic,
}

/// What a phone is asked to do with a call, beside ringing; see [`Model::words`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ForPhone {
    /// What the admin says the phone is. None: guessed of each contact by its User-Agent.
    pub model: Option<Model>,
    /// Whether it is to answer by itself.
    pub answer: Answer,
    /// Whether it is told the kind of call, to ring by it.
    pub ring: Option<Ring>,
    /// Host of the URIs in these headers: our domain.
    pub host: String,
}

/// How a phone is told to answer by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Not at all.
    Never,
    /// As its make wants it.
    AsModel,
    /// `Call-Info: <sip:…>;answer-after=0`.
    CallInfo,
    /// `Alert-Info: <http://…>;info=alert-autoanswer;delay=0`.
    AlertInfo,
    /// `Answer-Mode: Auto` (RFC 5373).
    AnswerMode,
    /// These three.
    All,
}

/// Kind of call, for the ear.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ring {
    /// A caller of the hotline.
    Caller,
    /// Somebody of ours.
    Colleague,
}

/// The row of one make.
#[derive(Debug)]
struct Template {
    /// As admins write it.
    name: &'static str,
    /// How its User-Agent begins, in lower case.
    agents: &'static [&'static str],
    /// All that makes it answer.
    answers: &'static [Word],
    rings: Rings,
    /// Header that says again who calls, for those that look there first.
    asserts: Asserts,
    /// Whether it shows what is not ASCII.
    utf8: bool,
}

/// One header by which phones answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Word {
    CallInfo,
    AlertInfo,
    /// Compared as a whole with what is set at the phone.
    AlertText(&'static str),
    AnswerMode,
    /// `X-AUTOANSWER: TRUE`.
    Flag,
}

/// How the kind of call is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rings {
    /// It is not.
    Alike,
    /// `Alert-Info: <http://127.0.0.1>;info=alert-external` or `alert-internal`. The address is there for form's sake: there
    /// are phones that fetch the tone from it.
    Info,
    /// The same with `;x-line-id=0`.
    InfoOnLine,
    /// `Alert-Info: <urn:alert:source:external>` or `internal` (RFC 7462 §7).
    Urn,
}

/// Where it is said again who calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asserts {
    /// P-Asserted-Identity with the number alone: the name is in From.
    Number,
    /// P-Asserted-Identity with name and number, for those that show it before From.
    Name,
    /// Remote-Party-ID with name and number besides.
    RemoteParty,
}

impl Model {
    /// All of them, in the order they are tried in.
    pub const ALL: [Self; 11] = [
        Self::Yealink,
        Self::Snom,
        Self::Adapter,
        Self::Grandstream,
        Self::Polycom,
        Self::Fanvil,
        Self::Linphone,
        Self::Baresip,
        Self::MicroSip,
        Self::Zoiper,
        Self::Generic,
    ];

    /// As admins write it: `yealink`.
    pub fn name(self) -> &'static str {
        self.template().name
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    /// By the User-Agent of a REGISTER; [`Generic`](Self::Generic) where it says nothing we know.
    pub fn guess(agent: &str) -> Self {
        let begins = |beginning: &&str| {
            let head = agent.as_bytes().get(..beginning.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(beginning.as_bytes()))
        };
        let mut all = Self::ALL.into_iter();
        all.find(|model| model.template().agents.iter().any(begins))
            .unwrap_or_default()
    }

    /// Whether anything makes it answer by itself.
    pub fn answers_by_itself(self) -> bool {
        !self.template().answers.is_empty()
    }

    /// A name as the phone can show it.
    pub fn display(self, name: &str) -> Cow<'_, str> {
        match self.template().utf8 {
            true => Cow::Borrowed(name),
            false => latin(name),
        }
    }

    /// The headers for a phone of this make. `from`: who calls, as in From, with a name that it can
    /// [show](Self::display).
    pub fn words(self, call: &ForPhone, from: &NameAddr) -> Vec<(String, String)> {
        let template = self.template();
        let mut words = template.asserts.headers(from);
        let answers = match call.answer {
            Answer::Never => &[][..],
            Answer::AsModel => template.answers,
            Answer::CallInfo => &[Word::CallInfo],
            Answer::AlertInfo => &[Word::AlertInfo],
            Answer::AnswerMode => &[Word::AnswerMode],
            Answer::All => &[Word::CallInfo, Word::AlertInfo, Word::AnswerMode],
        };
        words.extend(answers.iter().map(|word| word.header(&call.host)));
        // There is one Alert-Info; a phone that answers by itself need not ring by kind.
        let alerts = words.iter().any(|(name, _)| name == "Alert-Info");
        let ring = call.ring.filter(|_| !alerts);
        words.extend(ring.and_then(|ring| template.rings.header(ring)));
        words
    }
}

impl Word {
    fn header(self, host: &str) -> (String, String) {
        let (name, value) = match self {
            Self::CallInfo => ("Call-Info", format!("<sip:{host}>;answer-after=0")),
            Self::AlertInfo => (
                "Alert-Info",
                format!("<http://{host}>;info=alert-autoanswer;delay=0"),
            ),
            Self::AlertText(text) => ("Alert-Info", text.to_owned()),
            Self::AnswerMode => ("Answer-Mode", "Auto".to_owned()),
            Self::Flag => ("X-AUTOANSWER", "TRUE".to_owned()),
        };
        (name.to_owned(), value)
    }
}

impl Rings {
    fn header(self, ring: Ring) -> Option<(String, String)> {
        let kind = match ring {
            Ring::Caller => "external",
            Ring::Colleague => "internal",
        };
        let value = match self {
            Self::Alike => return None,
            Self::Info => format!("<http://127.0.0.1>;info=alert-{kind}"),
            Self::InfoOnLine => format!("<http://127.0.0.1>;info=alert-{kind};x-line-id=0"),
            Self::Urn => format!("<urn:alert:source:{kind}>"),
        };
        Some(("Alert-Info".to_owned(), value))
    }
}

impl Asserts {
    fn headers(self, from: &NameAddr) -> Vec<(String, String)> {
        let pai = |value: String| ("P-Asserted-Identity".to_owned(), value);
        match self {
            Self::Number => vec![pai(format!("<{}>", from.uri))],
            Self::Name => vec![pai(from.to_string())],
            Self::RemoteParty => {
                let kept = privacy(from);
                let party = format!("{from};party=calling;screen=yes;privacy={kept}");
                vec![pai(from.to_string()), ("Remote-Party-ID".to_owned(), party)]
            }
        }
    }
}

/// What a box is not to show: nothing of somebody unknown, no number of a colleague, who has a name alone.
fn privacy(from: &NameAddr) -> &'static str {
    let user = from.uri.user_text();
    let nobody = user.is_some_and(|user| user.eq_ignore_ascii_case("anonymous"));
    match (nobody, &from.display) {
        (false, _) => "off",
        (true, Some(_)) => "uri",
        (true, None) => "full",
    }
}

#[cfg(test)]
mod tests;
