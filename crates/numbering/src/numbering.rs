//! The one question: of which region is this number.
use gudok_model::region::Confidence;
use gudok_model::{Name, PhoneNumber, Region};

use crate::code::coded;
use crate::subject::Subject;
use crate::table::{Entry, Table};

/// The code of a number of Russia of which no more is known.
pub const RUSSIA: &str = "RU";
/// The code of +7 6xx and +7 7xx.
pub const KAZAKHSTAN: &str = "KZ";
/// All of Kazakhstan has had one time since 1 March 2024.
const KAZAKH_ZONE: &str = "Asia/Almaty";

/// What is known of numbers: ranges of the registry where there is a table, and geographic codes.
#[derive(Clone, Debug, Default)]
pub struct Numbering {
    table: Option<Table>,
}

impl Numbering {
    /// Geographic codes alone; a mobile number tells its country.
    pub fn built_in() -> Self {
        Self::default()
    }

    /// With the ranges of a registry.
    pub fn with(table: Table) -> Self {
        Self { table: Some(table) }
    }

    /// The table, where there is one.
    pub fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }

    /// The range of the registry that has this number.
    pub fn entry(&self, number: &PhoneNumber) -> Option<Entry<'_>> {
        let national: u64 = number.as_str().strip_prefix("+7")?.parse().ok()?;
        self.table.as_ref()?.find(national)
    }

    /// The region of a number; None for numbers that are not of +7, and for those of Abkhazia (+7 840, +7 940).
    pub fn region_of(&self, number: &PhoneNumber) -> Option<Region> {
        let national = number.as_str().strip_prefix("+7")?;
        if national.starts_with(['6', '7']) {
            return Some(country(KAZAKHSTAN, "Казахстан", Some(KAZAKH_ZONE)));
        }
        if national.starts_with("840") || national.starts_with("940") {
            return None;
        }
        let ranged = self
            .entry(number)
            .and_then(|entry| of_entry(&entry, national));
        let region = ranged.or_else(|| of_code(national));
        Some(region.unwrap_or_else(|| country(RUSSIA, "Россия", None)))
    }
}

/// The region with this code as a registry gives it for this number: a mobile one's is where it was issued. For tests of
/// plans. None for a word that is no code (see [`Subject::WORDS`]).
pub fn region_called(code: &str, number: &PhoneNumber) -> Option<Region> {
    let confidence = match number.as_str().starts_with("+79") {
        true => Confidence::Mobile,
        false => Confidence::Exact,
    };
    match code {
        RUSSIA => Some(country(RUSSIA, "Россия", None)),
        KAZAKHSTAN => Some(country(KAZAKHSTAN, "Казахстан", Some(KAZAKH_ZONE))),
        _ => {
            let subject = Subject::by_code(code)?;
            Some(region(subject, None, subject.zone, confidence))
        }
    }
}

/// None where the registry names no subject that has a name here.
fn of_entry(entry: &Entry<'_>, national: &str) -> Option<Region> {
    let subject = Subject::by_code(entry.subject)?;
    let zone = match entry.zone {
        "" => subject.zone,
        zone => zone,
    };
    let also = Subject::by_code(entry.also);
    // The place within a subject of several zones: its geographic code knows better than the registry.
    let place = coded(national).filter(|coded| coded.subject == subject.code && coded.place);
    let confidence = if also.is_some() || (subject.has_several_zones() && place.is_none()) {
        Confidence::Mixed
    } else if national.starts_with('9') {
        Confidence::Mobile
    } else {
        Confidence::Exact
    };
    Some(region(subject, also, zone, confidence))
}

fn of_code(national: &str) -> Option<Region> {
    let coded = coded(national)?;
    let subject = Subject::by_code(coded.subject)?;
    let also = coded.also.and_then(Subject::by_code);
    let mixed = also.is_some() || (subject.has_several_zones() && !coded.place);
    let confidence = match mixed {
        true => Confidence::Mixed,
        false => Confidence::Code,
    };
    Some(region(subject, also, subject.zone, confidence))
}

fn region(subject: &Subject, also: Option<&Subject>, zone: &str, confidence: Confidence) -> Region {
    let name: Name = match also {
        Some(also) => format!("{} и {}", subject.name, also.name).into(),
        None => subject.name.into(),
    };
    Region {
        code: subject.code.into(),
        also: also.map(|also| also.code.into()),
        name,
        zone: Some(zone.into()),
        confidence,
    }
}

fn country(code: &str, name: &str, zone: Option<&str>) -> Region {
    Region {
        code: code.into(),
        also: None,
        name: name.into(),
        zone: zone.map(Name::from),
        confidence: Confidence::Country,
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::Wall;

    use super::*;
    use crate::table::{Range, write};

    fn told(numbering: &Numbering, number: &str) -> String {
        let number = PhoneNumber::try_from(number.to_owned()).expect("a number");
        numbering.region_of(&number).map_or("-".into(), |region| {
            let also = region.also.map_or(String::new(), |also| format!("+{also}"));
            let zone = region.zone.unwrap_or("-".into());
            format!(
                "{}{also} {zone} {} ({})",
                region.code,
                region.confidence.word(),
                region.name
            )
        })
    }

    #[test]
    fn without_a_table_geographic_codes_tell_the_region() {
        let known = Numbering::built_in();
        for (number, wanted) in [
            (
                "+73952000001",
                "RU-IRK Asia/Irkutsk code (Иркутская область)",
            ),
            (
                "+74012000001",
                "RU-KGD Europe/Kaliningrad code (Калининградская область)",
            ),
            (
                "+78452000001",
                "RU-SAR Europe/Saratov code (Саратовская область)",
            ),
            (
                "+74950000001",
                "RU-MOW+RU-MOS Europe/Moscow mixed (Москва и Московская область)",
            ),
            (
                "+78185300001",
                "RU-NEN Europe/Moscow code (Ненецкий автономный округ)",
            ),
            (
                "+74112000001",
                "RU-SA Asia/Yakutsk code (Республика Саха (Якутия))",
            ),
            (
                "+74115000001",
                "RU-SA Asia/Yakutsk mixed (Республика Саха (Якутия))",
            ),
            ("+79990000001", "RU - country (Россия)"),
            ("+78000000001", "RU - country (Россия)"),
            ("+77010000001", "KZ Asia/Almaty country (Казахстан)"),
            ("+76000000001", "KZ Asia/Almaty country (Казахстан)"),
            ("+78400000001", "-"),
            ("+375290000001", "-"),
        ] {
            assert_eq!(told(&known, number), wanted, "{number}");
        }
    }

    #[test]
    fn a_range_of_the_registry_tells_more() {
        let range = |first, subject: &str, also: &str, zone: &str| Range {
            first,
            last: first + 99_999,
            subject: subject.into(),
            also: also.into(),
            zone: zone.into(),
            operator: String::new(),
        };
        let ranges = [
            range(3_952_000_000, "RU-IRK", "", "Asia/Irkutsk"),
            range(4_112_000_000, "RU-SA", "", "Asia/Yakutsk"),
            range(4_950_000_000, "RU-MOW", "", "Europe/Moscow"),
            range(9_990_000_000, "RU-SAK", "", "Asia/Sakhalin"),
            range(9_990_100_000, "RU-SPE", "RU-LEN", "Europe/Moscow"),
            range(9_990_200_000, "RU-SA", "", "Asia/Yakutsk"),
            range(9_990_300_000, "", "", ""),
            range(9_990_400_000, "RU-NEW", "", "Europe/Moscow"),
            range(9_990_500_000, "RU-OMS", "", "Asia/Tomsk"),
        ];
        let table = Table::read(write(&ranges, "", Wall(0)).expect("it fits"));
        let known = Numbering::with(table.expect("our own"));
        for (number, wanted) in [
            (
                "+73952000001",
                "RU-IRK Asia/Irkutsk exact (Иркутская область)",
            ),
            (
                "+73952900001",
                "RU-IRK Asia/Irkutsk code (Иркутская область)",
            ),
            (
                "+74112000001",
                "RU-SA Asia/Yakutsk exact (Республика Саха (Якутия))",
            ),
            ("+74950000001", "RU-MOW Europe/Moscow exact (Москва)"),
            (
                "+79990000001",
                "RU-SAK Asia/Sakhalin mobile (Сахалинская область)",
            ),
            (
                "+79990100001",
                "RU-SPE+RU-LEN Europe/Moscow mixed (Санкт-Петербург и Ленинградская область)",
            ),
            (
                "+79990200001",
                "RU-SA Asia/Yakutsk mixed (Республика Саха (Якутия))",
            ),
            ("+79990300001", "RU - country (Россия)"),
            ("+79990400001", "RU - country (Россия)"),
            ("+79990500001", "RU-OMS Asia/Tomsk mobile (Омская область)"),
            ("+79000000001", "RU - country (Россия)"),
        ] {
            assert_eq!(told(&known, number), wanted, "{number}");
        }
    }
}
