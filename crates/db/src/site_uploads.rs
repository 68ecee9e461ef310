//! `site_uploads`: pictures of the server itself.

use sqlx::PgConnection;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteUpload {
    pub id: i64,
    pub file_name: String,
    pub blurhash: Option<String>,
}

/// The picture that stands for `var`: `thumbnail`, `app_icon`, `favicon` or `mascot`.
pub async fn find(conn: &mut PgConnection, var: &str) -> sqlx::Result<Option<SiteUpload>> {
    sqlx::query_as!(
        SiteUpload,
        r#"select id, file_file_name as "file_name!", blurhash
           from site_uploads
           where var = $1 and file_file_name is not null"#,
        var
    )
    .fetch_optional(conn)
    .await
}
