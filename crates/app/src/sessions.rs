//! Signing in and out with a browser.

use std::net::IpAddr;
use std::sync::LazyLock;

use chrono::TimeDelta;
use ferrodon_core::UserId;
use ferrodon_db as db;
use ferrodon_db::login_activities::Attempt;
use ferrodon_db::session_activations::{NewSession, Session};
use ferrodon_db::users::Credentials;

use crate::secrets::{self, totp};
use crate::{App, Error, Result};

/// The cookie that keeps a browser signed in; Mastodon's.
pub const COOKIE: &str = "_session_id";
/// How long that cookie lives.
pub const LIFETIME: TimeDelta = TimeDelta::days(365);
/// How many browsers one person may be signed in with.
const KEPT: i64 = 10;
/// Attempts by address and by e-mail (`behaviour` of Mastodon: 25 in 5 minutes, 25 in an hour).
const BY_IP: (&str, i64, i64) = ("throttle_login_attempts/ip", 25, 300);
const BY_EMAIL: (&str, i64, i64) = ("throttle_login_attempts/email", 25, 3600);

/// What someone typed, and from where.
#[derive(Clone)]
pub struct Attempted<'a> {
    pub proof: Proof<'a>,
    pub ip: IpAddr,
    pub user_agent: &'a str,
}

/// How someone shows who they are.
#[derive(Clone)]
pub enum Proof<'a> {
    Password {
        email: &'a str,
        password: &'a str,
    },
    /// The second step: what [`Outcome::CodeNeeded`] gave, and a code of the second factor or a
    /// backup code.
    Code {
        half: &'a str,
        code: &'a str,
    },
}

/// The name under which the first of two steps is signed, and how long it counts.
const HALF: (&str, TimeDelta) = ("ferrodon_half", TimeDelta::minutes(10));

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// A new session with this id.
    SignedIn { session_id: String },
    /// The password is right; a code is needed too. `half` says so to the second step.
    CodeNeeded { half: String },
    /// The code is wrong or was used before.
    CodeWrong { half: String },
    /// Address or password is wrong; which one is not said.
    Refused,
    /// The address was never confirmed.
    Unconfirmed,
    /// Too many attempts.
    TooMany,
}

/// Checks what someone typed and opens a session.
pub async fn sign_in(app: &App, attempted: &Attempted<'_>) -> Result<Outcome> {
    let half_of = |half: &str| app.cookies.read(HALF.0, half, app.clock.now());
    let email = match attempted.proof {
        Proof::Password { email, .. } => email.trim().to_lowercase(),
        Proof::Code { half, .. } => match half_of(half) {
            Some(email) => email,
            None => return Ok(Outcome::Refused),
        },
    };
    let ip = crate::throttle::by_network(attempted.ip);
    for ((name, limit, period), who) in [(BY_IP, &ip), (BY_EMAIL, &email)] {
        if crate::throttle::hit(app, name, who, period).await > limit {
            return Ok(Outcome::TooMany);
        }
    }
    let mut conn = app.db.acquire().await?;
    let user = db::users::credentials_by_email(&mut conn, &email).await?;
    drop(conn);
    let method = match attempted.proof {
        Proof::Password { password, .. } => {
            // Someone who does not exist takes as long as someone who does.
            let nobody = || NOBODY.as_str();
            let stored = user.as_ref().map_or_else(nobody, |user| &user.encrypted_password);
            let right = matches_hash(stored, password).await?;
            let Some(user) = &user else { return Ok(Outcome::Refused) };
            if !right {
                note(app, user, attempted, "password", Some("invalid_password")).await?;
                return Ok(Outcome::Refused);
            }
            if user.otp_required_for_login {
                let half = app.cookies.sign(HALF.0, &email, app.clock.now() + HALF.1);
                return Ok(Outcome::CodeNeeded { half });
            }
            "password"
        }
        Proof::Code { half, code } => {
            let Some(user) = &user else { return Ok(Outcome::Refused) };
            let hour = app.clock.now().timestamp() / 3600 % 24;
            let key = format!("2fa_auth_attempts:{}:{hour}", user.id);
            if app.transient.increment(&key, TimeDelta::hours(1)).await > 10 {
                return Ok(Outcome::TooMany);
            }
            if !second_factor(app, user, code.trim()).await? {
                note(app, user, attempted, "otp", Some("invalid_otp_token")).await?;
                return Ok(Outcome::CodeWrong { half: half.to_owned() });
            }
            "otp"
        }
    };
    let Some(user) = user else { return Ok(Outcome::Refused) };
    if user.confirmed_at.is_none() {
        return Ok(Outcome::Unconfirmed);
    }
    note(app, &user, attempted, method, None).await?;
    let session_id = open(app, user.id, attempted).await?;
    Ok(Outcome::SignedIn { session_id })
}

/// The session a browser shows, if it is one of ours; noted as in use once an hour.
pub async fn find(app: &App, cookie: &str, ip: IpAddr) -> Result<Option<Session>> {
    let now = app.clock.now();
    let Some(session_id) = app.cookies.read(COOKIE, cookie, now) else { return Ok(None) };
    let mut conn = app.db.acquire().await?;
    let session = db::session_activations::find(&mut conn, &session_id).await?;
    if let Some(session) = &session
        && now.naive_utc() - session.updated_at > TimeDelta::hours(1)
    {
        let now = now.naive_utc();
        db::session_activations::touch(&mut conn, &session_id, ip.into(), now).await?;
    }
    Ok(session)
}

/// Ends a session.
pub async fn sign_out(app: &App, session_id: &str) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    db::session_activations::close(&mut conn, session_id).await?;
    Ok(())
}

/// A hash that no password has, for addresses nobody has.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let password: [u8; 16] = rand::random();
    bcrypt::hash(hex::encode(password), 10).unwrap_or_default()
});

/// Whether `password` fits a bcrypt hash. Only the first 72 bytes count, as in Mastodon.
pub async fn matches_hash(hash: &str, password: &str) -> Result<bool> {
    let (hash, password) = (hash.to_owned(), password.to_owned());
    let checked = tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash));
    // An empty or foreign hash fits nothing.
    Ok(checked.await.map_err(|error| Error::Internal(error.into()))?.unwrap_or(false))
}

async fn second_factor(app: &App, user: &Credentials, code: &str) -> Result<bool> {
    let now = app.clock.now();
    if let Some(stored) = &user.otp_secret {
        let secret = app.columns().decrypt(stored).map_err(|error| {
            anyhow::Error::new(error).context("reading a user's second factor (users.otp_secret)")
        })?;
        let secret = String::from_utf8_lossy(&secret);
        if let Some(step) = totp::check(&secret, code, now, user.consumed_timestep) {
            let step = i32::try_from(step).unwrap_or(i32::MAX);
            let mut conn = app.db.acquire().await?;
            return Ok(
                db::users::consume_timestep(&mut conn, user.id, step, now.naive_utc()).await?
            );
        }
    }
    for stored in user.otp_backup_codes.iter().flatten() {
        if matches_hash(stored, code).await? {
            let mut conn = app.db.acquire().await?;
            let now = now.naive_utc();
            return Ok(db::users::consume_backup_code(&mut conn, user.id, stored, now).await?);
        }
    }
    Ok(false)
}

async fn note(
    app: &App,
    user: &Credentials,
    attempted: &Attempted<'_>,
    method: &str,
    failure_reason: Option<&str>,
) -> Result<()> {
    let attempt = Attempt {
        user_id: user.id,
        success: failure_reason.is_none(),
        method,
        failure_reason,
        ip: attempted.ip.into(),
        user_agent: attempted.user_agent,
    };
    let mut conn = app.db.acquire().await?;
    db::login_activities::insert(&mut conn, &attempt, app.clock.now().naive_utc()).await?;
    Ok(())
}

async fn open(app: &App, user_id: UserId, attempted: &Attempted<'_>) -> Result<String> {
    let session_id = secrets::hex_token();
    let token = secrets::token();
    let new = NewSession {
        session_id: &session_id,
        token: &token,
        user_agent: attempted.user_agent,
        ip: attempted.ip.into(),
    };
    let now = app.clock.now().naive_utc();
    let mut tx = app.db.begin().await?;
    db::users::note_sign_in(&mut tx, user_id, now).await?;
    db::session_activations::open(&mut tx, user_id, &new, now, KEPT).await?;
    tx.commit().await?;
    Ok(session_id)
}
