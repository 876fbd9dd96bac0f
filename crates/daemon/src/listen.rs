//! Addresses in the configuration: one, or one of each family.
use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// One address, or a list of two: IPv4 and IPv6.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PerFamily<Address>(Vec<Address>);

/// What has a family.
pub(crate) trait Family: Copy + FromStr<Err: fmt::Display> {
    /// IPv6, and not IPv4.
    fn is_v6(self) -> bool;
}

impl Family for SocketAddr {
    fn is_v6(self) -> bool {
        self.is_ipv6()
    }
}

impl Family for IpAddr {
    fn is_v6(self) -> bool {
        self.is_ipv6()
    }
}

impl<Address: Family> PerFamily<Address> {
    /// All of them, in their order.
    pub(crate) fn all(&self) -> &[Address] {
        &self.0
    }

    /// The first.
    pub(crate) fn first(&self) -> Address {
        *self.0.first().expect("never empty: the reader sees to it")
    }

    /// The one of this family.
    pub(crate) fn of(&self, v6: bool) -> Option<Address> {
        self.0.iter().copied().find(|it| it.is_v6() == v6)
    }

    fn read(list: Vec<Address>) -> Result<Self, &'static str> {
        let families = list.iter().filter(|it| it.is_v6()).count();
        match (list.len(), families) {
            (1, _) | (2, 1) => Ok(Self(list)),
            (0, _) => Err("«[]» — пусто; нужен адрес, или два: IPv4 и IPv6"),
            _ => {
                Err("«[…]» — больше одного адреса одного семейства; оставьте один IPv4 и один IPv6")
            }
        }
    }
}

impl<Address> From<Address> for PerFamily<Address> {
    fn from(address: Address) -> Self {
        Self(vec![address])
    }
}

impl<'de, Address: Family> Deserialize<'de> for PerFamily<Address> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<Address>(PhantomData<Address>);

impl<'de, Address: Family> Visitor<'de> for Reader<Address> {
    type Value = PerFamily<Address>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let address = text.parse().map_err(E::custom)?;
        Ok(PerFamily(vec![address]))
    }

    fn visit_seq<List: SeqAccess<'de>>(self, mut list: List) -> Result<Self::Value, List::Error> {
        let mut addresses = Vec::new();
        while let Some(text) = list.next_element::<String>()? {
            addresses.push(text.parse().map_err(List::Error::custom)?);
        }
        PerFamily::read(addresses).map_err(List::Error::custom)
    }
}
