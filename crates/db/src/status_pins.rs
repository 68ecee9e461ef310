//! `status_pins`: the statuses an account shows first.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// How many statuses an account has pinned.
pub async fn count(conn: &mut PgConnection, account_id: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from status_pins where account_id = $1"#,
        account_id as _
    )
    .fetch_one(conn)
    .await
}

/// Whether an account has pinned a status.
pub async fn exists(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from status_pins
                          where account_id = $1 and status_id = $2) as "exists!""#,
        account_id as _,
        status_id as _,
    )
    .fetch_one(conn)
    .await
}

/// Pins a status; false if it was pinned.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into status_pins (account_id, status_id, created_at, updated_at)
         values ($1, $2, $3, $3)
         on conflict (account_id, status_id) do nothing",
        account_id as _,
        status_id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Unpins a status; false if it was not pinned.
pub async fn delete(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from status_pins where account_id = $1 and status_id = $2",
        account_id as _,
        status_id as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Makes these the statuses an account shows first, and no others.
pub async fn replace(
    conn: &mut PgConnection,
    account_id: AccountId,
    statuses: &[StatusId],
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let statuses: Vec<i64> = statuses.iter().map(|id| id.0).collect();
    sqlx::query!(
        "delete from status_pins where account_id = $1 and status_id <> all($2)",
        account_id as _,
        &statuses
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into status_pins (account_id, status_id, created_at, updated_at)
         select $1, given.status_id, $3, $3 from unnest($2::bigint[]) as given (status_id)
         on conflict (account_id, status_id) do nothing",
        account_id as _,
        &statuses,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
