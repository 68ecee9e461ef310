//! `login_activities`: every attempt to sign in, for the person to look at.

use chrono::NaiveDateTime;
use ferrodon_core::UserId;
use ipnetwork::IpNetwork;
use sqlx::PgConnection;

/// One attempt.
#[derive(Clone, Debug)]
pub struct Attempt<'a> {
    pub user_id: UserId,
    pub success: bool,
    /// `password`, `otp` or `webauthn`.
    pub method: &'a str,
    /// `invalid_password` or `invalid_otp_token`; none for a success.
    pub failure_reason: Option<&'a str>,
    pub ip: IpNetwork,
    pub user_agent: &'a str,
}

/// Writes an attempt down.
pub async fn insert(
    conn: &mut PgConnection,
    attempt: &Attempt<'_>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into login_activities
             (user_id, authentication_method, success, failure_reason, ip, user_agent, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        attempt.user_id as _,
        attempt.method,
        attempt.success,
        attempt.failure_reason,
        attempt.ip,
        attempt.user_agent,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
