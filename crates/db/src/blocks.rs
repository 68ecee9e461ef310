//! `blocks`: who wants nothing to do with whom.

use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// Those of these accounts that `account_id` blocks, by name or by domain, or that block it.
pub async fn between(
    conn: &mut PgConnection,
    account_id: AccountId,
    others: &[AccountId],
) -> sqlx::Result<Vec<AccountId>> {
    let others: Vec<i64> = others.iter().map(|id| id.0).collect();
    sqlx::query_scalar!(
        r#"select accounts.id as "id: AccountId"
           from accounts
           where accounts.id = any($2)
             and (exists (select from blocks
                          where blocks.account_id = $1
                            and blocks.target_account_id = accounts.id)
                  or exists (select from blocks
                             where blocks.account_id = accounts.id
                               and blocks.target_account_id = $1)
                  or exists (select from account_domain_blocks hidden
                             where hidden.account_id = $1 and hidden.domain = accounts.domain))"#,
        account_id as _,
        &others,
    )
    .fetch_all(conn)
    .await
}

/// Notes that a remote account blocks one of ours; a repeated block gets the new id.
pub async fn upsert_remote(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
    uri: &str,
    now: chrono::NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into blocks (account_id, target_account_id, uri, created_at, updated_at)
         values ($1, $2, $3, $4, $4)
         on conflict (account_id, target_account_id) do update
         set uri = excluded.uri, updated_at = excluded.updated_at",
        account_id as _,
        target_account_id as _,
        uri,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends the block that a remote account named so; whether there was one.
pub async fn delete_by_uri(
    conn: &mut PgConnection,
    account_id: AccountId,
    uri: &str,
) -> sqlx::Result<bool> {
    let done =
        sqlx::query!("delete from blocks where account_id = $1 and uri = $2", account_id as _, uri)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends a block by a remote account; whether there was one.
pub async fn delete_remote(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from blocks where account_id = $1 and target_account_id = $2",
        account_id as _,
        target_account_id as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Those of these accounts that `account_id` blocks, by name or by domain.
pub async fn by_account(
    conn: &mut PgConnection,
    account_id: AccountId,
    others: &[AccountId],
) -> sqlx::Result<Vec<AccountId>> {
    let others: Vec<i64> = others.iter().map(|id| id.0).collect();
    sqlx::query_scalar!(
        r#"select accounts.id as "id: AccountId"
           from accounts
           where accounts.id = any($2)
             and (exists (select from blocks
                          where blocks.account_id = $1
                            and blocks.target_account_id = accounts.id)
                  or exists (select from account_domain_blocks hidden
                             where hidden.account_id = $1 and hidden.domain = accounts.domain))"#,
        account_id as _,
        &others,
    )
    .fetch_all(conn)
    .await
}

/// Whether one account blocks another by name.
pub async fn is_blocking(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from blocks
                          where account_id = $1 and target_account_id = $2) as "blocks!""#,
        account_id as _,
        target_account_id as _,
    )
    .fetch_one(conn)
    .await
}
