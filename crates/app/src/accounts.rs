//! Local accounts and the logins behind them.

use ferrodon_activitypub::keys;
use ferrodon_core::server_settings::Registrations;
use ferrodon_core::{AccountId, UserId};
use ferrodon_db as db;

use crate::{App, Error, Result, secrets};

/// Lengths in characters.
const USERNAME_MAX: usize = 30;
const EMAIL_MAX: usize = 320;
const PASSWORD_MIN: usize = 8;
/// In bytes, beyond which bcrypt would not look.
const PASSWORD_MAX: usize = 72;
/// What Mastodon has, so that each server accepts the other's passwords at the same price.
const BCRYPT_COST: u32 = 10;

/// A login and its account, as an operator asks for them.
#[derive(Clone)]
pub struct NewLocal {
    pub username: String,
    pub email: String,
    pub password: String,
    /// A role of the staff.
    pub role_id: Option<i64>,
    /// Whether the e-mail address is known to be theirs.
    pub confirmed: bool,
    /// Whether they may come in even where sign-ups are closed or reviewed.
    pub approve: bool,
    /// Whether to take an account of that name which has no login, if there is one.
    pub reattach: bool,
}

impl std::fmt::Debug for NewLocal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLocal").field("username", &self.username).finish_non_exhaustive()
    }
}

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub account_id: AccountId,
    pub user_id: UserId,
    /// What the mail to an unconfirmed address has to carry.
    pub confirmation_token: Option<String>,
}

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("Validation failed: {}", messages(.0))]
    Invalid(Vec<Problem>),
    /// The account to take has a login.
    #[error("The chosen username is currently in use")]
    InUse,
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<db::Error> for CreateError {
    fn from(error: db::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<CreateError> for Error {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Invalid(problems) => Error::Invalid(messages(&problems)),
            CreateError::InUse => Error::Unprocessable(error.to_string()),
            CreateError::Other(error) => error,
        }
    }
}

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `account.username`, `email` or `password`: as seen from the login.
    pub attribute: &'static str,
    pub kind: ProblemKind,
}

/// The ways in which a field can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    Blank,
    Invalid,
    Taken,
    TooShort { min: usize },
    TooLong { max: usize },
}

impl ProblemKind {
    /// The word that programs go by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Invalid => "invalid",
            Self::Taken => "taken",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.attribute {
            USERNAME => "Username ",
            EMAIL => "E-mail address ",
            _ => "Password ",
        })?;
        match self.kind {
            ProblemKind::Blank => write!(f, "can't be blank"),
            ProblemKind::Invalid if self.attribute == USERNAME => {
                write!(f, "must contain only letters, numbers and underscores")
            }
            ProblemKind::Invalid => write!(f, "is invalid"),
            ProblemKind::Taken => write!(f, "has already been taken"),
            ProblemKind::TooShort { min } => {
                write!(f, "is too short (minimum is {min} characters)")
            }
            ProblemKind::TooLong { max } => write!(f, "is too long (maximum is {max} characters)"),
        }
    }
}

fn messages(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join(", ")
}

const USERNAME: &str = "account.username";
const EMAIL: &str = "email";
const PASSWORD: &str = "password";

/// Makes a local account and its login. Blocks on names, addresses and networks are for people who
/// sign up; an operator is not held to them.
pub async fn create_local(app: &App, new: NewLocal) -> Result<Created, CreateError> {
    let email = new.email.trim().to_lowercase();
    let mut problems = check(&new.username, &email, &new.password);
    if !problems.is_empty() {
        return Err(CreateError::Invalid(problems));
    }
    // Both are slow on purpose or by nature: before the transaction, and off the runtime.
    let password = new.password;
    let slow = tokio::task::spawn_blocking(move || Ok((hash(&password)?, new_keys()?)));
    let (encrypted_password, keys) =
        slow.await.map_err(anyhow::Error::from).map_err(Error::from)?.map_err(Error::Internal)?;
    let now = app.clock.now().naive_utc();
    let confirmation_token = (!new.confirmed).then(secrets::friendly_token);

    let mut tx = app.db.begin().await?;
    let existing = db::accounts::by_handle(&mut tx, &new.username, None).await?;
    match &existing {
        Some(_) if !new.reattach => {
            problems.push(Problem { attribute: USERNAME, kind: ProblemKind::Taken });
        }
        Some(account) if db::users::has_login(&mut tx, account.id).await? => {
            return Err(CreateError::InUse);
        }
        _ => {}
    }
    if db::users::is_email_taken(&mut tx, &email).await? {
        problems.push(Problem { attribute: EMAIL, kind: ProblemKind::Taken });
    }
    if !problems.is_empty() {
        return Err(CreateError::Invalid(problems));
    }
    let account_id = match existing {
        Some(account) => {
            db::accounts::lift_suspension(&mut tx, account.id, now).await?;
            account.id
        }
        None => db::accounts::insert_local(&mut tx, &new.username, &keys, now).await.map_err(
            |error| taken(error, "index_accounts_on_username_and_domain_lower", USERNAME),
        )?,
    };
    let settings = db::settings::all(&mut tx).await?;
    let approved = new.approve || matches!(settings.registrations(), Registrations::Open);
    let user = db::users::NewUser {
        account_id,
        email: &email,
        encrypted_password: &encrypted_password,
        role_id: new.role_id,
        approved,
        confirmed_at: new.confirmed.then_some(now),
        confirmation_token: confirmation_token.as_deref(),
    };
    let user_id = db::users::insert(&mut tx, &user, now)
        .await
        .map_err(|error| taken(error, "index_users_on_email", EMAIL))?;
    tx.commit().await?;

    Ok(Created { account_id, user_id, confirmation_token })
}

/// What can be said of the fields without looking anything up.
fn check(username: &str, email: &str, password: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |attribute, kind| problems.push(Problem { attribute, kind });
    if username.is_empty() {
        add(USERNAME, ProblemKind::Blank);
    } else if !username.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        add(USERNAME, ProblemKind::Invalid);
    }
    if username.chars().count() > USERNAME_MAX {
        add(USERNAME, ProblemKind::TooLong { max: USERNAME_MAX });
    }
    if email.is_empty() {
        add(EMAIL, ProblemKind::Blank);
    } else if !is_email(email) {
        add(EMAIL, ProblemKind::Invalid);
    }
    if email.chars().count() > EMAIL_MAX {
        add(EMAIL, ProblemKind::TooLong { max: EMAIL_MAX });
    }
    if password.is_empty() {
        add(PASSWORD, ProblemKind::Blank);
    } else if password.chars().count() < PASSWORD_MIN {
        add(PASSWORD, ProblemKind::TooShort { min: PASSWORD_MIN });
    } else if password.len() > PASSWORD_MAX {
        add(PASSWORD, ProblemKind::TooLong { max: PASSWORD_MAX });
    }
    problems
}

/// Whether mail could be sent there: one part on each side of the only `@`, and nothing that a mail
/// program would read as more than an address.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let special = |c: char| c.is_whitespace() || c.is_control() || "()<>[]:;@\\,\"".contains(c);
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    !local.is_empty() && !local.contains(special) && domain.split('.').all(label)
}

fn hash(password: &str) -> anyhow::Result<String> {
    let parts = bcrypt::hash_with_result(password, BCRYPT_COST)?;
    Ok(parts.format_for_version(bcrypt::Version::TwoA))
}

/// Keys for a local actor. Takes a while, so call it where blocking is allowed.
pub(crate) fn new_keys() -> anyhow::Result<db::accounts::KeyPair> {
    let pem = keys::generate()?;
    Ok(db::accounts::KeyPair { private_key: pem.private, public_key: pem.public })
}

/// Two asked for the same at once, and the database let one through.
fn taken(error: db::Error, index: &str, attribute: &'static str) -> CreateError {
    if db::violates(&error, index) {
        CreateError::Invalid(vec![Problem { attribute, kind: ProblemKind::Taken }])
    } else {
        error.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(username: &str, email: &str, password: &str) -> Vec<String> {
        let listed = check(username, email, password);
        listed
            .iter()
            .map(|problem| format!("{} {}", problem.attribute, problem.kind.name()))
            .collect()
    }

    #[test]
    fn fields_are_checked() {
        assert_eq!(problems("Alice_1", "alice@example.com", "12345678"), [""; 0]);
        assert_eq!(
            problems("", "", ""),
            ["account.username blank", "email blank", "password blank"]
        );
        assert_eq!(
            problems("al ice", "alice", "1234567"),
            ["account.username invalid", "email invalid", "password too_short"]
        );
        assert_eq!(
            problems(&"a".repeat(31), &format!("{}@b.example", "a".repeat(320)), &"ä".repeat(37)),
            ["account.username too_long", "email too_long", "password too_long"]
        );
        assert_eq!(problems("älice", "a@localhost", "12345678"), ["account.username invalid"]);
    }

    #[test]
    fn only_plain_addresses_pass() {
        for good in ["a@b.example", "a.b+c@xn--bcher-kva.example", "o'neil@b", "a@bücher.example"]
        {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["a", "@b", "a@", "a@b@c", "a b@c", "a@b..c", "a@-b.c", "<a@b>", "a@b,c@d", "a@b\n.c"]
        {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn problems_read_as_sentences() {
        let all = [
            Problem { attribute: USERNAME, kind: ProblemKind::Taken },
            Problem { attribute: EMAIL, kind: ProblemKind::Invalid },
            Problem { attribute: PASSWORD, kind: ProblemKind::TooShort { min: 8 } },
        ];
        assert_eq!(
            CreateError::Invalid(all.to_vec()).to_string(),
            "Validation failed: Username has already been taken, E-mail address is invalid, \
             Password is too short (minimum is 8 characters)"
        );
    }

    #[test]
    fn hashes_are_in_mastodons_form() {
        let hash = hash("correct horse").unwrap();
        assert!(hash.starts_with("$2a$10$") && hash.len() == 60, "{hash}");
        assert!(bcrypt::verify("correct horse", &hash).unwrap());
    }
}
