//! Where the rules of zones come from: compiled in, or handed in by whoever starts the process. Why once for the whole
//! process: `decisions/0002`.
use std::collections::BTreeMap;
use std::sync::OnceLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Zones in one table. The IANA database has six hundred with its old names.
pub const ZONES_MAX: usize = 1_024;
/// Bytes of one zone. The longest of the IANA database has four thousand.
pub const ZONE_BYTES_MAX: usize = 64 * 1_024;

static IN_FORCE: OnceLock<Zones> = OnceLock::new();

/// Rules of zones that go before those that are compiled in, by their names. Empty: none.
#[derive(Default, Debug)]
pub struct Zones {
    /// In lower case: names are looked up without regard to it, as in what is compiled in.
    by_name: BTreeMap<String, TimeZone>,
}

/// Why a zone is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadZone {
    /// The bytes are none of RFC 9636.
    #[error("not time zone data (TZif): {0}")]
    NotTzif(String),
    /// More than [`ZONE_BYTES_MAX`].
    #[error("time zone data of {0} bytes, more than {ZONE_BYTES_MAX}")]
    TooLong(usize),
    /// One more than [`ZONES_MAX`].
    #[error("more than {ZONES_MAX} time zones")]
    TooMany,
}

/// A table is in force, or a zone was looked up without one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the rules of time zones are in use and stay as they are")]
pub struct InUse;

impl Zones {
    /// Takes one zone from what a compiled zone file holds (TZif, RFC 9636); one of the same name is replaced.
    ///
    /// # Errors
    /// [`BadZone`]; the table stays as it was.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), BadZone> {
        if bytes.len() > ZONE_BYTES_MAX {
            return Err(BadZone::TooLong(bytes.len()));
        }
        let key = name.to_ascii_lowercase();
        if self.by_name.len() == ZONES_MAX && !self.by_name.contains_key(&key) {
            return Err(BadZone::TooMany);
        }
        let zone = TimeZone::tzif(name, bytes);
        let zone = zone.map_err(|error| BadZone::NotTzif(error.to_string()))?;
        self.by_name.insert(key, zone);
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// From now on every zone of this process is looked up here first. Before the first look-up, and once.
    ///
    /// # Errors
    /// [`InUse`]: two zones of one name would go by different rules.
    pub fn put_in_force(self) -> Result<(), InUse> {
        IN_FORCE.set(self).map_err(|_| InUse)
    }
}

/// Every name of the zones that are compiled in, old ones included.
pub fn compiled_in() -> Vec<String> {
    let database = TimeZoneDatabase::bundled();
    let names = database.available();
    names.map(|name| name.as_str().to_owned()).collect()
}

/// The rules that count in this process. The first look-up decides that there is no table where none was handed in.
pub(crate) fn rules(name: &str) -> Option<TimeZone> {
    let zones = IN_FORCE.get_or_init(Zones::default);
    let found = zones.by_name.get(&name.to_ascii_lowercase()).cloned();
    found.or_else(|| rules_compiled_in(name))
}

/// Every name that [`rules`] knows.
pub(crate) fn known() -> Vec<String> {
    let zones = IN_FORCE.get_or_init(Zones::default).by_name.values();
    let mut names: Vec<String> = zones
        .filter_map(|zone| zone.iana_name().map(str::to_owned))
        .chain(compiled_in())
        .collect();
    names.sort();
    names.dedup();
    names
}

pub(crate) fn rules_compiled_in(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}
