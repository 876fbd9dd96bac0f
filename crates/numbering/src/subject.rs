//! The subjects of the federation: codes, names, zones.

/// One subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subject {
    /// ISO 3166-2:RU. The standard has no Russian code for six subjects; `RU-CR`, `RU-SEV`, `RU-DON`, `RU-LUG`, `RU-ZAP` and
    /// `RU-HER` are words of this table.
    pub code: &'static str,
    /// As people are told.
    pub name: &'static str,
    /// IANA name of its zone; of the subject with three ([`Subject::has_several_zones`]) the one where most people live.
    pub zone: &'static str,
    /// Hours from Moscow time as the law has it (107-ФЗ «Об исчислении времени», статья 5). What the tests hold `zone`
    /// against; nothing is computed with it.
    pub from_moscow: i8,
    /// How files write it, without the kind of the subject; further forms behind `/`. Words in any order.
    forms: &'static str,
}

impl Subject {
    /// All 89, in the order of their codes.
    pub const ALL: &'static [Self] = &SUBJECTS;

    /// Every word that a region may be called by in a condition: nothing, the two countries of +7, the subjects.
    pub const WORDS: [&'static str; 92] = words_of();

    /// The subject with this code.
    pub fn by_code(code: &str) -> Option<&'static Self> {
        let at = SUBJECTS.binary_search_by(|subject| subject.code.cmp(code));
        at.ok().map(|at| &SUBJECTS[at])
    }

    /// The subject that a file calls so: `г. Москва`, `Кемеровская обл.`, `Республика Удмуртская`, `Республика Саха /Якутия/`.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        let named = words(name);
        SUBJECTS.iter().find(|subject| {
            let forms = subject.forms.split('/');
            forms.map(words).any(|form| form == named)
        })
    }

    /// Whether clocks differ within it, so that its main zone may be wrong: Sakha alone has three. Sakhalin with the Kurils
    /// has two names in the zone database and one offset since 2016.
    pub fn has_several_zones(&self) -> bool {
        self.code == "RU-SA"
    }
}

const fn words_of() -> [&'static str; 92] {
    let mut words = [""; 92];
    (words[1], words[2]) = (crate::numbering::RUSSIA, crate::numbering::KAZAKHSTAN);
    let mut at = 0;
    while at < SUBJECTS.len() {
        words[at + 3] = SUBJECTS[at].code;
        at += 1;
    }
    words
}

/// Words that say what kind of subject it is, and nothing of which.
const KINDS: [&str; 14] = [
    "г",
    "город",
    "респ",
    "республика",
    "обл",
    "область",
    "край",
    "ао",
    "аобл",
    "автономная",
    "автономный",
    "округ",
    "федерального",
    "значения",
];

/// What is left of a name without its kind, in alphabetical order.
fn words(name: &str) -> Vec<String> {
    let lower = name.to_lowercase().replace('ё', "е");
    let mut words: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !KINDS.contains(word))
        .map(str::to_owned)
        .collect();
    words.sort();
    words
}

const fn s(
    code: &'static str,
    name: &'static str,
    zone: &'static str,
    from_moscow: i8,
    forms: &'static str,
) -> Subject {
    Subject {
        code,
        name,
        zone,
        from_moscow,
        forms,
    }
}

#[rustfmt::skip]
static SUBJECTS: [Subject; 89] = [
    s("RU-AD", "Республика Адыгея", "Europe/Moscow", 0, "адыгея"),
    s("RU-AL", "Республика Алтай", "Asia/Barnaul", 4, "алтай"),
    s("RU-ALT", "Алтайский край", "Asia/Barnaul", 4, "алтайский"),
    s("RU-AMU", "Амурская область", "Asia/Yakutsk", 6, "амурская"),
    s("RU-ARK", "Архангельская область", "Europe/Moscow", 0, "архангельская"),
    s("RU-AST", "Астраханская область", "Europe/Astrakhan", 1, "астраханская"),
    s("RU-BA", "Республика Башкортостан", "Asia/Yekaterinburg", 2, "башкортостан"),
    s("RU-BEL", "Белгородская область", "Europe/Moscow", 0, "белгородская"),
    s("RU-BRY", "Брянская область", "Europe/Moscow", 0, "брянская"),
    s("RU-BU", "Республика Бурятия", "Asia/Irkutsk", 5, "бурятия"),
    s("RU-CE", "Чеченская Республика", "Europe/Moscow", 0, "чеченская/чечня"),
    s("RU-CHE", "Челябинская область", "Asia/Yekaterinburg", 2, "челябинская"),
    s("RU-CHU", "Чукотский автономный округ", "Asia/Anadyr", 9, "чукотский"),
    s("RU-CR", "Республика Крым", "Europe/Simferopol", 0, "крым"),
    s("RU-CU", "Чувашская Республика", "Europe/Moscow", 0, "чувашская/чувашская чувашия/чувашия"),
    s("RU-DA", "Республика Дагестан", "Europe/Moscow", 0, "дагестан"),
    s("RU-DON", "Донецкая Народная Республика", "Europe/Moscow", 0, "донецкая народная/днр"),
    s("RU-HER", "Херсонская область", "Europe/Moscow", 0, "херсонская"),
    s("RU-IN", "Республика Ингушетия", "Europe/Moscow", 0, "ингушетия"),
    s("RU-IRK", "Иркутская область", "Asia/Irkutsk", 5, "иркутская"),
    s("RU-IVA", "Ивановская область", "Europe/Moscow", 0, "ивановская"),
    s("RU-KAM", "Камчатский край", "Asia/Kamchatka", 9, "камчатский"),
    s("RU-KB", "Кабардино-Балкарская Республика", "Europe/Moscow", 0, "кабардино балкарская"),
    s("RU-KC", "Карачаево-Черкесская Республика", "Europe/Moscow", 0, "карачаево черкесская"),
    s("RU-KDA", "Краснодарский край", "Europe/Moscow", 0, "краснодарский"),
    s("RU-KEM", "Кемеровская область — Кузбасс", "Asia/Novokuznetsk", 4, "кемеровская кузбасс/кемеровская"),
    s("RU-KGD", "Калининградская область", "Europe/Kaliningrad", -1, "калининградская"),
    s("RU-KGN", "Курганская область", "Asia/Yekaterinburg", 2, "курганская"),
    s("RU-KHA", "Хабаровский край", "Asia/Vladivostok", 7, "хабаровский"),
    s("RU-KHM", "Ханты-Мансийский автономный округ — Югра", "Asia/Yekaterinburg", 2, "ханты мансийский югра/ханты мансийский/югра"),
    s("RU-KIR", "Кировская область", "Europe/Kirov", 0, "кировская"),
    s("RU-KK", "Республика Хакасия", "Asia/Krasnoyarsk", 4, "хакасия"),
    s("RU-KL", "Республика Калмыкия", "Europe/Moscow", 0, "калмыкия"),
    s("RU-KLU", "Калужская область", "Europe/Moscow", 0, "калужская"),
    s("RU-KO", "Республика Коми", "Europe/Moscow", 0, "коми"),
    s("RU-KOS", "Костромская область", "Europe/Moscow", 0, "костромская"),
    s("RU-KR", "Республика Карелия", "Europe/Moscow", 0, "карелия"),
    s("RU-KRS", "Курская область", "Europe/Moscow", 0, "курская"),
    s("RU-KYA", "Красноярский край", "Asia/Krasnoyarsk", 4, "красноярский"),
    s("RU-LEN", "Ленинградская область", "Europe/Moscow", 0, "ленинградская"),
    s("RU-LIP", "Липецкая область", "Europe/Moscow", 0, "липецкая"),
    s("RU-LUG", "Луганская Народная Республика", "Europe/Moscow", 0, "луганская народная/лнр"),
    s("RU-MAG", "Магаданская область", "Asia/Magadan", 8, "магаданская"),
    s("RU-ME", "Республика Марий Эл", "Europe/Moscow", 0, "марий эл"),
    s("RU-MO", "Республика Мордовия", "Europe/Moscow", 0, "мордовия"),
    s("RU-MOS", "Московская область", "Europe/Moscow", 0, "московская"),
    s("RU-MOW", "Москва", "Europe/Moscow", 0, "москва"),
    s("RU-MUR", "Мурманская область", "Europe/Moscow", 0, "мурманская"),
    s("RU-NEN", "Ненецкий автономный округ", "Europe/Moscow", 0, "ненецкий"),
    s("RU-NGR", "Новгородская область", "Europe/Moscow", 0, "новгородская"),
    s("RU-NIZ", "Нижегородская область", "Europe/Moscow", 0, "нижегородская"),
    s("RU-NVS", "Новосибирская область", "Asia/Novosibirsk", 4, "новосибирская"),
    s("RU-OMS", "Омская область", "Asia/Omsk", 3, "омская"),
    s("RU-ORE", "Оренбургская область", "Asia/Yekaterinburg", 2, "оренбургская"),
    s("RU-ORL", "Орловская область", "Europe/Moscow", 0, "орловская"),
    s("RU-PER", "Пермский край", "Asia/Yekaterinburg", 2, "пермский"),
    s("RU-PNZ", "Пензенская область", "Europe/Moscow", 0, "пензенская"),
    s("RU-PRI", "Приморский край", "Asia/Vladivostok", 7, "приморский"),
    s("RU-PSK", "Псковская область", "Europe/Moscow", 0, "псковская"),
    s("RU-ROS", "Ростовская область", "Europe/Moscow", 0, "ростовская"),
    s("RU-RYA", "Рязанская область", "Europe/Moscow", 0, "рязанская"),
    s("RU-SA", "Республика Саха (Якутия)", "Asia/Yakutsk", 6, "саха якутия/саха/якутия"),
    s("RU-SAK", "Сахалинская область", "Asia/Sakhalin", 8, "сахалинская"),
    s("RU-SAM", "Самарская область", "Europe/Samara", 1, "самарская"),
    s("RU-SAR", "Саратовская область", "Europe/Saratov", 1, "саратовская"),
    s("RU-SE", "Республика Северная Осетия — Алания", "Europe/Moscow", 0, "северная осетия алания/северная осетия"),
    s("RU-SEV", "Севастополь", "Europe/Simferopol", 0, "севастополь"),
    s("RU-SMO", "Смоленская область", "Europe/Moscow", 0, "смоленская"),
    s("RU-SPE", "Санкт-Петербург", "Europe/Moscow", 0, "санкт петербург"),
    s("RU-STA", "Ставропольский край", "Europe/Moscow", 0, "ставропольский"),
    s("RU-SVE", "Свердловская область", "Asia/Yekaterinburg", 2, "свердловская"),
    s("RU-TA", "Республика Татарстан", "Europe/Moscow", 0, "татарстан"),
    s("RU-TAM", "Тамбовская область", "Europe/Moscow", 0, "тамбовская"),
    s("RU-TOM", "Томская область", "Asia/Tomsk", 4, "томская"),
    s("RU-TUL", "Тульская область", "Europe/Moscow", 0, "тульская"),
    s("RU-TVE", "Тверская область", "Europe/Moscow", 0, "тверская"),
    s("RU-TY", "Республика Тыва", "Asia/Krasnoyarsk", 4, "тыва"),
    s("RU-TYU", "Тюменская область", "Asia/Yekaterinburg", 2, "тюменская"),
    s("RU-UD", "Удмуртская Республика", "Europe/Samara", 1, "удмуртская/удмуртия"),
    s("RU-ULY", "Ульяновская область", "Europe/Ulyanovsk", 1, "ульяновская"),
    s("RU-VGG", "Волгоградская область", "Europe/Volgograd", 0, "волгоградская"),
    s("RU-VLA", "Владимирская область", "Europe/Moscow", 0, "владимирская"),
    s("RU-VLG", "Вологодская область", "Europe/Moscow", 0, "вологодская"),
    s("RU-VOR", "Воронежская область", "Europe/Moscow", 0, "воронежская"),
    s("RU-YAN", "Ямало-Ненецкий автономный округ", "Asia/Yekaterinburg", 2, "ямало ненецкий"),
    s("RU-YAR", "Ярославская область", "Europe/Moscow", 0, "ярославская"),
    s("RU-YEV", "Еврейская автономная область", "Asia/Vladivostok", 7, "еврейская"),
    s("RU-ZAB", "Забайкальский край", "Asia/Chita", 6, "забайкальский"),
    s("RU-ZAP", "Запорожская область", "Europe/Moscow", 0, "запорожская"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::DateTime;
    use jiff::tz::{Offset, TimeZoneDatabase};
    use jiff::{Span, Timestamp};

    use super::*;

    #[test]
    fn every_subject_is_found_by_its_code_and_by_its_name() {
        for subject in Subject::ALL {
            assert_eq!(Subject::by_code(subject.code), Some(subject));
            assert_eq!(Subject::by_name(subject.name), Some(subject));
            for form in subject.forms.split('/') {
                assert_eq!(Subject::by_name(form), Some(subject), "{form}");
            }
        }
        assert_eq!(Subject::by_code("RU-XXX"), None);
        assert_eq!(Subject::by_name("Неведомая область"), None);
        assert_eq!(Subject::by_name(""), None);
    }

    #[test]
    fn the_names_of_files_are_read() {
        for (name, code) in [
            ("г. Москва", "RU-MOW"),
            ("Город Санкт-Петербург", "RU-SPE"),
            ("Город федерального значения Севастополь", "RU-SEV"),
            ("Ханты - Мансийский - Югра АО", "RU-KHM"),
            ("Ханты-Мансийский Автономный округ - Югра АО", "RU-KHM"),
            ("Ямало-Ненецкий АО", "RU-YAN"),
            ("Ненецкий автономный округ", "RU-NEN"),
            ("Республика Саха /Якутия/", "RU-SA"),
            ("Республика Алтай", "RU-AL"),
            ("Алтайский край", "RU-ALT"),
            ("Республика Донецкая Народная", "RU-DON"),
            ("Республика Удмуртская", "RU-UD"),
            ("Кемеровская область - Кузбасс обл.", "RU-KEM"),
            ("Чувашская Республика - Чувашия", "RU-CU"),
            ("Еврейская автономная обл.", "RU-YEV"),
            ("РЕСПУБЛИКА СЕВЕРНАЯ ОСЕТИЯ - АЛАНИЯ", "RU-SE"),
        ] {
            let found = Subject::by_name(name).map_or("", |subject| subject.code);
            assert_eq!(found, code, "{name}");
        }
    }

    /// Noon of the first day of each month of the 400 days from the first of them, and the last of the days.
    fn months() -> Vec<Timestamp> {
        let first: DateTime = "2026-07-01T12:00".parse().expect("a time");
        let months = (0..).map(|month| first + Span::new().months(month));
        let last = first + Span::new().days(400);
        let months = months.take_while(|at| *at < last).chain([last]);
        months
            .map(|at| Offset::UTC.to_timestamp(at).expect("a moment"))
            .collect()
    }

    /// The law counts zones from Moscow time, which is UTC+3, all the year; the database must know each zone and show the
    /// same.
    #[test]
    fn the_zone_of_each_subject_shows_the_time_of_the_law_in_every_month() {
        let offset = |zone: &str, at: Timestamp| {
            let zone = TimeZoneDatabase::bundled()
                .get(zone)
                .unwrap_or_else(|_| panic!("no zone {zone}"));
            zone.to_offset(at).seconds()
        };
        let months = months();
        assert_eq!(months.len(), 15);
        for at in months {
            for subject in Subject::ALL {
                let lawful = (3 + i32::from(subject.from_moscow)) * 3_600;
                assert_eq!(offset(subject.zone, at), lawful, "{} at {at}", subject.name);
            }
            let kurils = offset("Asia/Srednekolymsk", at);
            let sakhalin = offset("Asia/Sakhalin", at);
            assert_eq!(kurils, sakhalin, "one offset in Sakhalin region at {at}");
        }
        let eleven: BTreeSet<i8> = Subject::ALL
            .iter()
            .map(|subject| subject.from_moscow)
            .collect();
        assert_eq!(eleven, (-1..=9).collect());
    }

    /// Where the zone database has a zone of its own for a region, it is the one used: clocks that are one hour off in old
    /// reports come from the next best zone.
    #[test]
    fn zones_of_their_own_are_used() {
        for (code, zone) in [
            ("RU-KGD", "Europe/Kaliningrad"),
            ("RU-SAR", "Europe/Saratov"),
            ("RU-VGG", "Europe/Volgograd"),
            ("RU-TOM", "Asia/Tomsk"),
            ("RU-ZAB", "Asia/Chita"),
            ("RU-SAK", "Asia/Sakhalin"),
        ] {
            assert_eq!(Subject::by_code(code).map(|it| it.zone), Some(zone));
        }
    }
}
