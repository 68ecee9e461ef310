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
