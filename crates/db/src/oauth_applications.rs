//! `oauth_applications`: client apps.

use chrono::NaiveDateTime;
use ferrodon_core::ApplicationId;
use sqlx::PgConnection;

/// What a status shows of the app it was posted with.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub id: ApplicationId,
    pub name: String,
    pub website: Option<String>,
}

/// The names of these apps.
pub async fn shown(conn: &mut PgConnection, ids: &[ApplicationId]) -> sqlx::Result<Vec<Shown>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Shown,
        "select id, name, website from oauth_applications where id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// A registered app, without its secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Application {
    pub id: ApplicationId,
    pub name: String,
    pub website: Option<String>,
    /// One address a line.
    pub redirect_uri: String,
    /// Separated by spaces.
    pub scopes: String,
    /// The server's own application, which never asks.
    pub superapp: bool,
}

/// The app with this client id.
pub async fn by_uid(conn: &mut PgConnection, uid: &str) -> sqlx::Result<Option<Application>> {
    sqlx::query_as!(
        Application,
        "select id, name, website, redirect_uri, scopes, superapp
         from oauth_applications where uid = $1",
        uid
    )
    .fetch_optional(conn)
    .await
}

/// The app with this id.
pub async fn find(conn: &mut PgConnection, id: ApplicationId) -> sqlx::Result<Option<Application>> {
    sqlx::query_as!(
        Application,
        "select id, name, website, redirect_uri, scopes, superapp
         from oauth_applications where id = $1",
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// How an app shows that it is itself. Not for logs: its `Debug` says nothing.
#[derive(Clone)]
pub struct Credentials {
    pub id: ApplicationId,
    pub secret: String,
    /// Separated by spaces.
    pub scopes: String,
    /// Whether it can keep a secret.
    pub confidential: bool,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The credentials of the app with this client id.
pub async fn credentials(conn: &mut PgConnection, uid: &str) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        "select id, secret, scopes, confidential from oauth_applications where uid = $1",
        uid
    )
    .fetch_optional(conn)
    .await
}

/// What a new app needs.
#[derive(Clone, Copy)]
pub struct NewApplication<'a> {
    pub name: &'a str,
    pub uid: &'a str,
    pub secret: &'a str,
    /// One a line.
    pub redirect_uri: &'a str,
    pub scopes: &'a str,
    pub website: Option<&'a str>,
}

/// Stores a new app.
pub async fn insert(
    conn: &mut PgConnection,
    new: &NewApplication<'_>,
    now: NaiveDateTime,
) -> sqlx::Result<Application> {
    sqlx::query_as!(
        Application,
        "insert into oauth_applications
             (name, uid, secret, redirect_uri, scopes, website, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         returning id, name, website, redirect_uri, scopes, superapp",
        new.name,
        new.uid,
        new.secret,
        new.redirect_uri,
        new.scopes,
        new.website,
        now
    )
    .fetch_one(conn)
    .await
}
