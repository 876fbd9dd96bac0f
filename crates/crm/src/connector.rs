//! One outside CRM over HTTP and JSON: a bounded question, a bounded answer.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gudok_model::{Client, LookupError, Mono, PhoneNumber};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::breaker::{Admission, Breaker};
use crate::lookup::Key;
use crate::mapping::{Mapping, MappingError};
use crate::secret::Secret;

/// Largest answer. Bytes (reliability F08).
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Questions under way at once; above it a lookup is answered `busy`.
pub const CONCURRENT_MAX: usize = 16;
/// Longest time a question may take at all: the card is old news after it.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(30);

/// How to ask one CRM.
#[derive(Clone, Debug)]
pub struct CrmConfig {
    /// Shown as the source on the card: `crm:<name>`.
    pub name: String,
    /// With `{number}` (`+79990000000`, percent-encoded) or `{number_digits}` (`79990000000`) in its path
    /// or query. `http` or `https`.
    pub url: String,
    /// By what else it may be asked: the field of a client, and an address with `{value}` (percent-encoded, whatever it is)
    /// in its path or query; always with GET.
    pub by: BTreeMap<String, String>,
    /// How the question is put.
    pub method: Ask,
    /// Sent with each question.
    pub headers: Vec<(String, Secret)>,
    /// Hard limit of one question; an answer between the call's deadline and this comes as an update.
    /// At most [`TIMEOUT_MAX`].
    pub timeout: Duration,
    /// Where the answer holds what.
    pub map: Mapping,
}

/// How the question is put.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// GET.
    Get,
    /// POST with a JSON text, in which `{number}` and `{number_digits}` are replaced.
    Post(String),
}

/// A setting that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The URL is not one, or not of http(s).
    #[error("crm.url is not an http or https address: {0}")]
    Url(String),
    /// The number does not occur, or it occurs where it would choose the server.
    #[error(
        "crm.url must have {{number}} or {{number_digits}} in its path or query (or in a POST body)"
    )]
    Placeholder,
    /// The same of an address of `crm.by`.
    #[error("crm.by: {0:?} must have {{value}} in the path or query of its address")]
    Value(String),
    /// A header name or value that HTTP does not allow.
    #[error("crm.headers: {0:?} is not a header, or its value has forbidden characters")]
    Header(String),
    /// A limit that is not in its range.
    #[error("crm.timeout must be above 0 and at most 30s")]
    Timeout,
    /// The field mapping.
    #[error("the field mapping cannot work")]
    Mapping(#[from] MappingError),
    /// The TLS part could not be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[from] reqwest::Error),
}

/// Asks one CRM, within limits.
pub(crate) struct Connector {
    config: CrmConfig,
    source: String,
    client: reqwest::Client,
    places: Semaphore,
    breaker: Mutex<Breaker>,
    started: Instant,
}

impl Connector {
    pub(crate) fn new(config: CrmConfig) -> Result<Self, SetupError> {
        config.map.check()?;
        check_url(&config)?;
        check_by(&config)?;
        if config.timeout.is_zero() || config.timeout > TIMEOUT_MAX {
            return Err(SetupError::Timeout);
        }
        // Another part of the process may have installed it before: then it is the same one.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let client = reqwest::Client::builder()
            .default_headers(headers(&config)?)
            .timeout(config.timeout)
            // A redirect could lead to any address inside the network (reliability F08).
            .redirect(redirect::Policy::none())
            // What is asked goes where the admin wrote, whatever the environment says.
            .no_proxy()
            .http1_only()
            .pool_max_idle_per_host(CONCURRENT_MAX)
            .build()?;
        Ok(Self {
            source: format!("crm:{}", config.name),
            config,
            client,
            places: Semaphore::new(CONCURRENT_MAX),
            breaker: Mutex::default(),
            started: Instant::now(),
        })
    }

    /// Whether it can be asked by this.
    pub(crate) fn is_asked_by(&self, key: &Key) -> bool {
        match key {
            Key::Number(_) => true,
            Key::Field { name, .. } => self.config.by.contains_key(name),
        }
    }

    /// The clients with this number, or this value; none if nobody has it.
    pub(crate) async fn find(self: Arc<Self>, key: Key) -> Result<Vec<Client>, LookupError> {
        let _place = self.places.try_acquire().map_err(|_| LookupError::Busy)?;
        let admission = self.with_breaker(Breaker::admit);
        if admission == Admission::No {
            return Err(LookupError::CircuitOpen);
        }
        let mut outcome = Outcome {
            connector: &self,
            admission,
            is_ok: false,
        };
        let found = self.ask(&key).await;
        outcome.is_ok = found.is_ok();
        if let Err(error) = &found {
            tracing::warn!(source = self.source, ?error, "crm lookup failed");
        }
        found
    }

    /// Whether questions are being refused since the CRM does not answer.
    pub(crate) fn is_open(&self) -> bool {
        self.with_breaker(|breaker, _| breaker.is_open())
    }

    fn request(&self, key: &Key) -> Option<RequestBuilder> {
        let number = match key {
            Key::Number(number) => number,
            Key::Field { name, value } => {
                let url = self.config.by.get(name).filter(|_| !is_dots(value))?;
                let url = url.replace("{value}", &encoded(value));
                return Some(self.client.request(Method::GET, url));
            }
        };
        let url = fill(&self.config.url, number, "%2B");
        Some(match &self.config.method {
            Ask::Get => self.client.request(Method::GET, url),
            Ask::Post(body) => self
                .client
                .request(Method::POST, url)
                .body(fill(body, number, "+")),
        })
    }

    async fn ask(&self, key: &Key) -> Result<Vec<Client>, LookupError> {
        let Some(request) = self.request(key) else {
            return Ok(Vec::new());
        };
        let response = request.send().await.map_err(|error| reason(&error))?;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::NO_CONTENT => Ok(Vec::new()),
            // Callers choose what is asked by a field: a value of theirs that fits no contract is nobody's, and no reason to
            // ask the CRM nothing more.
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
                if matches!(key, Key::Field { .. }) =>
            {
                Ok(Vec::new())
            }
            status if status.is_success() => {
                let body = read(response).await?;
                self.config.map.clients(&body, &self.source)
            }
            _ => Err(LookupError::Status),
        }
    }

    fn with_breaker<T>(&self, action: impl FnOnce(&mut Breaker, Mono) -> T) -> T {
        let now = Mono::default() + self.started.elapsed();
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        action(&mut breaker, now)
    }
}

/// Reports to the breaker however the question ends, cancellation included: a lost probe would otherwise
/// keep the circuit open for ever.
struct Outcome<'a> {
    connector: &'a Connector,
    admission: Admission,
    is_ok: bool,
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        let (admission, is_ok) = (self.admission, self.is_ok);
        self.connector
            .with_breaker(|breaker, now| breaker.report(now, admission, is_ok));
    }
}

/// Reads at most [`BODY_BYTES_MAX`], whatever the header promised.
async fn read(mut response: Response) -> Result<Vec<u8>, LookupError> {
    if response
        .content_length()
        .is_some_and(|length| length > BODY_BYTES_MAX as u64)
    {
        return Err(LookupError::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(LookupError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn reason(error: &reqwest::Error) -> LookupError {
    if error.is_timeout() {
        LookupError::Timeout
    } else {
        LookupError::Unreachable
    }
}

/// Puts the number in. E.164 is a plus and digits, so nothing else needs encoding.
fn fill(template: &str, number: &PhoneNumber, plus: &str) -> String {
    let digits = number.as_str().trim_start_matches('+');
    template
        .replace("{number_digits}", digits)
        .replace("{number}", &format!("{plus}{digits}"))
}

/// Every byte but letters and digits as `%XX`: nothing of it is a path, a query or a dot segment.
fn encoded(value: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    value.bytes().map(byte).collect()
}

/// Whether it would be a step in a path, even percent-encoded (WHATWG URL, dot segments).
fn is_dots(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'.')
}

/// The addresses of `by`: what was typed may choose the page, never the server.
fn check_by(config: &CrmConfig) -> Result<(), SetupError> {
    for (field, url) in &config.by {
        check_address(url)?;
        let (server, page) = parted(url);
        if !page.contains("{value}") || server.contains("{value}") {
            return Err(SetupError::Value(field.clone()));
        }
    }
    Ok(())
}

fn check_address(url: &str) -> Result<(), SetupError> {
    let plain = Url::parse(url).map_err(|error| SetupError::Url(error.to_string()))?;
    match matches!(plain.scheme(), "http" | "https") && plain.has_host() {
        true => Ok(()),
        false => Err(SetupError::Url(plain.scheme().to_owned())),
    }
}

/// The address up to its path or query, and the rest.
fn parted(url: &str) -> (&str, &str) {
    let server = url.find("://").map_or(0, |at| at + 3);
    let page = url[server..].find(['/', '?']);
    url.split_at(page.map_or(url.len(), |at| at + server))
}

/// The number may choose the page, never the server.
fn check_url(config: &CrmConfig) -> Result<(), SetupError> {
    check_address(&config.url)?;
    let holds = |text: &str| text.contains("{number}") || text.contains("{number_digits}");
    let (server, page) = parted(&config.url);
    let asked = match &config.method {
        Ask::Get => holds(page),
        Ask::Post(body) => holds(page) || holds(body),
    };
    if asked && !holds(server) {
        Ok(())
    } else {
        Err(SetupError::Placeholder)
    }
}

fn headers(config: &CrmConfig) -> Result<HeaderMap, SetupError> {
    let mut headers = HeaderMap::new();
    if matches!(config.method, Ask::Post(_)) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &config.headers {
        let wrong = || SetupError::Header(name.clone());
        let key = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
        let mut value = HeaderValue::try_from(value.reveal()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(url: &str, method: Ask, headers: &[(&str, &str)]) -> String {
        let headers = headers
            .iter()
            .map(|(n, v)| ((*n).to_owned(), Secret::new(*v)));
        let config = CrmConfig {
            name: "test".into(),
            url: url.into(),
            by: BTreeMap::new(),
            method,
            headers: headers.collect(),
            timeout: Duration::from_secs(2),
            map: Mapping {
                id: "/id".into(),
                name: "/name".into(),
                ..Mapping::default()
            },
        };
        Connector::new(config).map_or_else(|error| error.to_string(), |_| "fine".into())
    }

    #[test]
    fn what_is_typed_never_chooses_the_server() {
        let by = |url: &str| {
            let config = CrmConfig {
                name: "test".into(),
                url: "https://crm.example/{number}".into(),
                by: BTreeMap::from([("account".to_owned(), url.to_owned())]),
                method: Ask::Get,
                headers: Vec::new(),
                timeout: Duration::from_secs(2),
                map: Mapping {
                    id: "/id".into(),
                    name: "/name".into(),
                    ..Mapping::default()
                },
            };
            Connector::new(config).map_or_else(|error| error.to_string(), |_| "fine".into())
        };
        let story = [
            by("https://crm.example/find?contract={value}"),
            by("https://crm.example/find"),
            by("https://{value}.example/{value}"),
            by("ftp://crm.example/{value}"),
        ];
        insta::assert_snapshot!(story.join("\n"), @r#"
        fine
        crm.by: "account" must have {value} in the path or query of its address
        crm.by: "account" must have {value} in the path or query of its address
        crm.url is not an http or https address: ftp
        "#);
    }

    #[test]
    fn settings_are_checked_before_anything_is_asked() {
        let canary = [("X-Key", "canary\n")];
        let story = [
            setup(
                "https://crm.example/find?phone={number}",
                Ask::Get,
                &[("X-Key", "canary")],
            ),
            setup("https://crm.example/{number_digits}", Ask::Get, &[]),
            setup(
                "https://crm.example/find",
                Ask::Post(r#"{"phone":"{number}"}"#.into()),
                &[],
            ),
            setup("https://crm.example/find", Ask::Get, &[]),
            setup("https://{number_digits}.example/{number}", Ask::Get, &[]),
            setup("https://crm.example:{number_digits}/", Ask::Get, &[]),
            setup("file:///etc/passwd?{number}", Ask::Get, &[]),
            setup("crm.example/{number}", Ask::Get, &[]),
            setup("https://crm.example/{number}", Ask::Get, &canary),
            setup(
                "https://crm.example/{number}",
                Ask::Get,
                &[("X Key", "canary")],
            ),
        ];
        insta::assert_snapshot!(story.join("\n"), @r#"
    fine
    fine
    fine
    crm.url must have {number} or {number_digits} in its path or query (or in a POST body)
    crm.url must have {number} or {number_digits} in its path or query (or in a POST body)
    crm.url is not an http or https address: invalid port number
    crm.url is not an http or https address: file
    crm.url is not an http or https address: relative URL without a base
    crm.headers: "X-Key" is not a header, or its value has forbidden characters
    crm.headers: "X Key" is not a header, or its value has forbidden characters
    "#);
    }
}
