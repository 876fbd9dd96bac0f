//! Who is signed in: tokens are asked for in memory, as hashes. What is on record of them too ([`OnRecord`]) comes back with the
//! next start; what could not be written down ends with the daemon.
use std::collections::{BTreeMap, BTreeSet};
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
    /// What is written down of it.
    pub hash: TokenHash,
    /// The end of its life.
    pub expires_at: Wall,
    /// Number of the sign-in.
    pub number: u64,
}

/// SHA-256 of a token, lowercase hex: no token can be made of it.
pub type TokenHash = String;

/// A sign-in that was written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OnRecord {
    /// Which.
    pub hash: TokenHash,
    /// Who.
    pub operator: OperatorId,
    /// What they may read about.
    pub project: ProjectId,
    /// The end of its life.
    pub expires_at: Wall,
}

/// What is written down of a token.
pub fn hash_of(token: &str) -> TokenHash {
    hex::encode(hash(token))
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
    /// Sign-ins up to this number were made in earlier runs.
    of_before: u64,
}

type Hash = [u8; 32];

struct Entry {
    session: Session,
    expires: Instant,
    /// It is written down as well.
    on_record: bool,
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
        let number = table.insert(hash(&token), (operator, project), LIFE, false);
        Ok(Issued {
            hash: hex::encode(hash(&token)),
            token,
            expires_at: now + LIFE,
            number,
        })
    }

    /// Those that were on record at the start, in the order they were issued; none lives longer than a new one would.
    pub fn restore(&self, on_record: Vec<OnRecord>, now: Wall) {
        let mut table = self.table();
        for known in on_record.into_iter().take(TOKENS_MAX) {
            let OnRecord {
                hash,
                operator,
                project,
                expires_at,
            } = known;
            let life = expires_at.since(now).min(LIFE);
            if let (Some(key), false) = (key_of(&hash), life.is_zero()) {
                table.of_before = table.insert(key, (&operator, &project), life, true);
            }
        }
    }

    /// Whether the sign-in with this number was made in an earlier run.
    pub fn is_of_before(&self, number: u64) -> bool {
        number <= self.table().of_before
    }

    /// It is written down: from now on it ends when it is on record no more.
    pub fn kept(&self, hash: &str) {
        let mut table = self.table();
        if let Some(entry) = key_of(hash).and_then(|key| table.live.get_mut(&key)) {
            entry.on_record = true;
        }
    }

    /// The live ones that are written down.
    pub fn on_record(&self) -> BTreeSet<TokenHash> {
        let table = self.table();
        let kept = table.live.iter().filter(|(_, entry)| entry.on_record);
        kept.map(|(key, _)| hex::encode(key)).collect()
    }

    /// Ends these: the password changed, or their operator left.
    pub fn end(&self, hashes: &BTreeSet<TokenHash>) {
        let mut table = self.table();
        for key in hashes.iter().filter_map(|hash| key_of(hash)) {
            table.remove(&key);
        }
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

    /// Ends a token; what is to be taken off the record, if it was one.
    pub fn revoke(&self, token: &str) -> Option<TokenHash> {
        let key = hash(token);
        self.table().remove(&key).then(|| hex::encode(key))
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
    /// Gives the number of the sign-in.
    fn insert(
        &mut self,
        key: Hash,
        (operator, project): (&OperatorId, &ProjectId),
        life: Duration,
        on_record: bool,
    ) -> u64 {
        self.last_number += 1;
        let number = self.last_number;
        let session = Session {
            number,
            operator: operator.clone(),
            project: project.clone(),
        };
        let entry = Entry {
            session,
            expires: Instant::now() + life,
            on_record,
        };
        self.by_number.insert(number, key);
        self.live.insert(key, entry);
        number
    }

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

/// None where it is not what we wrote.
fn key_of(hash: &str) -> Option<Hash> {
    hex::decode(hash).ok()?.try_into().ok()
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
        assert!(tokens.revoke(&second).is_some() && tokens.revoke(&second).is_none());
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
        assert_eq!(tokens.table().by_number.len(), PER_OPERATOR_MAX + 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_start_knows_what_was_written_down_for_as_long_as_it_had() {
        let (tokens, issued_at) = (Tokens::default(), Wall(0));
        let issued = tokens.issue(&"anna".into(), &"isp1".into(), issued_at);
        let issued = issued.unwrap();
        assert!(tokens.on_record().is_empty());
        tokens.kept(&issued.hash);
        assert!(tokens.on_record().contains(&issued.hash));

        let known = |hash: &str, expires_at| OnRecord {
            hash: hash.to_owned(),
            operator: "anna".into(),
            project: "isp1".into(),
            expires_at,
        };
        let next = Tokens::default();
        let later = issued_at + Duration::from_secs(11 * 3600);
        let over = known(&hex::encode(hash("over")), later);
        let good = known(&issued.hash, issued.expires_at);
        next.restore(vec![over, known("no hash", later + LIFE), good], later);
        assert_eq!(next.count(), 1);
        let session = next.session(&issued.token).unwrap();
        assert_eq!((session.number, session.operator), (1, "anna".into()));
        let other = next.issue(&"anna".into(), &"isp1".into(), later);
        assert_eq!(other.unwrap().number, 2);
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(next.session(&issued.token), None);

        // A clock that stepped back gives no longer life than a sign-in has.
        let next = Tokens::default();
        let far = known(&issued.hash, issued_at + 100 * LIFE);
        next.restore(vec![far], issued_at);
        tokio::time::advance(LIFE).await;
        assert_eq!(next.session(&issued.token), None);
    }

    #[tokio::test]
    async fn what_is_on_record_no_more_ends_and_the_others_stay() {
        let tokens = Tokens::default();
        let (gone, stays) = (issue(&tokens, "anna"), issue(&tokens, "boris"));
        let hashes = BTreeSet::from([hex::encode(hash(&gone))]);
        tokens.end(&hashes);
        assert!(tokens.session(&gone).is_none() && tokens.session(&stays).is_some());
        assert!(!tokens.is_live(1) && tokens.is_live(2));
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
