//! Who calls, and whom, as the trunk told us.
use serde::{Deserialize, Serialize};

use crate::{Kind, Parsed, PhoneNumber, Region};

/// Which header a number was taken from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentitySource {
    /// From.
    From,
    /// P-Asserted-Identity (RFC 3325).
    Pai,
    /// Remote-Party-ID.
    Rpid,
    /// The Request-URI.
    RequestUri,
    /// To.
    To,
    /// Diversion (RFC 5806).
    Diversion,
    /// History-Info (RFC 7044).
    HistoryInfo,
    /// The default of the trunk's config.
    TrunkDefault,
}

/// Whether the caller let us see the number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presentation {
    /// Shown.
    Allowed,
    /// Withheld by the caller (Privacy: id, anonymous).
    Restricted,
    /// The network did not bring it.
    Unavailable,
}

/// The person who calls. Never identity proof: the number is what the trunk claims.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Caller {
    /// The number as it came and as it is.
    pub number: Parsed,
    /// The display name, control characters removed, at most 64 characters.
    pub display: Option<String>,
    /// Whether the number may be shown.
    pub presentation: Presentation,
    /// The header that gave it.
    pub asserted_by: IdentitySource,
    /// Where the number was issued, as far as it was known when the call came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

impl Caller {
    /// The normalised number, where there is one.
    pub fn e164(&self) -> Option<&PhoneNumber> {
        self.number.e164.as_ref()
    }

    /// The caller as everybody may know them whom they withhold their number from: neither number nor name nor region. Who withholds
    /// nothing stays as they are.
    #[must_use]
    pub fn kept_private(self) -> Self {
        match self.presentation {
            Presentation::Restricted => Self {
                asserted_by: self.asserted_by,
                ..Self::anonymous()
            },
            Presentation::Allowed | Presentation::Unavailable => self,
        }
    }

    /// A caller of whom nothing is known.
    pub fn anonymous() -> Self {
        Self {
            number: Parsed {
                raw: "anonymous".into(),
                e164: None,
                kind: Kind::Unknown,
            },
            display: None,
            presentation: Presentation::Restricted,
            asserted_by: IdentitySource::From,
            region: None,
        }
    }
}

/// The number the caller dialled (DID).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dialled {
    /// The number as it came and as it is.
    pub number: Parsed,
    /// The header that gave it.
    pub found_in: IdentitySource,
}
