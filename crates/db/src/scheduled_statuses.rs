//! `scheduled_statuses`: posts that wait for their time.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, MediaId, Page};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::page;

/// A post that waits.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct ScheduledStatus {
    pub id: i64,
    pub account_id: AccountId,
    /// What was asked for.
    pub params: Option<Value>,
    pub scheduled_at: Option<NaiveDateTime>,
}

/// The post with this id.
pub async fn find(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<ScheduledStatus>> {
    sqlx::query_as!(
        ScheduledStatus,
        r#"select id, account_id as "account_id: AccountId", params, scheduled_at
           from scheduled_statuses where id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await
}

/// A page of what an account has waiting.
pub async fn of_account(
    conn: &mut PgConnection,
    account_id: AccountId,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<ScheduledStatus>> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "select id, account_id, params, scheduled_at from scheduled_statuses where account_id = ",
    );
    sql.push_bind(account_id);
    page::apply(&mut sql, "id", page, limit);
    let rows = sql.build_query_as().fetch_all(conn).await?;
    Ok(page::newest_first(page, rows))
}

/// Stores a post that waits, with its uploads.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    params: &Value,
    scheduled_at: NaiveDateTime,
    media: &[MediaId],
) -> sqlx::Result<i64> {
    let id = sqlx::query_scalar!(
        "insert into scheduled_statuses (account_id, params, scheduled_at) values ($1, $2, $3)
         returning id",
        account_id as _,
        params,
        scheduled_at,
    )
    .fetch_one(&mut *conn)
    .await?;
    let media: Vec<i64> = media.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update media_attachments set scheduled_status_id = $2 where id = any($1)",
        &media,
        id,
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// Changes when a post comes out.
pub async fn set_time(
    conn: &mut PgConnection,
    id: i64,
    scheduled_at: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!("update scheduled_statuses set scheduled_at = $2 where id = $1", id, scheduled_at)
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes a post that waits; its uploads stay.
pub async fn delete(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from scheduled_statuses where id = $1", id).execute(conn).await?;
    Ok(())
}

/// Lets the uploads of a post go, so that they can be attached to what it becomes.
pub async fn release_media(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "update media_attachments set scheduled_status_id = null where scheduled_status_id = $1",
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How many posts an account has waiting, apart from one, and how many of them on the (UTC) day of
/// `at`.
pub async fn counts(
    conn: &mut PgConnection,
    account_id: AccountId,
    at: NaiveDateTime,
    apart_from: Option<i64>,
) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(*) as "total!",
                  count(*) filter (where scheduled_at::date = $2::timestamp::date) as "that_day!"
           from scheduled_statuses
           where account_id = $1 and id is distinct from $3"#,
        account_id as _,
        at,
        apart_from,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.total, row.that_day))
}

/// Everything that waits, and until when.
pub async fn waiting(conn: &mut PgConnection) -> sqlx::Result<Vec<(i64, NaiveDateTime)>> {
    let rows = sqlx::query!(
        r#"select id, scheduled_at as "scheduled_at!" from scheduled_statuses
           where scheduled_at is not null"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.scheduled_at)).collect())
}
