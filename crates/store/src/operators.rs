//! Operators and their credentials. Passwords come in, hashes stay, nothing secret goes out by accident.
use std::fmt;

use gudok_model::{AutoAnswer, OperatorId, OperatorProfile, ProjectId, Role, Wall};
use md5::{Digest, Md5};
use sha2::Sha256;
use sqlx::FromRow;

use crate::fold::slug;
use crate::sql;
use crate::store::{QueryError, Store};

/// Most operators of one daemon; beyond it the list is cut.
pub const OPERATORS_MAX: usize = 10_000;

/// A new operator with the password, which is hashed and forgotten.
pub struct NewOperator<'a> {
    /// Setting; its id is the digest user.
    pub profile: OperatorProfile,
    /// The realm the phones are challenged with.
    pub realm: &'a str,
    /// In the clear.
    pub password: &'a str,
}

/// What a phone and a desk prove themselves against.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The digest user.
    pub operator: OperatorId,
    /// The realm the hashes were made for.
    pub realm: String,
    /// Lowercase hex of MD5(user:realm:password), RFC 7616 §3.4.2.
    pub ha1_md5: String,
    /// The same with SHA-256.
    pub ha1_sha256: String,
}

/// Why an operator was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddOperatorError {
    /// There is one; `update_operator` changes it.
    #[error("the operator {0} exists already")]
    Exists(OperatorId),
    /// There is none to change.
    #[error("there is no operator {0}")]
    Unknown(OperatorId),
    /// The id is a SIP user and part of a hash: letters, digits, `.`, `-`, `_`, at most 32.
    #[error(
        "the operator's id may have letters, digits, dot, hyphen and underscore only, at most 32"
    )]
    BadId,
    /// An empty password is none; a long one is a mistake.
    #[error("the password must have 1 to 256 characters and no control characters")]
    BadPassword,
    /// The database.
    #[error(transparent)]
    Query(#[from] QueryError),
}

#[derive(Default, FromRow)]
struct OperatorRow {
    operator_id: String,
    project: String,
    name: String,
    auto_answer: String,
    phone_only: bool,
    phone: Option<String>,
    admin: bool,
    supervisor: bool,
    realm: String,
    ha1_md5: String,
    ha1_sha256: String,
}

impl Store {
    /// Adds an operator.
    pub async fn add_operator(
        &self,
        new: &NewOperator<'_>,
        at: Wall,
    ) -> Result<(), AddOperatorError> {
        new.check()?;
        let insert = new.bind(sqlx::query(sql::OPERATOR_INSERT)).bind(at.0);
        match insert.execute(&self.writer).await {
            Ok(_) => Ok(()),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Err(AddOperatorError::Exists(new.profile.id.clone()))
            }
            Err(error) => Err(QueryError::because("add an operator")(error).into()),
        }
    }

    /// Gives an operator new settings and a new password; with another one than before whoever is signed in is so no more.
    pub async fn update_operator(&self, new: &NewOperator<'_>) -> Result<(), AddOperatorError> {
        new.check()?;
        let failed = QueryError::because("change an operator");
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        let id = &new.profile.id;
        let sessions = sqlx::query(sql::SESSIONS_OF_PASSWORD)
            .bind(id.as_str())
            .bind(ha1::<Sha256>(id, new.realm, new.password));
        sessions.execute(&mut *transaction).await.map_err(&failed)?;
        let update = new.bind(sqlx::query(sql::OPERATOR_UPDATE));
        let done = update.execute(&mut *transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        if done.rows_affected() == 0 {
            return Err(AddOperatorError::Unknown(new.profile.id.clone()));
        }
        Ok(())
    }

    /// Removes an operator, who is signed in no more; says whether there was one. Calls keep the name.
    pub async fn remove_operator(&self, operator: &OperatorId) -> Result<bool, QueryError> {
        let failed = QueryError::because("remove an operator");
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        let mut removed = 0;
        for statement in [sql::SESSIONS_OF_OPERATOR, sql::OPERATOR_DELETE] {
            let delete = sqlx::query(statement).bind(operator.as_str());
            let done = delete.execute(&mut *transaction).await.map_err(&failed)?;
            removed = done.rows_affected();
        }
        transaction.commit().await.map_err(&failed)?;
        Ok(removed > 0)
    }

    /// Gives an operator another role, and nothing else; says whether there is one. Whoever is signed in stays so.
    pub async fn set_role(&self, operator: &OperatorId, role: Role) -> Result<bool, QueryError> {
        let update = sqlx::query(sql::OPERATOR_ROLE)
            .bind(operator.as_str())
            .bind(role == Role::Admin)
            .bind(role == Role::Supervisor);
        let done = update.execute(&self.writer).await;
        let done = done.map_err(QueryError::because("change the role of an operator"))?;
        Ok(done.rows_affected() > 0)
    }

    /// All operators in order of their ids, without anything secret.
    pub async fn operators(&self) -> Result<Vec<OperatorProfile>, QueryError> {
        Ok(self
            .operator_rows()
            .await?
            .into_iter()
            .map(profile)
            .collect())
    }

    /// What the phones and desks prove themselves against.
    pub async fn credentials(&self) -> Result<Vec<Credential>, QueryError> {
        Ok(self.operator_rows().await?.iter().map(credential).collect())
    }

    /// The operator with this password; nobody when there is none, or it is another password. Both take the same time.
    pub async fn sign_in(
        &self,
        operator: &str,
        password: &str,
    ) -> Result<Option<OperatorProfile>, QueryError> {
        let row: Option<OperatorRow> = sqlx::query_as(sql::OPERATOR)
            .bind(operator)
            .fetch_optional(&self.readers)
            .await
            .map_err(QueryError::because("find an operator"))?;
        let known = row.is_some();
        let row = row.unwrap_or_default();
        let right = credential(&row).accepts(password);
        Ok((known && right).then(|| profile(row)))
    }

    /// Whether an operator supervises others, as an admin does; nobody that is not there does.
    pub async fn supervises(&self, operator: &OperatorId) -> Result<bool, QueryError> {
        let supervises: Option<bool> = sqlx::query_scalar(sql::OPERATOR_SUPERVISES)
            .bind(operator.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(QueryError::because("look who supervises"))?;
        Ok(supervises.unwrap_or(false))
    }

    /// Whether an operator may change the plan; nobody is asked of an operator that is not there.
    pub async fn is_admin(&self, operator: &OperatorId) -> Result<bool, QueryError> {
        let admin: Option<bool> = sqlx::query_scalar(sql::OPERATOR_ADMIN)
            .bind(operator.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(QueryError::because("find what an operator may do"))?;
        Ok(admin.unwrap_or(false))
    }

    /// Whose operator it is by now; None: there is none.
    pub async fn project_of(&self, operator: &OperatorId) -> Result<Option<ProjectId>, QueryError> {
        let project: Option<String> = sqlx::query_scalar(sql::OPERATOR_PROJECT)
            .bind(operator.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(QueryError::because("find whose an operator is"))?;
        Ok(project.as_deref().map(ProjectId::new))
    }

    async fn operator_rows(&self) -> Result<Vec<OperatorRow>, QueryError> {
        let rows = sqlx::query_as(sql::OPERATORS)
            .fetch_all(&self.readers)
            .await;
        let mut rows: Vec<OperatorRow> = rows.map_err(QueryError::because("list operators"))?;
        rows.truncate(OPERATORS_MAX);
        Ok(rows)
    }
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

impl NewOperator<'_> {
    fn check(&self) -> Result<(), AddOperatorError> {
        let id = self.profile.id.as_str();
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if id.is_empty() || id.len() > 32 || !id.chars().all(allowed) {
            return Err(AddOperatorError::BadId);
        }
        let length = self.password.chars().count();
        if !(1..=256).contains(&length) || self.password.chars().any(char::is_control) {
            return Err(AddOperatorError::BadPassword);
        }
        Ok(())
    }

    fn bind<'q>(&self, query: Query<'q>) -> Query<'q> {
        let OperatorProfile {
            id,
            name,
            project,
            auto_answer,
            phone_only,
            phone,
            role,
        } = &self.profile;
        query
            .bind(id.to_string())
            .bind(project.to_string())
            .bind(name.clone())
            .bind(slug(auto_answer))
            .bind(*phone_only)
            .bind(phone.as_deref().map(str::to_owned))
            .bind(self.realm.to_owned())
            .bind(ha1::<Md5>(id, self.realm, self.password))
            .bind(ha1::<Sha256>(id, self.realm, self.password))
            .bind(*role == Role::Admin)
            .bind(*role == Role::Supervisor)
    }
}

impl Credential {
    /// Whether this is the password: for the desk, which sends it over TLS. Takes the same time for every answer.
    pub fn accepts(&self, password: &str) -> bool {
        let given = ha1::<Sha256>(&self.operator, &self.realm, password);
        let differs = given
            .bytes()
            .zip(self.ha1_sha256.bytes())
            .fold(0, |sum, (a, b)| sum | (a ^ b));
        given.len() == self.ha1_sha256.len() && differs == 0
    }
}

/// HA1 is as good as the password within its realm.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({} @ {}, ***)", self.operator, self.realm)
    }
}

impl fmt::Debug for NewOperator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewOperator({:?} @ {}, ***)", self.profile, self.realm)
    }
}

fn credential(row: &OperatorRow) -> Credential {
    Credential {
        operator: OperatorId::new(row.operator_id.clone()),
        realm: row.realm.clone(),
        ha1_md5: row.ha1_md5.clone(),
        ha1_sha256: row.ha1_sha256.clone(),
    }
}

fn profile(row: OperatorRow) -> OperatorProfile {
    let auto_answer = serde_json::from_value::<AutoAnswer>(row.auto_answer.into());
    OperatorProfile {
        id: OperatorId::new(row.operator_id),
        name: row.name,
        project: ProjectId::new(row.project),
        auto_answer: auto_answer.unwrap_or_default(),
        phone_only: row.phone_only,
        phone: row.phone.map(Into::into),
        role: match (row.admin, row.supervisor) {
            (true, _) => Role::Admin,
            (false, true) => Role::Supervisor,
            (false, false) => Role::Operator,
        },
    }
}

fn ha1<H: Digest>(user: &OperatorId, realm: &str, password: &str) -> String {
    hex::encode(H::digest(format!("{user}:{realm}:{password}").as_bytes()))
}
