//! The values of a sub-flow's parameters in the place of their names: what a call asks is a condition without parameters,
//! so that a proof and a comparison of two plans know it as they know any other.
use std::collections::BTreeMap;

use gudok_model::Name;

use super::Condition;
use crate::memory::Value;

/// Values by the names of parameters.
pub(crate) type Values = BTreeMap<Name, Value>;

/// Facts whose second word is the name of something of the plan.
const NAMED: [&str; 3] = ["queue", "schedule", "roster"];

/// The text with `param.X` replaced by its value, and `queue.param.X.ready` by `queue.tech.ready`. What stands in quotes
/// and in comments stays, and so does a name that has no value. Read as CEL reads it (`CEL.g4` of the cel-spec): what is
/// left over is no fact of the plan, which the compiler says.
pub(crate) fn substituted(text: &str, values: &Values) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Behind a dot that begins no path, such as that of `f(x).name`, a name is part of what stands before it.
    let mut is_part = false;
    while let Some(c) = rest.chars().next() {
        let hidden = hidden(rest);
        let path = if is_part { None } else { path(rest) };
        let (len, value) = match path {
            Some((len, words)) => (len, replaced(&words, values)),
            None if hidden > 0 => (hidden, None),
            None => (plain(rest, c), None),
        };
        is_part = c == '.' || (is_part && hidden > 0);
        let (token, after) = rest.split_at(len);
        out.push_str(value.as_deref().unwrap_or(token));
        rest = after;
    }
    out
}

/// Bytes of the token with which the text begins, of whatever kind: the string literal, the number, the sign.
fn plain(text: &str, c: char) -> usize {
    match (word(text), prefix(text)) {
        (_, Some((prefix, raw))) => prefix + quoted(&text[prefix..], raw),
        (0, None) => c.len_utf8(),
        (len, None) => len,
    }
}

/// Bytes of the letters before the string literal with which the text begins, and whether it is a raw one.
fn prefix(text: &str) -> Option<(usize, bool)> {
    let letters = word(text);
    let is_string = text[letters..].starts_with(['"', '\'']);
    let known = ["", "r", "b", "br"].contains(&text[..letters].to_ascii_lowercase().as_str());
    (is_string && known).then(|| (letters, text[..letters].contains(['r', 'R'])))
}

/// Bytes of the white space and the comments with which the text begins.
fn hidden(text: &str) -> usize {
    let mut rest = text;
    loop {
        let left = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{c}']);
        let after = match left.starts_with("//") {
            true => left.trim_start_matches(|c| c != '\n'),
            false => left,
        };
        if after.len() == rest.len() {
            return text.len() - rest.len();
        }
        rest = after;
    }
}

/// Bytes of the letters, digits and underscores with which the text begins.
fn word(text: &str) -> usize {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    end.unwrap_or(text.len())
}

/// The path with which the text begins: its bytes and its words, whatever white space stands between.
fn path(text: &str) -> Option<(usize, Vec<&str>)> {
    let mut end = word(text);
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !is_name || prefix(text).is_some() {
        return None;
    }
    let mut words = vec![&text[..end]];
    while let Some((len, word)) = member(&text[end..]) {
        end += len;
        words.push(word);
    }
    Some((end, words))
}

/// A dot and the name behind it, which may be in backticks.
fn member(text: &str) -> Option<(usize, &str)> {
    let dot = hidden(text);
    let behind = text[dot..].strip_prefix('.')?;
    let name = &behind[hidden(behind)..];
    let before = text.len() - name.len();
    if let Some(name) = name.strip_prefix('`') {
        let (name, _) = name.split_once('`')?;
        return Some((before + name.len() + 2, name));
    }
    let len = word(name);
    (len > 0).then(|| (before + len, &name[..len]))
}

/// Bytes of the string literal with which the text begins.
fn quoted(text: &str, raw: bool) -> usize {
    let quote = &text[..1];
    let three = quote.repeat(3);
    let end = match text.starts_with(&three) {
        true => three.as_str(),
        false => quote,
    };
    let mut at = end.len();
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if text[at..].starts_with(end) {
            return at + end.len();
        }
        // The character behind a backslash ends nothing, but in a raw literal.
        let escaped = match c == '\\' && !raw {
            true => text[at + 1..].chars().next(),
            false => None,
        };
        at += c.len_utf8() + escaped.map_or(0, char::len_utf8);
    }
    text.len()
}

/// A path with the value in the place of a parameter; None: it names none.
fn replaced(path: &[&str], values: &Values) -> Option<String> {
    match *path {
        ["param", name] => Some(literal(values.get(name)?)),
        // A method of the value: `param.tariff.startsWith(…)`.
        ["param", name, ref rest @ ..] => {
            let value = literal(values.get(name)?);
            Some(format!("{value}.{}", rest.join(".")))
        }
        [root, "param", name, ref rest @ ..] if NAMED.contains(&root) => {
            let Value::Text(value) = values.get(name)? else {
                return None;
            };
            Some(format!("{root}.{value}.{}", rest.join(".")))
        }
        _ => None,
    }
}

/// Whether a condition whose words are right asks for a parameter.
pub(crate) fn asks(condition: &Condition) -> bool {
    let mut paths = condition.vars.iter().map(|(path, _)| path.split('.'));
    paths.any(|mut path| match path.next() {
        Some("param") => true,
        Some(root) => NAMED.contains(&root) && path.next() == Some("param"),
        None => false,
    })
}

/// A value as CEL writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) if *number < 0 => format!("({number})"),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", escaped.replace('\n', "\\n").replace('\r', "\\r"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_names_stood_and_what_is_quoted_stays() {
        let text = |text: &str| Value::Text(text.into());
        let values = [
            ("line", text("tech")),
            ("tariff", text("a\"b\\c")),
            ("vip", Value::Bool(true)),
            ("least", Value::Int(-5)),
        ];
        let values: Values = values.map(|(name, value)| (name.into(), value)).into();
        let shown = |text| substituted(text, &values);
        assert_eq!(shown("param.vip"), "true");
        assert_eq!(
            shown("queue.param.line.ready > param.least"),
            "queue.tech.ready > (-5)"
        );
        assert_eq!(
            shown(r#"param.tariff.startsWith("param.vip") && x == 'it\'s param.vip'"#),
            r#""a\"b\\c".startsWith("param.vip") && x == 'it\'s param.vip'"#
        );
        assert_eq!(
            shown("param.other || myparam.vip"),
            "param.other || myparam.vip"
        );
        assert_eq!(
            shown("\"\"\"param.vip\"\"\" + \"open"),
            "\"\"\"param.vip\"\"\" + \"open"
        );
    }

    #[test]
    fn what_is_a_name_and_what_is_not_is_read_as_cel_reads_it() {
        let values = [
            ("line", Value::Text("tech".into())),
            ("vip", Value::Bool(true)),
        ];
        let values: Values = values.map(|(name, value)| (name.into(), value)).into();
        let shown = |text| substituted(text, &values);
        assert_eq!(shown("queue.param .line.ready"), "queue.tech.ready");
        assert_eq!(
            shown("queue // it's\n\t.param\n.`line` . ready"),
            "queue.tech.ready"
        );
        assert_eq!(
            shown("x // it's param.vip\n&& param.vip"),
            "x // it's param.vip\n&& true"
        );
        assert_eq!(shown(r"x == r'\' && param.vip"), r"x == r'\' && true");
        assert_eq!(
            shown(r#"x in [bR"\", R"""\""", param . vip]"#),
            r#"x in [bR"\", R"""\""", true]"#
        );
        assert_eq!(
            shown("f(x) . param.vip || [x][0].param.vip"),
            "f(x) . param.vip || [x][0].param.vip"
        );
        assert_eq!(
            shown("x.param.vip || 5 < 7.5 || (param).vip || (param.vip)"),
            "x.param.vip || 5 < 7.5 || (param).vip || (true)"
        );
        assert_eq!(shown("вип == param.vip // конец"), "вип == true // конец");
    }
}
