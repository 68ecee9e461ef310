//! `relays`: servers that pass on public posts of many.

use sqlx::PgConnection;

/// Whether a relay we listen to sends from this inbox.
pub async fn is_enabled(conn: &mut PgConnection, inbox_url: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from relays where inbox_url = $1 and state = 2) as "exists!""#,
        inbox_url
    )
    .fetch_one(conn)
    .await
}

/// Notes a relay's answer to our request, named by its id; whether there is such a relay.
pub async fn answered(
    conn: &mut PgConnection,
    follow_activity_id: &str,
    accepted: bool,
    now: chrono::NaiveDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update relays set state = case when $2 then 2 else 3 end, updated_at = $3
         where follow_activity_id = $1",
        follow_activity_id,
        accepted,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}
