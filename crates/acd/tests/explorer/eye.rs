//! How a state is looked at: a serializer that knows a moment from a number and a person from a text.
use std::fmt::Display;

use serde::ser::{self, Serialize, Serializer};

use crate::portrait::{Node, text};
use crate::world::START;

/// What nothing depends on, what is the plan's, and what only counts what has been.
const UNSEEN: [&str; 20] = [
    "settings",
    "skills",
    "breaks",
    "ledgers",
    "tallies",
    "standing",
    "benches",
    "rules",
    "there",
    "counted",
    "changed",
    "profile",
    "places",
    "by_place",
    "shown",
    "shelf",
    "seq",
    "outputs",
    "offers_made",
    "round",
];

/// In the order of what is in them.
const BAGS: [&str; 1] = ["by_idle"];

#[derive(Clone, Copy)]
pub(crate) struct Eye {
    /// Nobody is told from others by their place in a list.
    pub(crate) alike: bool,
}

impl Eye {
    fn many(self) -> Many {
        Many {
            eye: self,
            nodes: Vec::new(),
            bag: false,
        }
    }

    fn field<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Result<Node, Blind> {
        if UNSEEN.contains(&name) || (self.alike && name == "cursor") {
            return Ok(Node::Leaf(0));
        }
        match value.serialize(self)? {
            Node::List(nodes) if BAGS.contains(&name) => Ok(Node::Bag(nodes)),
            node => Ok(node),
        }
    }
}

pub(crate) struct Many {
    eye: Eye,
    nodes: Vec<Node>,
    bag: bool,
}

impl Many {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Blind> {
        let node = value.serialize(self.eye)?;
        self.nodes.push(node);
        Ok(())
    }

    fn done(self) -> Node {
        let node = match self.bag {
            true => Node::Bag(self.nodes),
            false => Node::List(self.nodes),
        };
        node.pressed()
    }
}

#[derive(Debug)]
pub(crate) struct Blind(String);

impl Display for Blind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Blind {}

impl ser::Error for Blind {
    fn custom<T: Display>(what: T) -> Self {
        Self(what.to_string())
    }
}

macro_rules! leaves {
    ($($name:ident: $of:ty,)*) => {
        $(fn $name(self, it: $of) -> Result<Node, Blind> {
            Ok(Node::Leaf(it as u64))
        })*
    };
}

impl Serializer for Eye {
    type Ok = Node;
    type Error = Blind;
    type SerializeSeq = Many;
    type SerializeTuple = Many;
    type SerializeTupleStruct = Many;
    type SerializeTupleVariant = Many;
    type SerializeMap = Many;
    type SerializeStruct = Many;
    type SerializeStructVariant = Many;

    leaves! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_u8: u8,
        serialize_u32: u32,
        serialize_char: char,
    }

    /// Wall time: it says what the other clock says.
    fn serialize_i64(self, _: i64) -> Result<Node, Blind> {
        Ok(Node::Leaf(0))
    }

    /// Only offers are numbered in so few bits.
    fn serialize_u16(self, it: u16) -> Result<Node, Blind> {
        Ok(Node::Offer(it))
    }

    fn serialize_u64(self, it: u64) -> Result<Node, Blind> {
        Ok(if it >= START {
            Node::Moment(it)
        } else {
            Node::Leaf(it)
        })
    }

    fn serialize_f32(self, _: f32) -> Result<Node, Blind> {
        Err(ser::Error::custom("a fraction"))
    }

    fn serialize_f64(self, _: f64) -> Result<Node, Blind> {
        Err(ser::Error::custom("a fraction"))
    }

    fn serialize_str(self, it: &str) -> Result<Node, Blind> {
        Ok(match it.as_bytes() {
            [who @ b'a'..=b'e'] => Node::Who(who - b'a'),
            _ => Node::Leaf(text(it)),
        })
    }

    fn serialize_bytes(self, it: &[u8]) -> Result<Node, Blind> {
        Ok(Node::Leaf(text(&String::from_utf8_lossy(it))))
    }

    fn serialize_none(self) -> Result<Node, Blind> {
        Ok(Node::Leaf(0))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, it: &T) -> Result<Node, Blind> {
        Ok(Node::List(vec![Node::Leaf(1), it.serialize(self)?]))
    }

    fn serialize_unit(self) -> Result<Node, Blind> {
        Ok(Node::Leaf(0))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Node, Blind> {
        Ok(Node::Leaf(0))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<Node, Blind> {
        Ok(Node::Leaf(u64::from(index)))
    }

    /// The clock's agenda is kept in order of time, and at one moment by name.
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        it: &T,
    ) -> Result<Node, Blind> {
        match it.serialize(self)? {
            Node::List(nodes) if name == "Timers" => Ok(Node::Bag(nodes)),
            node => Ok(node),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        it: &T,
    ) -> Result<Node, Blind> {
        let variant = Node::Leaf(u64::from(index));
        Ok(Node::List(vec![variant, it.serialize(self)?]))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Many, Blind> {
        Ok(self.many())
    }

    fn serialize_tuple(self, _: usize) -> Result<Many, Blind> {
        Ok(self.many())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Many, Blind> {
        Ok(self.many())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Many, Blind> {
        let mut many = self.many();
        many.nodes.push(Node::Leaf(u64::from(index)));
        Ok(many)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Many, Blind> {
        Ok(Many {
            bag: true,
            ..self.many()
        })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Many, Blind> {
        Ok(self.many())
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Many, Blind> {
        self.serialize_tuple_variant(name, index, variant, length)
    }
}

macro_rules! elements {
    ($($of:ident: $name:ident,)*) => {
        $(impl ser::$of for Many {
            type Ok = Node;
            type Error = Blind;

            fn $name<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Blind> {
                self.push(value)
            }

            fn end(self) -> Result<Node, Blind> {
                Ok(self.done())
            }
        })*
    };
}

elements! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

macro_rules! fields {
    ($($of:ident,)*) => {
        $(impl ser::$of for Many {
            type Ok = Node;
            type Error = Blind;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Blind> {
                let node = self.eye.field(name, value)?;
                self.nodes.push(node);
                Ok(())
            }

            fn end(self) -> Result<Node, Blind> {
                Ok(self.done())
            }
        })*
    };
}

fields! {
    SerializeStruct,
    SerializeStructVariant,
}

impl ser::SerializeMap for Many {
    type Ok = Node;
    type Error = Blind;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Blind> {
        let key = key.serialize(self.eye)?;
        self.nodes.push(Node::List(vec![key]));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Blind> {
        let value = value.serialize(self.eye)?;
        if let Some(Node::List(entry)) = self.nodes.last_mut() {
            entry.push(value);
        }
        Ok(())
    }

    fn end(self) -> Result<Node, Blind> {
        Ok(self.done())
    }
}
