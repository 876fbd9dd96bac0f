//! Parameters: `;name`, `;name=value`, `;name="quoted value"` of URIs and headers.
use std::fmt;

use memchr::memchr2;

use crate::uri::are_plain;
use crate::{class, text};

/// Most parameters on one URI or header value.
pub const PARAMS_MAX: usize = 64;

/// The parameters of a URI or header value in the order they came. Values are kept as written, quotes
/// included; names compare without case.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Params(Vec<(String, Option<String>)>);

/// The parameters are not `;name[=value]…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ParamError {
    /// `;;`, `;=x`, or a name with a foreign character.
    #[error("parameter without a proper name")]
    Name,
    /// An unclosed quote, white space or a bracket inside a value.
    #[error("parameter value is not a token, a host or a quoted string")]
    Value,
    /// More than [`PARAMS_MAX`].
    #[error("more than {PARAMS_MAX} parameters")]
    TooMany,
}

impl Params {
    /// No parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses what follows the first `;`. Empty text gives no parameters.
    pub fn parse(text: &str) -> Result<Self, ParamError> {
        let mut params = Self::new();
        for param in split(text) {
            let (name, value) = param?;
            params.0.push((name.to_owned(), value.map(str::to_owned)));
        }
        Ok(params)
    }

    /// The value of a parameter as written; `Some("")` when it stands without a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_deref().unwrap_or(""))
    }

    /// The value without its quotes and backslashes.
    pub fn unquoted(&self, name: &str) -> Option<String> {
        self.get(name).map(unquote)
    }

    /// Whether the parameter is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Sets a parameter, in the place of the old one or at the end.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self
            .0
            .iter_mut()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
        {
            Some(slot) => slot.1 = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Takes a parameter away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// All in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_deref()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.iter() {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}

/// Name and value of one parameter.
pub(crate) type Param<'a> = (&'a str, Option<&'a str>);

/// The parameters of the text after the first `;`, one by one, without allocating.
pub(crate) fn split(text: &str) -> impl Iterator<Item = Result<Param<'_>, ParamError>> {
    let mut rest = Some(text).filter(|it| !text::trim(it).is_empty());
    let mut count = 0;
    std::iter::from_fn(move || {
        let text = rest?;
        let end = find_unquoted(text, b';').unwrap_or(text.len());
        rest = text.get(end + 1..);
        count += 1;
        if count > PARAMS_MAX {
            rest = None;
            return Some(Err(ParamError::TooMany));
        }
        Some(one(&text[..end]))
    })
}

/// Whether all parameters of the text after the first `;` are well-formed.
pub(crate) fn check(text: &str) -> Result<(), ParamError> {
    if text.is_empty() || are_plain(text.as_bytes()) {
        return Ok(());
    }
    split(text).try_for_each(|param| param.map(drop))
}

/// The value of one parameter in the text after the first `;`; None when absent or malformed.
pub(crate) fn find<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    split(text)
        .map_while(Result::ok)
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.unwrap_or(""))
}

/// The place of a byte outside quoted strings.
pub(crate) fn find_unquoted(text: &str, wanted: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = memchr2(wanted, b'"', bytes)?;
    if bytes[first] == wanted {
        return Some(first);
    }
    let (mut quoted, mut escaped) = (false, false);
    let found = bytes[first..].iter().position(|&byte| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return byte == wanted && !quoted,
        }
        false
    })?;
    Some(first + found)
}

/// Text without surrounding quotes and quoting backslashes; other text as it is.
pub fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut escaped = false;
    inner
        .chars()
        .filter(|&c| {
            escaped = c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

/// Text as a quoted string; control characters are left out, since they need not be carried.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Whether text is a token.
pub(crate) fn is_token(text: &str) -> bool {
    class::all(text, class::TOKEN)
}

fn one(text: &str) -> Result<Param<'_>, ParamError> {
    let (name, value) = match text::cut(text, b'=') {
        Some((name, value)) => (text::trim(name), Some(text::trim(value))),
        None => (text::trim(text), None),
    };
    if !class::all(name, class::PARAM_NAME) {
        return Err(ParamError::Name);
    }
    if !value.is_none_or(is_value) {
        return Err(ParamError::Value);
    }
    Ok((name, value))
}

/// A quoted string, or text without white space, quotes, brackets and commas.
fn is_value(value: &str) -> bool {
    if value.starts_with('"') {
        return is_quoted(value);
    }
    class::all(value, class::PARAM_VALUE)
}

/// Whether text is exactly one quoted string.
pub(crate) fn is_quoted(text: &str) -> bool {
    quoted_len(text) == Some(text.len())
}

/// The length of the quoted string the text begins with, quotes included.
pub(crate) fn quoted_len(text: &str) -> Option<usize> {
    let mut escaped = false;
    let inner = text.strip_prefix('"')?;
    let end = inner.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_spaces_quotes_and_flags() {
        let params = Params::parse(" tag = 1 ;lr; text=\"a;b \\\" c\"").unwrap();
        assert_eq!(params.get("TAG"), Some("1"));
        assert_eq!(params.get("lr"), Some(""));
        assert_eq!(params.unquoted("text").as_deref(), Some("a;b \" c"));
        assert_eq!(params.to_string(), ";tag=1;lr;text=\"a;b \\\" c\"");
    }

    #[test]
    fn refuses_empty_names_and_open_quotes() {
        assert_eq!(Params::parse("a;;b"), Err(ParamError::Name));
        assert_eq!(Params::parse("a;"), Err(ParamError::Name));
        assert_eq!(Params::parse("=1"), Err(ParamError::Name));
        assert_eq!(Params::parse("a=\"x"), Err(ParamError::Value));
        assert_eq!(Params::parse("a=x y"), Err(ParamError::Value));
        assert_eq!(Params::parse("a="), Err(ParamError::Value));
    }

    #[test]
    fn quoting_is_undone_by_unquoting() {
        for text in ["", "plain", "a \"b\" \\ c", "ЖЭК №5"] {
            assert_eq!(unquote(&quote(text)), text);
            assert!(is_quoted(&quote(text)));
        }
    }

    #[test]
    fn parameters_are_bounded() {
        let many = "a;".repeat(PARAMS_MAX) + "a";
        assert_eq!(Params::parse(&many), Err(ParamError::TooMany));
    }
}
