//! What is said: requests and responses with their headers in order, as bytes that were checked once.
use std::fmt;

/// A request method. Unknown ones are values: they are answered with 405 or 501, never an error.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// RFC 3261.
    Invite,
    /// RFC 3261.
    Ack,
    /// RFC 3261.
    Bye,
    /// RFC 3261.
    Cancel,
    /// RFC 3261.
    Options,
    /// RFC 3261.
    Register,
    /// RFC 3262.
    Prack,
    /// RFC 3311.
    Update,
    /// RFC 6086.
    Info,
    /// RFC 3515.
    Refer,
    /// RFC 6665.
    Notify,
    /// RFC 6665.
    Subscribe,
    /// RFC 3428.
    Message,
    /// RFC 3903.
    Publish,
    /// Anything else that is a token; case is kept, since methods are case-sensitive.
    Other(Box<str>),
}

impl Method {
    /// The method as written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Prack => "PRACK",
            Self::Update => "UPDATE",
            Self::Info => "INFO",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Message => "MESSAGE",
            Self::Publish => "PUBLISH",
            Self::Other(name) => name,
        }
    }

    /// The method a token names.
    pub fn from_token(token: &str) -> Self {
        match token {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "OPTIONS" => Self::Options,
            "REGISTER" => Self::Register,
            "PRACK" => Self::Prack,
            "UPDATE" => Self::Update,
            "INFO" => Self::Info,
            "REFER" => Self::Refer,
            "NOTIFY" => Self::Notify,
            "SUBSCRIBE" => Self::Subscribe,
            "MESSAGE" => Self::Message,
            "PUBLISH" => Self::Publish,
            other => Self::Other(other.into()),
        }
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message that passed the parser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI as written (`sip:`, `sips:`, `tel:` or any scheme).
    pub uri: String,
    /// The headers in order.
    pub headers: Headers,
    /// The body, exactly as long as Content-Length said.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// 100–699.
    pub status: u16,
    /// The reason phrase; may be empty.
    pub reason: String,
    /// The headers in order.
    pub headers: Headers,
    /// The body, exactly as long as Content-Length said.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, uri: impl Into<String>) -> Self {
        let (uri, headers, body) = (uri.into(), Headers::new(), Vec::new());
        Self {
            method,
            uri,
            headers,
            body,
        }
    }
}

impl Response {
    /// A response with the usual phrase, without headers and body.
    pub fn new(status: u16) -> Self {
        let (reason, headers, body) = (phrase(status), Headers::new(), Vec::new());
        Self {
            status,
            reason,
            headers,
            body,
        }
    }
}

impl Message {
    /// The headers of either.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }
}

/// The usual phrase of a status code, by rsip's list; words where rsip has `CamelCase`. Codes without
/// one get an empty phrase.
pub fn phrase(status: u16) -> String {
    let code = match status {
        200 => return "OK".to_owned(),
        _ => rsip::StatusCode::from(status),
    };
    if let rsip::StatusCode::Other(..) = code {
        return String::new();
    }
    let named = code.to_string();
    let name = named.split_once(' ').map_or("", |(_, name)| name);
    let mut phrase = String::with_capacity(name.len() + 8);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !phrase.is_empty() {
            phrase.push(' ');
        }
        phrase.push(letter);
    }
    phrase
}

/// Headers in the order they came. Names are canonical (`Via`, `Call-ID`, compact forms expanded);
/// values are unfolded, trimmed and UTF-8 (CP1251 was converted by the parser).
///
/// A header that may hold a list keeps its values as written: one entry may hold several,
/// separated by commas. [`Headers::list`] gives them one by one.
#[derive(Clone, Default)]
pub struct Headers {
    rows: Vec<Row>,
    /// All values, one behind the other: a message is a few allocations and not one for each of its lines. What was
    /// replaced stays in it.
    text: String,
}

/// A name, and where its value lies.
#[derive(Clone)]
struct Row {
    name: HeaderName,
    value: (usize, usize),
}

/// A canonical header name; comparison ignores case.
pub type HeaderName = std::borrow::Cow<'static, str>;

impl Headers {
    /// No headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// No headers, with room for so many, and for values of so many bytes together.
    pub(crate) fn with_capacity(room: usize, bytes: usize) -> Self {
        Self {
            rows: Vec::with_capacity(room),
            text: String::with_capacity(bytes),
        }
    }

    /// Adds a header at the end.
    pub fn push(&mut self, name: impl Into<HeaderName>, value: impl AsRef<str>) {
        let row = self.row(name.into(), value.as_ref());
        self.rows.push(row);
    }

    /// Adds a header at the front (a Via we add, a Route).
    pub fn push_front(&mut self, name: impl Into<HeaderName>, value: impl AsRef<str>) {
        let row = self.row(name.into(), value.as_ref());
        self.rows.insert(0, row);
    }

    /// Replaces all headers of this name by one, in the place of the first.
    pub fn set(&mut self, name: impl Into<HeaderName>, value: impl AsRef<str>) {
        let row = self.row(name.into(), value.as_ref());
        let place = self.rows.iter().position(|other| other.is(&row.name));
        self.remove(&row.name);
        let place = place.unwrap_or(self.rows.len()).min(self.rows.len());
        self.rows.insert(place, row);
    }

    fn row(&mut self, name: HeaderName, value: &str) -> Row {
        let from = self.text.len();
        self.text.push_str(value);
        let value = (from, self.text.len());
        Row { name, value }
    }

    fn value(&self, row: &Row) -> &str {
        &self.text[row.value.0..row.value.1]
    }

    /// Removes all headers of this name.
    pub fn remove(&mut self, name: &str) {
        self.rows.retain(|row| !row.is(name));
    }

    /// The first value of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let row = self.rows.iter().find(|row| row.is(name))?;
        Some(self.value(row))
    }

    /// All values of this name, as written.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        let rows = self.rows.iter().filter(move |row| row.is(name));
        rows.map(|row| self.value(row))
    }

    /// All values of a list header (`Via`, `Route`, `Supported` …), commas outside quotes and `<>` split.
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.all(name).flat_map(split_commas)
    }

    /// All headers in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let rows = self.rows.iter();
        rows.map(|row| (row.name.as_ref(), self.value(row)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Row {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.iter().collect();
        f.debug_tuple("Headers").field(&rows).finish()
    }
}

/// Splits at commas outside quoted strings and angle brackets; empty parts are left out.
pub(crate) fn split_commas(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    let parts = std::iter::from_fn(move || {
        let text = rest?;
        let end = find_comma(text);
        rest = end.map(|end| &text[end + 1..]);
        Some(crate::text::trim(&text[..end.unwrap_or(text.len())]))
    });
    parts.filter(|part| !part.is_empty())
}

/// The place of the first comma outside quoted strings and angle brackets.
fn find_comma(text: &str) -> Option<usize> {
    // Most values hold none.
    memchr::memchr(b',', text.as_bytes())?;
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    text.bytes().position(|byte| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' if !quoted => angle = true,
            b'>' if !quoted => angle = false,
            b',' => return !quoted && !angle,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_split_outside_quotes_and_brackets() {
        let mut headers = Headers::new();
        headers.push("Contact", "\"a, \\\"b\" <sip:x@y;a=1,2>;q=1, <sip:z@y>");
        headers.push("contact", "sip:third@y");
        let values: Vec<_> = headers.list("Contact").collect();
        assert_eq!(
            values,
            [
                "\"a, \\\"b\" <sip:x@y;a=1,2>;q=1",
                "<sip:z@y>",
                "sip:third@y"
            ]
        );
    }

    #[test]
    fn phrases() {
        let phrases = [100, 183, 200, 404, 481, 486, 503, 599].map(phrase);
        let wanted = ["Trying", "Session Progress", "OK", "Not Found"];
        assert_eq!(phrases[..4], wanted);
        let wanted = [
            "Call Transaction Does Not Exist",
            "Busy Here",
            "Service Unavailable",
            "",
        ];
        assert_eq!(phrases[4..], wanted);
    }

    #[test]
    fn set_keeps_the_place_of_the_first() {
        let mut headers = Headers::new();
        headers.push("A", "1");
        headers.push("B", "2");
        headers.push("a", "3");
        headers.set("A", "4");
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("A", "4"), ("B", "2")]);
        // Whatever they were before.
        let mut same = Headers::new();
        same.push("B", "2");
        same.push_front("A", "4");
        assert_eq!(headers, same);
        assert_eq!(
            format!("{headers:?}"),
            r#"Headers([("A", "4"), ("B", "2")])"#
        );
    }
}
