//! Values of the configuration that are written as text: `20s`, `40000-59999`, `203.0.113.0/24`.
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use gudok_model::number::parse;
use gudok_model::{NumberRules, PhoneNumber};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// A duration that is not zero: `300ms`, `20s`, `15m`, `4h`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span(pub Duration);

/// A range of ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Ports {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

/// A network, or one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Network {
    /// Any address of it.
    pub address: IpAddr,
    /// Leading bits that count.
    pub prefix: u8,
}

/// A whole phone number, written in any of the Russian ways.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Number(pub PhoneNumber);

/// A sum with at most two digits after the point, in hundredths: `1.80`, `\"1,80\"`, `250`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Money(pub u64);

/// A code or a prefix: digits alone.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Digits(pub String);

/// Most digits of a sum before its point.
const MONEY_DIGITS_MAX: usize = 12;
/// Longest code or prefix.
const DIGITS_MAX: usize = 8;

impl Ports {
    /// How many legs fit: RTP on the even port, RTCP on the next.
    pub(crate) fn legs(self) -> usize {
        usize::from(self.last.saturating_sub(self.first).saturating_add(1)) / 2
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!("«{text}» — не промежуток времени больше нуля; пишите 300ms, 20s, 15m или 4h")
        };
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let number: u32 = text[..digits].parse().map_err(|_| wrong())?;
        let unit = match &text[digits..] {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3_600),
            _ => return Err(wrong()),
        };
        if number == 0 {
            return Err(wrong());
        }
        Ok(Self(unit * number))
    }
}

impl TryFrom<String> for Ports {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "«{text}» — не диапазон портов; пишите 40000-59999, не ниже 1024, меньший впереди"
            )
        };
        let (first, last) = text.split_once('-').ok_or_else(wrong)?;
        let (first, last) = (
            first.trim().parse().map_err(|_| wrong())?,
            last.trim().parse().map_err(|_| wrong())?,
        );
        if first >= 1_024 && first < last {
            Ok(Self { first, last })
        } else {
            Err(wrong())
        }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("«{text}» — не адрес и не сеть; пишите 203.0.113.7 или 203.0.113.0/24");
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text.as_str(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix
            .map_or(Ok(longest), str::parse)
            .map_err(|_| wrong())?;
        if prefix <= longest {
            Ok(Self { address, prefix })
        } else {
            Err(wrong())
        }
    }
}

impl TryFrom<String> for Number {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = parse(&text, &NumberRules::default());
        let number = parsed.e164.map(Self);
        number.ok_or_else(|| format!("«{text}» — не номер телефона; пишите целиком: +78001234567"))
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(MoneyWords)
    }
}

/// How a sum may be written.
struct MoneyWords;

impl Visitor<'_> for MoneyWords {
    type Value = Money;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("сумма")
    }

    fn visit_i64<E: de::Error>(self, whole: i64) -> Result<Money, E> {
        self.visit_str(&whole.to_string())
    }

    fn visit_u64<E: de::Error>(self, whole: u64) -> Result<Money, E> {
        self.visit_str(&whole.to_string())
    }

    /// The shortest text that means the float is what the admin wrote.
    fn visit_f64<E: de::Error>(self, sum: f64) -> Result<Money, E> {
        self.visit_str(&sum.to_string())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Money, E> {
        let wrong = || {
            E::custom(format!(
                "«{text}» — не сумма; пишите 1.80, не больше двух знаков после точки"
            ))
        };
        let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, MONEY_DIGITS_MAX) || !digits(part, 2) {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let hundredths: u64 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
        Ok(Money(whole * 100 + hundredths))
    }
}

impl TryFrom<String> for Digits {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits =
            (1..=DIGITS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if fits {
            Ok(Self(text))
        } else {
            Err(format!(
                "«{text}» — не цифры; пишите от одной до {DIGITS_MAX} цифр: 3952"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_as_they_are_written() {
        #[derive(Deserialize)]
        struct Line {
            sum: Money,
        }
        let read = |text: &str| {
            let line = toml::from_str::<Line>(&format!("sum = {text}"));
            line.ok().map(|line| line.sum.0)
        };
        for (text, kopecks) in [
            ("2", Some(200)),
            ("1.8", Some(180)),
            ("1.80", Some(180)),
            ("0.29", Some(29)),
            ("\"1,80\"", Some(180)),
            ("999999999999", Some(99_999_999_999_900)),
            ("1.805", None),
            ("-1", None),
            ("1e30", None),
            ("nan", None),
            ("inf", None),
            ("\"\"", None),
            ("\"1.\"", None),
            ("\"+1\"", None),
            ("true", None),
        ] {
            assert_eq!(read(text), kopecks, "{text}");
        }
    }

    #[test]
    fn durations_ports_and_networks() {
        assert_eq!(
            Span::try_from("300ms".to_owned()).unwrap().0,
            Duration::from_millis(300)
        );
        assert_eq!(
            Span::try_from("4h".to_owned()).unwrap().0,
            Duration::from_secs(14_400)
        );
        assert!(Span::try_from("20".to_owned()).is_err());
        assert!(Span::try_from("0s".to_owned()).is_err());
        assert!(Span::try_from("soon".to_owned()).is_err());
        assert_eq!(Ports::try_from("40000-40009".to_owned()).unwrap().legs(), 5);
        assert!(Ports::try_from("40009-40000".to_owned()).is_err());
        assert_eq!(
            Network::try_from("10.1.0.0/16".to_owned()).unwrap().prefix,
            16
        );
        assert_eq!(Network::try_from("::1".to_owned()).unwrap().prefix, 128);
        assert!(Network::try_from("10.0.0.0/33".to_owned()).is_err());
    }
}
