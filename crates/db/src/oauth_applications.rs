//! `oauth_applications`: client apps.

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
