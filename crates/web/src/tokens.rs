//! Who is signed in: tokens live in memory, as hashes, and end with the daemon.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gudok_model::{OperatorId, ProjectId, Wall};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// How long a token is good (reliability S07).
pub const LIFE: Duration = Duration::from_secs(12 * 3600);
/// Tokens of one operator; signing in once more revokes the oldest.
pub const PER_OPERATOR_MAX: usize = 16;
/// Tokens of all; above it nobody can sign in until one ends.
pub const TOKENS_MAX: usize = 10_000;

/// A signed-in operator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Number of the sign-in, 1, 2, 3 … Not a secret.
    pub number: u64,
    /// Who.
    pub operator: OperatorId,
    /// What they may read about.
    pub project: ProjectId,
}

/// A fresh token, shown once.
pub struct Issued {
    /// 256 random bits, hex.
    pub token: String,
    /// The end of its life.
    pub expires_at: Wall,
    /// Number of the sign-in.
    pub number: u64,
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// [`TOKENS_MAX`].
    #[error("too many sessions; try again later")]
    Full,
    /// The system has no randomness.
    #[error("no randomness")]
    Randomness(#[from] getrandom::Error),
}

/// All valid tokens. Shared by the web API and the desks' bridge; every question is answered from memory.
#[derive(Default)]
pub struct Tokens {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// By SHA-256 of the token: neither a memory dump nor the time of a search gives one away.
    live: BTreeMap<Hash, Entry>,
    by_number: BTreeMap<u64, Hash>,
    last_number: u64,
}

type Hash = [u8; 32];

struct Entry {
    session: Session,
    expires: Instant,
}

impl Tokens {
    /// Issues a token.
    ///
    /// # Errors
    /// The table is full, or the system has no randomness.
    pub fn issue(
        &self,
        operator: &OperatorId,
        project: &ProjectId,
        now: Wall,
    ) -> Result<Issued, IssueError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        let token = hex::encode(secret);
        let mut table = self.table();
        table.drop_expired();
        table.make_room(operator);
        if table.live.len() >= TOKENS_MAX {
            return Err(IssueError::Full);
        }
        table.last_number += 1;
        let number = table.last_number;
        let session = Session {
            number,
            operator: operator.clone(),
            project: project.clone(),
        };
        let expires = Instant::now() + LIFE;
        table.by_number.insert(number, hash(&token));
        table.live.insert(hash(&token), Entry { session, expires });
        Ok(Issued {
            token,
            expires_at: now + LIFE,
            number,
        })
    }

    /// Whose token this is, if it is good.
    pub fn session(&self, token: &str) -> Option<Session> {
        let table = self.table();
        let entry = table.live.get(&hash(token))?;
        entry.is_live().then(|| entry.session.clone())
    }

    /// Whether the sign-in with this number is still good.
    pub fn is_live(&self, number: u64) -> bool {
        let table = self.table();
        table
            .live
            .values()
            .any(|entry| entry.session.number == number && entry.is_live())
    }

    /// Ends a token; says whether it was one.
    pub fn revoke(&self, token: &str) -> bool {
        self.table().remove(&hash(token))
    }

    /// Ends all tokens of an operator: the password changed, or they left.
    pub fn revoke_all(&self, operator: &OperatorId) {
        self.table()
            .retain(|entry| entry.session.operator != *operator);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.table().live.len()
    }

    /// Nothing panics inside, so a poisoned lock guards a sound table.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn drop_expired(&mut self) {
        self.retain(Entry::is_live);
    }

    fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        let Self {
            live, by_number, ..
        } = self;
        live.retain(|_, entry| {
            let kept = keep(entry);
            if !kept {
                by_number.remove(&entry.session.number);
            }
            kept
        });
    }

    fn remove(&mut self, key: &Hash) -> bool {
        let gone = self.live.remove(key);
        if let Some(entry) = &gone {
            self.by_number.remove(&entry.session.number);
        }
        gone.is_some()
    }

    fn make_room(&mut self, operator: &OperatorId) {
        let own = self
            .live
            .iter()
            .filter(|(_, entry)| entry.session.operator == *operator);
        let mut own: Vec<_> = own
            .map(|(key, entry)| (entry.session.number, *key))
            .collect();
        own.sort_unstable();
        let surplus = (own.len() + 1).saturating_sub(PER_OPERATOR_MAX);
        for (_, key) in own.into_iter().take(surplus) {
            self.remove(&key);
        }
    }
}

impl Entry {
    fn is_live(&self) -> bool {
        Instant::now() < self.expires
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({} live)", self.count())
    }
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issue(tokens: &Tokens, operator: &str) -> String {
        let issued = tokens.issue(&operator.into(), &"isp1".into(), Wall(0));
        issued.map(|issued| issued.token).unwrap_or_default()
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_lives_twelve_hours_or_until_it_is_revoked() {
        let tokens = Tokens::default();
        let (first, second) = (issue(&tokens, "anna"), issue(&tokens, "anna"));
        assert_ne!(first, second);
        assert_eq!(first.len(), 64);
        assert_eq!(tokens.session(&first).unwrap().operator, "anna".into());
        assert_eq!(tokens.session("nonsense"), None);
        assert!(tokens.revoke(&second) && !tokens.revoke(&second));
        assert_eq!(tokens.session(&second), None);
        assert!(tokens.is_live(1) && !tokens.is_live(2));
        tokio::time::advance(LIFE - Duration::from_secs(1)).await;
        assert!(tokens.session(&first).is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(tokens.session(&first).is_none() && !tokens.is_live(1));
    }

    #[tokio::test]
    async fn the_oldest_of_an_operators_tokens_gives_way() {
        let tokens = Tokens::default();
        let other = issue(&tokens, "boris");
        let first = issue(&tokens, "anna");
        for _ in 0..PER_OPERATOR_MAX {
            issue(&tokens, "anna");
        }
        assert_eq!(tokens.count(), PER_OPERATOR_MAX + 1);
        assert!(tokens.session(&first).is_none() && tokens.session(&other).is_some());
        tokens.revoke_all(&"anna".into());
        assert_eq!(tokens.count(), 1);
        assert_eq!(tokens.table().by_number.len(), 1);
    }

    #[tokio::test]
    async fn nothing_secret_is_shown() {
        let tokens = Tokens::default();
        let token = issue(&tokens, "anna");
        let session = tokens.session(&token);
        let shown = format!("{tokens:?} {session:?}");
        assert!(!shown.contains(&token));
    }
}
