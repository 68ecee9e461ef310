//! `users`: the login of a local account.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, UserId};
use sqlx::PgConnection;

/// What it takes to check who signs in. Not for logs: its `Debug` shows only the id.
#[derive(Clone)]
pub struct Credentials {
    pub id: UserId,
    pub account_id: AccountId,
    /// bcrypt; empty where sign-in is by another service.
    pub encrypted_password: String,
    pub otp_required_for_login: bool,
    /// Encrypted; see `app::secrets::columns`.
    pub otp_secret: Option<String>,
    /// bcrypt, one each.
    pub otp_backup_codes: Option<Vec<String>>,
    /// The last time step whose code was used.
    pub consumed_timestep: Option<i32>,
    pub confirmed_at: Option<NaiveDateTime>,
    pub approved: bool,
    pub disabled: bool,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The login with this e-mail address; Mastodon keeps addresses in lower case.
pub async fn credentials_by_email(
    conn: &mut PgConnection,
    email: &str,
) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        "select id, account_id, encrypted_password, otp_required_for_login, otp_secret,
                otp_backup_codes, consumed_timestep, confirmed_at, approved, disabled
         from users
         where email = lower($1)",
        email,
    )
    .fetch_optional(conn)
    .await
}

/// Takes a time step of the second factor, unless it or a later one was taken before.
pub async fn consume_timestep(
    conn: &mut PgConnection,
    id: UserId,
    step: i32,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update users set consumed_timestep = $2, updated_at = $3
         where id = $1 and coalesce(consumed_timestep, -1) < $2",
        id as _,
        step,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a backup code (as stored) away; false if it was taken before.
pub async fn consume_backup_code(
    conn: &mut PgConnection,
    id: UserId,
    stored: &str,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update users
         set otp_backup_codes = array_remove(otp_backup_codes, $2), updated_at = $3
         where id = $1 and $2 = any(otp_backup_codes)",
        id as _,
        stored,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that someone signed in: counts it and moves the last sign-in along.
pub async fn note_sign_in(
    conn: &mut PgConnection,
    id: UserId,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update users
         set last_sign_in_at = coalesce(current_sign_in_at, $2), current_sign_in_at = $2,
             sign_in_count = sign_in_count + 1, updated_at = $2
         where id = $1",
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What of a login shows on its account: settings and role.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub account_id: AccountId,
    /// JSON, see [`ferrodon_core::user_settings::UserSettings`].
    pub settings: Option<String>,
    pub confirmed: bool,
    pub approved: bool,
    pub role_id: i64,
    pub role_name: String,
    pub role_color: String,
    pub role_highlighted: bool,
    /// The role's own bits, without those of everyone.
    pub role_permissions: i64,
    pub role_collection_limit: i32,
    /// The bits of the everyone role.
    pub everyone_permissions: i64,
}

/// The profiles of those of these accounts that have a login.
pub async fn profiles(conn: &mut PgConnection, ids: &[AccountId]) -> sqlx::Result<Vec<Profile>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Profile,
        r#"select users.account_id, users.settings, users.confirmed_at is not null as "confirmed!",
                  users.approved,
                  coalesce(role.id, -99) as "role_id!",
                  coalesce(role.name, '') as "role_name!",
                  coalesce(role.color, '') as "role_color!",
                  coalesce(role.highlighted, false) as "role_highlighted!",
                  coalesce(role.permissions, 65536) as "role_permissions!",
                  coalesce(role.collection_limit, 10) as "role_collection_limit!",
                  coalesce(everyone.permissions, 65536) as "everyone_permissions!"
           from users
           left join user_roles role on role.id = coalesce(users.role_id, -99)
           left join user_roles everyone on everyone.id = -99
           where users.account_id = any($1)"#,
        &ids
    )
    .fetch_all(conn)
    .await
}

/// Notes that the person was here.
pub async fn touch(conn: &mut PgConnection, id: UserId, now: NaiveDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "update users
         set last_sign_in_at = coalesce(current_sign_in_at, $2), current_sign_in_at = $2,
             updated_at = $2
         where id = $1",
        id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the person behind an account may be seen yet.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub confirmed: bool,
    pub approved: bool,
}

/// The standing of the login of a local account.
pub async fn standing(
    conn: &mut PgConnection,
    account_id: AccountId,
) -> sqlx::Result<Option<Standing>> {
    sqlx::query_as!(
        Standing,
        r#"select confirmed_at is not null as "confirmed!", approved
           from users where account_id = $1"#,
        account_id as _,
    )
    .fetch_optional(conn)
    .await
}

/// A login to be stored, as an operator makes it.
#[derive(Clone, Copy)]
pub struct NewUser<'a> {
    pub account_id: AccountId,
    /// In lower case.
    pub email: &'a str,
    /// bcrypt.
    pub encrypted_password: &'a str,
    pub role_id: Option<i64>,
    pub approved: bool,
    pub confirmed_at: Option<NaiveDateTime>,
    pub confirmation_token: Option<&'a str>,
}

/// Stores a login.
pub async fn insert(
    conn: &mut PgConnection,
    user: &NewUser<'_>,
    now: NaiveDateTime,
) -> sqlx::Result<UserId> {
    sqlx::query_scalar!(
        r#"insert into users
               (account_id, email, encrypted_password, role_id, approved, confirmed_at,
                confirmation_token, confirmation_sent_at, settings, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, '{}', $9, $9)
           returning id as "id: UserId""#,
        user.account_id as _,
        user.email,
        user.encrypted_password,
        user.role_id,
        user.approved,
        user.confirmed_at,
        user.confirmation_token,
        user.confirmation_token.map(|_| now),
        now,
    )
    .fetch_one(conn)
    .await
}

/// Whether this address (in lower case) belongs to a login.
pub async fn is_email_taken(conn: &mut PgConnection, email: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from users where email = $1) as "taken!""#, email)
        .fetch_one(conn)
        .await
}

/// Whether somebody can sign in as this account.
pub async fn has_login(conn: &mut PgConnection, account_id: AccountId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from users where account_id = $1) as "has_login!""#,
        account_id as _
    )
    .fetch_one(conn)
    .await
}

/// What a person has set for their new posts.
#[derive(Clone, Debug, PartialEq)]
pub struct Writer {
    pub id: UserId,
    /// JSON, see [`ferrodon_core::user_settings::UserSettings`].
    pub settings: Option<String>,
    pub locale: Option<String>,
}

/// The person behind a local account.
pub async fn writer(
    conn: &mut PgConnection,
    account_id: AccountId,
) -> sqlx::Result<Option<Writer>> {
    sqlx::query_as!(
        Writer,
        "select id, settings, locale from users where account_id = $1 order by id limit 1",
        account_id as _,
    )
    .fetch_optional(conn)
    .await
}

/// How many logins are confirmed and not suspended.
pub async fn count(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from users
           join accounts on accounts.id = users.account_id
           where users.confirmed_at is not null and accounts.suspended_at is null"#
    )
    .fetch_one(conn)
    .await
}

/// How many people were here last in this time.
pub async fn signed_in_between(
    conn: &mut PgConnection,
    from: NaiveDateTime,
    until: NaiveDateTime,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from users
           where current_sign_in_at >= $1 and current_sign_in_at < $2"#,
        from,
        until
    )
    .fetch_one(conn)
    .await
}
