//! What proves us to somebody else (RFC 3261 §22.2, §22.3): a user and a password, for one realm or for any.
use super::{Challenge, ha1};
use crate::message::{Method, Response};

/// A user of ours at somebody else's. `Debug` shows the user alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    user: String,
    /// None: whatever realm they name.
    realm: Option<String>,
    password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({})", self.user)
    }
}

impl Login {
    /// With a realm, challenges of other realms are not answered.
    pub fn new(user: &str, realm: Option<&str>, password: &str) -> Self {
        Self {
            user: user.to_owned(),
            realm: realm.map(str::to_owned),
            password: password.to_owned(),
        }
    }

    /// The user.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The value of `Authorization` (or `Proxy-Authorization`). `count` is that of [`Challenge::answer`].
    pub fn answer(
        &self,
        challenge: &Challenge,
        method: &Method,
        uri: &str,
        cnonce: &str,
        count: u32,
    ) -> String {
        let Self { user, password, .. } = self;
        let hash = ha1(challenge.algorithm, user, &challenge.realm, password);
        challenge.answer(user, &hash, method, uri, cnonce, count)
    }

    /// The challenges of a 401 or 407 that we can answer, the strongest of each realm, and the name of the header that
    /// answers them. None: it is no challenge.
    pub fn challenges(&self, refusal: &Response) -> Option<(&'static str, Vec<Challenge>)> {
        let (asks, answers) = match refusal.status {
            401 => ("WWW-Authenticate", "Authorization"),
            407 => ("Proxy-Authenticate", "Proxy-Authorization"),
            _ => return None,
        };
        let mut found: Vec<Challenge> = Vec::new();
        // Each challenge is one header: its commas are its own.
        for challenge in refusal.headers.all(asks).take(CHALLENGES_READ) {
            let Ok(challenge) = Challenge::parse(challenge) else {
                continue;
            };
            if self.realm.as_ref().is_some_and(|r| *r != challenge.realm) {
                continue;
            }
            match found.iter_mut().find(|it| it.realm == challenge.realm) {
                Some(weaker) if weaker.algorithm < challenge.algorithm => *weaker = challenge,
                Some(_) => {}
                None => found.push(challenge),
            }
        }
        Some((answers, found))
    }
}

/// Challenges read of one refusal; further ones are passed over.
const CHALLENGES_READ: usize = 8;
