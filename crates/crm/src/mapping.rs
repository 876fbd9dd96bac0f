//! From a CRM's JSON to a client: hostile text in, bounded values out.
use std::collections::BTreeMap;

use gudok_model::{Client, ClientClass, LookupError};
use serde_json::Value;

/// Nesting a CRM's answer may have (reliability F08).
pub const DEPTH_MAX: usize = 32;
/// Clients in one answer that are shown; the rest is left out.
pub const CANDIDATES_MAX: usize = 8;
/// Fields of one client.
pub const FIELDS_MAX: usize = 32;
/// Characters of one value; the rest is cut.
pub const VALUE_CHARS_MAX: usize = 256;

/// Where the answer holds what: JSON pointers (RFC 6901), relative to one client.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    /// Where the list of clients (or the one client) is; empty: the whole answer.
    pub list: String,
    /// Id. A string or a number; mandatory in the answer.
    pub id: String,
    /// Name to show; mandatory in the answer.
    pub name: String,
    /// Class; absent: everybody is regular.
    pub class: Option<String>,
    /// The CRM's words for our classes, such as `"Gold" → vip`. Our own words (`regular`, `vip`, `lead`,
    /// `engineer`, `blocked`) need no entry; an unknown word is regular.
    pub classes: BTreeMap<String, ClientClass>,
    /// Further fields of the card: name → pointer. At most [`FIELDS_MAX`].
    pub fields: BTreeMap<String, String>,
}

/// A setting that cannot work.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MappingError {
    /// A pointer that is not one.
    #[error("map.{key}: {pointer:?} is not a JSON pointer; write it like /data/name")]
    Pointer {
        /// Which key.
        key: String,
        /// Its value.
        pointer: String,
    },
    /// Too many fields for a card.
    #[error("map.fields has more than {FIELDS_MAX} entries; leave some out")]
    TooManyFields,
}

impl Mapping {
    /// Checks what the types cannot say.
    pub(crate) fn check(&self) -> Result<(), MappingError> {
        if self.fields.len() > FIELDS_MAX {
            return Err(MappingError::TooManyFields);
        }
        let plain = [("id", &self.id), ("name", &self.name)];
        let class = self.class.iter().map(|pointer| ("class", pointer));
        let fields = self
            .fields
            .iter()
            .map(|(name, pointer)| (name.as_str(), pointer));
        let list = Some(("list", &self.list)).filter(|(_, list)| !list.is_empty());
        let all = plain.into_iter().chain(class).chain(fields).chain(list);
        for (key, pointer) in all {
            if !pointer.starts_with('/') {
                return Err(MappingError::Pointer {
                    key: key.to_owned(),
                    pointer: pointer.clone(),
                });
            }
        }
        Ok(())
    }

    /// The clients in an answer, at most [`CANDIDATES_MAX`]; none if there is nobody.
    ///
    /// # Errors
    /// `Malformed`: not JSON in UTF-8, nested too deep, or entries without id or name and none with them.
    pub(crate) fn clients(&self, body: &[u8], source: &str) -> Result<Vec<Client>, LookupError> {
        if depth(body) > DEPTH_MAX {
            return Err(LookupError::Malformed);
        }
        let answer: Value = serde_json::from_slice(body).map_err(|_| LookupError::Malformed)?;
        let found = match answer.pointer(&self.list) {
            None | Some(Value::Null) => return self.nobody(&answer),
            Some(Value::Array(items)) => items.as_slice(),
            Some(object @ Value::Object(_)) => std::slice::from_ref(object),
            Some(_) => return Err(LookupError::Malformed),
        };
        let clients = found.iter().filter_map(|item| self.client(item, source));
        let clients: Vec<Client> = clients.take(CANDIDATES_MAX).collect();
        if clients.is_empty() && !found.is_empty() {
            return Err(LookupError::Malformed);
        }
        Ok(clients)
    }

    /// An answer without the list is "nobody" only if it is an object or null: `"error"` is not.
    fn nobody(&self, answer: &Value) -> Result<Vec<Client>, LookupError> {
        match answer {
            Value::Null | Value::Object(_) => Ok(Vec::new()),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Err(LookupError::Malformed)
            }
        }
    }

    fn client(&self, item: &Value, source: &str) -> Option<Client> {
        let text = |pointer: &str| item.pointer(pointer).and_then(shown);
        let fields = self.fields.iter();
        let fields = fields.filter_map(|(name, pointer)| Some((name.clone(), text(pointer)?)));
        Some(Client {
            id: text(&self.id)?,
            name: text(&self.name)?,
            class: self.class(self.class.as_deref().and_then(text).as_deref()),
            fields: fields.collect(),
            source: source.to_owned(),
        })
    }

    fn class(&self, word: Option<&str>) -> ClientClass {
        let Some(word) = word else {
            return ClientClass::Regular;
        };
        let ours = || serde_json::from_value(Value::from(word.to_lowercase())).ok();
        let known = self.classes.get(word).copied().or_else(ours);
        known.unwrap_or_default()
    }
}

/// A scalar as text for the card: without control characters, cut. Nothing for what is empty or nested.
fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "да".to_owned(),
        Value::Bool(false) => "нет".to_owned(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let clean: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(VALUE_CHARS_MAX)
        .collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

/// Deepest nesting of a text that may be JSON, found without recursion.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping() -> Mapping {
        Mapping {
            list: "/data".into(),
            id: "/id".into(),
            name: "/person/name".into(),
            class: Some("/segment".into()),
            classes: BTreeMap::from([("Gold".into(), ClientClass::Vip)]),
            fields: BTreeMap::from([
                ("tariff".into(), "/tariff".into()),
                ("debt".into(), "/debt".into()),
            ]),
        }
    }

    fn read(body: &str) -> String {
        match mapping().clients(body.as_bytes(), "crm:test") {
            Ok(clients) => clients
                .iter()
                .map(|c| format!("{} {} {:?} {:?}", c.id, c.name, c.class, c.fields))
                .collect::<Vec<_>>()
                .join("; "),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn answers_of_all_shapes() {
        let story = [
            r#"{"data":{"id":7,"person":{"name":"ООО «Ромашка»"},"segment":"Gold","tariff":100.5,"debt":true}}"#,
            r#"{"data":[{"id":"a","person":{"name":"А"},"segment":"engineer"},{"id":"b","person":{"name":"Б"},"segment":"?"}]}"#,
            r#"{"data":[]}"#,
            r#"{"data":null}"#,
            r#"{"error":"not found"}"#,
            r#"null"#,
            r#"{"data":[{"id":"a"},{"id":"b","person":{"name":"Б"}}]}"#,
            r#"{"data":[{"id":"a"}]}"#,
            r#"{"data":"x"}"#,
            r#""oops""#,
            r#"<html>"#,
            r#"{"data":{"id":"1","person":{"name":"\u001b[31mred\r\nline\u0000"},"tariff":{"no":1}}}"#,
        ];
        insta::assert_snapshot!(story.map(read).join("\n"), @r#"
    7 ООО «Ромашка» Vip {"debt": "да", "tariff": "100.5"}
    a А Engineer {}; b Б Regular {}




    b Б Regular {}
    Malformed
    Malformed
    Malformed
    Malformed
    1 [31mredline Regular {}
    "#);
    }

    #[test]
    fn values_and_lists_are_cut() {
        let long = format!(
            r#"{{"data":{{"id":"1","person":{{"name":"{}"}}}}}}"#,
            "я".repeat(1_000)
        );
        let name = &mapping().clients(long.as_bytes(), "crm").unwrap()[0].name;
        assert_eq!(name.chars().count(), VALUE_CHARS_MAX);
        let many = vec![r#"{"id":1,"person":{"name":"x"}}"#; 100].join(",");
        let many = format!(r#"{{"data":[{many}]}}"#);
        assert_eq!(
            mapping().clients(many.as_bytes(), "crm").unwrap().len(),
            CANDIDATES_MAX
        );
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert_eq!(depth(br#"{"a":"[[[\"[","b":[{}]}"#), 3);
        assert_eq!(depth("[".repeat(60_000).as_bytes()), 60_000);
        let fits = format!(
            r#"{{"data":{{"id":1,"person":{{"name":"x"}},"z":{}{}}}}}"#,
            "[".repeat(30),
            "]".repeat(30)
        );
        assert_eq!(read(&fits), "1 x Regular {}");
        let deeper = fits.replace("[]", "[[]]");
        assert_eq!(read(&deeper), "Malformed");
    }

    #[test]
    fn a_wrong_pointer_is_named() {
        let mut wrong = mapping();
        wrong.fields.insert("city".into(), "city".into());
        insta::assert_snapshot!(wrong.check().unwrap_err(), @r###"map.city: "city" is not a JSON pointer; write it like /data/name"###);
    }
}
