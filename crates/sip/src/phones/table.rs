//! The table. Each row names what its words are taken from; `baresip` and `linphone` were tried.
use super::{Asserts, Model, Rings, Template, Word};

impl Model {
    pub(super) fn template(self) -> &'static Template {
        match self {
            Self::Yealink => &YEALINK,
            Self::Snom => &SNOM,
            Self::Adapter => &ADAPTER,
            Self::Grandstream => &GRANDSTREAM,
            Self::Polycom => &POLYCOM,
            Self::Fanvil => &FANVIL,
            Self::Linphone => &LINPHONE,
            Self::Baresip => &BARESIP,
            Self::MicroSip => &MICROSIP,
            Self::Zoiper => &ZOIPER,
            Self::Generic => &GENERIC,
        }
    }
}

/// Its administrator's guide: `Alert-Info` with `info=alert-autoanswer` answers before anything else in it is looked at; a
/// text other than that is mapped by "Internal Ringer Text". Shows P-Asserted-Identity first where `cid_source` says so.
const YEALINK: Template = Template {
    name: "yealink",
    agents: &["yealink"],
    answers: &[Word::AlertInfo, Word::CallInfo],
    rings: Rings::InfoOnLine,
    asserts: Asserts::Name,
    utf8: true,
};

/// Its wiki, "Ringtone – Alert-Info": the ring classes `alert-external` and `alert-internal` are built in. To answer, the
/// phone's "Intercom Policy" must not be off.
const SNOM: Template = Template {
    name: "snom",
    agents: &["snom"],
    answers: &[Word::AlertInfo, Word::CallInfo],
    rings: Rings::InfoOnLine,
    asserts: Asserts::Name,
    utf8: true,
};

/// Caller ID by FSK or DTMF on an analogue line: digits and ASCII. Nothing can lift the receiver.
const ADAPTER: Template = Template {
    name: "adapter",
    agents: &[
        "grandstream ht",
        "cisco/spa1",
        "cisco/spa2",
        "cisco/ata",
        "linksys/spa2",
        "linksys/pap",
        "obihai/",
        "eltex tau",
    ],
    answers: &[],
    rings: Rings::Alike,
    asserts: Asserts::RemoteParty,
    utf8: false,
};

/// Its administration guide: "Allow Auto Answer by Call-Info" must be on; a ring is matched by the text of
/// `Alert-Info: <http://127.0.0.1>; info=…`.
const GRANDSTREAM: Template = Template {
    name: "grandstream",
    agents: &["grandstream"],
    answers: &[Word::CallInfo],
    rings: Rings::Info,
    asserts: Asserts::Name,
    utf8: true,
};

/// Its administrator's guide: `voIpProt.SIP.alertInfo.x.value` is compared with Alert-Info, here with `Ring Answer` as PBXs
/// send it, and `class` says what follows. Newer ones know Call-Info without a setting.
const POLYCOM: Template = Template {
    name: "polycom",
    agents: &["poly"],
    answers: &[Word::AlertText("Ring Answer"), Word::CallInfo],
    rings: Rings::Info,
    asserts: Asserts::Name,
    utf8: true,
};

/// As Yealink: "Enable Auto Answer by Header" must be on, ring tones are mapped by the text of Alert-Info.
const FANVIL: Template = Template {
    name: "fanvil",
    agents: &["fanvil"],
    answers: &[Word::AlertInfo, Word::CallInfo],
    rings: Rings::Info,
    asserts: Asserts::Name,
    utf8: true,
};

/// The library reads Call-Info and tells the program, which does what it wants; `linphone-daemon` wants nothing.
const LINPHONE: Template = Template {
    name: "linphone",
    agents: &["linphone", "liblinphone"],
    answers: &[Word::CallInfo],
    rings: Rings::Alike,
    asserts: Asserts::Number,
    utf8: true,
};

/// Its source: all three, with `;sip_autoanswer=yes` at the account, since 4.0.
const BARESIP: Template = Template {
    name: "baresip",
    agents: &["baresip"],
    answers: &[Word::CallInfo, Word::AlertInfo, Word::AnswerMode],
    rings: Rings::Alike,
    asserts: Asserts::Number,
    utf8: true,
};

/// Its help: "Auto answer: SIP header" must be chosen.
const MICROSIP: Template = Template {
    name: "microsip",
    agents: &["microsip"],
    answers: &[Word::CallInfo, Word::Flag],
    rings: Rings::Alike,
    asserts: Asserts::Number,
    utf8: true,
};

/// Paid editions alone: "Accept server-side auto answer" must be on.
const ZOIPER: Template = Template {
    name: "zoiper",
    agents: &["zoiper", "z 3.", "z 5."],
    answers: &[Word::CallInfo],
    rings: Rings::Alike,
    asserts: Asserts::Number,
    utf8: true,
};

const GENERIC: Template = Template {
    name: "generic",
    agents: &[],
    answers: &[Word::CallInfo, Word::AlertInfo, Word::AnswerMode],
    rings: Rings::Urn,
    asserts: Asserts::Number,
    utf8: true,
};
