//! Every zone in which the holder of a number may live, as far as its region tells.
use gudok_model::{Name, Region};

use crate::numbering::RUSSIA;
use crate::subject::Subject;

/// The other zones of Sakha: Ust-Nera goes by Vladivostok, the Kolyma by Magadan's hour.
const OF_SAKHA: [&str; 2] = ["Asia/Vladivostok", "Asia/Srednekolymsk"];

/// The zones of a region, each once: of a number of Russia of which no more is known all there are, of one that two subjects
/// share those of both, of a subject whose clocks differ all of its own unless its place is known. Empty: none is known.
pub fn zones_of(region: &Region) -> Vec<Name> {
    let mut zones: Vec<Name> = region.zone.iter().cloned().collect();
    if *region.code == *RUSSIA {
        zones.extend(Subject::ALL.iter().map(|it| Name::from(it.zone)));
        zones.extend(OF_SAKHA.map(Name::from));
    }
    let subjects = [Some(&region.code), region.also.as_ref()];
    for (place, code) in subjects.into_iter().enumerate() {
        let Some(subject) = code.and_then(|it| Subject::by_code(it)) else {
            continue;
        };
        if place > 0 {
            zones.push(subject.zone.into());
        }
        if subject.has_several_zones() && is_place_unknown(region) {
            zones.extend(OF_SAKHA.map(Name::from));
        }
    }
    zones.sort();
    zones.dedup();
    zones
}

/// Whether the region is all that is known, and not the place in it.
fn is_place_unknown(region: &Region) -> bool {
    region.confidence <= gudok_model::Confidence::Mobile
}

#[cfg(test)]
mod tests {
    use gudok_model::PhoneNumber;

    use super::*;
    use crate::Numbering;

    fn told(number: &str) -> Vec<String> {
        let number = PhoneNumber::try_from(number.to_owned()).expect("a number");
        let region = Numbering::built_in().region_of(&number);
        let zones = region.as_ref().map(zones_of).unwrap_or_default();
        zones.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_place_has_one_zone_and_what_may_be_anywhere_has_all() {
        assert_eq!(told("+74012000001"), ["Europe/Kaliningrad"]);
        assert_eq!(told("+74152000001"), ["Asia/Kamchatka"]);
        assert_eq!(told("+74950000001"), ["Europe/Moscow"]);
        assert_eq!(told("+74112000001"), ["Asia/Yakutsk"]);
        let sakha = ["Asia/Srednekolymsk", "Asia/Vladivostok", "Asia/Yakutsk"];
        assert_eq!(told("+74115000001"), sakha);
        assert_eq!(told("+77010000001"), ["Asia/Almaty"]);
        assert!(told("+375290000001").is_empty());
        let anywhere = told("+79990000001");
        for zone in ["Europe/Kaliningrad", "Asia/Kamchatka", "Asia/Srednekolymsk"] {
            assert!(anywhere.iter().any(|it| it == zone), "{zone}");
        }
    }

    #[test]
    fn two_subjects_have_the_zones_of_both() {
        let region = Region {
            code: "RU-OMS".into(),
            also: Some("RU-TYU".into()),
            name: "Омская область и Тюменская область".into(),
            zone: Some("Asia/Omsk".into()),
            confidence: gudok_model::Confidence::Mixed,
        };
        let zones = zones_of(&region);
        assert_eq!(zones, ["Asia/Omsk", "Asia/Yekaterinburg"].map(Name::from));
    }
}
