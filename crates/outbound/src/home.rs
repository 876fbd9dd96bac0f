//! Where the card of a client says that they live: the clocks of that place count beside those of the number.
use gudok_calendar::Zone;
use gudok_model::{Client, ClientMatch, Confidence, Name, Region};
use gudok_numbering::{Subject, zones_of};

/// Longest word of a card that is read. Bytes.
const WORD_MAX: usize = 128;

/// The zones that cards name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Home(Vec<Zone>);

impl Home {
    /// As the field `zone` of the card has it (`Asia/Irkutsk`), else its field `region` (`RU-IRK`, `Иркутская область`). Of several
    /// clients with one number those of all. What is neither says nothing.
    pub fn of(found: &ClientMatch) -> Self {
        let clients = match found {
            ClientMatch::One { client, .. } => std::slice::from_ref(client),
            ClientMatch::Many { candidates, .. } => candidates,
            ClientMatch::Pending
            | ClientMatch::None { .. }
            | ClientMatch::NoNumber
            | ClientMatch::Error { .. } => &[],
        };
        Self(clients.iter().flat_map(named).collect())
    }

    /// This zone and no other.
    pub fn in_zone(zone: Zone) -> Self {
        Self(vec![zone])
    }

    /// The zones; empty: no card tells.
    pub fn zones(&self) -> &[Zone] {
        &self.0
    }
}

fn named(client: &Client) -> Vec<Zone> {
    let word = |field: &str| {
        let word = client.fields.get(field)?.trim();
        (word.len() <= WORD_MAX).then_some(word)
    };
    let zone = word("zone").and_then(|word| Zone::parse(word).ok());
    match (zone, word("region").and_then(region)) {
        (Some(zone), _) => vec![zone],
        (None, Some(region)) => known(zones_of(&region)),
        (None, None) => Vec::new(),
    }
}

fn region(word: &str) -> Option<Region> {
    let subject = Subject::by_code(word).or_else(|| Subject::by_name(word))?;
    Some(Region {
        code: subject.code.into(),
        also: None,
        name: subject.name.into(),
        zone: Some(subject.zone.into()),
        // No place in it is known.
        confidence: Confidence::Mobile,
    })
}

/// All or none: a zone that this database lacks leaves nobody's time known.
pub(crate) fn known(names: Vec<Name>) -> Vec<Zone> {
    let known: Option<Vec<Zone>> = names.iter().map(|it| Zone::parse(it).ok()).collect();
    known.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use gudok_model::ClientClass;

    use super::*;

    fn client(fields: &[(&str, &str)]) -> Client {
        let fields = fields.iter();
        Client {
            id: "17".to_owned(),
            name: "Иван Петров".to_owned(),
            class: ClientClass::Regular,
            fields: fields
                .map(|(name, it)| ((*name).to_owned(), (*it).to_owned()))
                .collect(),
            source: "local".to_owned(),
        }
    }

    fn told(clients: &[&[(&str, &str)]]) -> Vec<String> {
        let candidates = clients.iter().map(|fields| client(fields)).collect();
        let took_ms = 1;
        let home = Home::of(&ClientMatch::Many {
            candidates,
            took_ms,
        });
        home.zones()
            .iter()
            .map(|it| it.name().to_string())
            .collect()
    }

    #[test]
    fn a_card_names_a_zone_or_a_region_by_code_or_by_name() {
        assert_eq!(told(&[&[("zone", " Asia/Irkutsk ")]]), ["Asia/Irkutsk"]);
        assert_eq!(told(&[&[("region", "RU-KAM")]]), ["Asia/Kamchatka"]);
        let named = [("region", "Иркутская область"), ("zone", "-")];
        assert_eq!(told(&[&named]), ["Asia/Irkutsk"]);
        let both = [("region", "RU-KAM"), ("zone", "Asia/Irkutsk")];
        assert_eq!(told(&[&both]), ["Asia/Irkutsk"], "the place itself");
        assert_eq!(told(&[&[("region", "Якутия")]]).len(), 3, "all of its own");
        let two: [&[(&str, &str)]; 2] = [&[("region", "RU-KGD")], &[("region", "RU-SAM")]];
        assert_eq!(told(&two), ["Europe/Kaliningrad", "Europe/Samara"]);
        let long = "Я".repeat(WORD_MAX);
        for nonsense in ["", "где-то", "RU", &long] {
            assert!(told(&[&[("region", nonsense)]]).is_empty(), "{nonsense}");
        }
        assert_eq!(Home::of(&ClientMatch::Pending), Home::default());
    }
}
