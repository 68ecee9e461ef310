//! `mentions`: whom a status names, and (silently) who else may see it.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// A mention, with what its link needs to know of the account.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    pub status_id: StatusId,
    pub account_id: AccountId,
    pub username: String,
    pub domain: Option<String>,
    pub url: Option<String>,
    pub uri: String,
}

/// The mentions that these statuses show, in the order in which they were made.
pub async fn shown_by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<Mention>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Mention,
        "select mentions.status_id, mentions.account_id, accounts.username, accounts.domain,
                accounts.url, accounts.uri
         from mentions
         join accounts on accounts.id = mentions.account_id
         where mentions.status_id = any($1) and not mentions.silent
         order by mentions.id",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// Adds mentions to a status; those that are there stay as they are.
pub async fn insert_many(
    conn: &mut PgConnection,
    status_id: StatusId,
    mentions: &[(AccountId, bool)],
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let (accounts, silent): (Vec<i64>, Vec<bool>) =
        mentions.iter().map(|(account, silent)| (account.0, *silent)).unzip();
    sqlx::query!(
        "insert into mentions (status_id, account_id, silent, created_at, updated_at)
         select $1, given.account_id, given.silent, $4, $4
         from unnest($2::bigint[], $3::boolean[]) as given (account_id, silent)
         on conflict (account_id, status_id) do nothing",
        status_id as _,
        &accounts,
        &silent,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who is mentioned, and whether silently.
pub async fn of_status(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<Vec<(AccountId, bool)>> {
    sqlx::query!("select account_id, silent from mentions where status_id = $1", status_id as _)
        .map(|row| (row.account_id, row.silent))
        .fetch_all(conn)
        .await
}

/// Makes mentions silent, or shown again.
pub async fn set_silent(
    conn: &mut PgConnection,
    status_id: StatusId,
    accounts: &[AccountId],
    silent: bool,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let accounts: Vec<i64> = accounts.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update mentions set silent = $3, updated_at = $4
         where status_id = $1 and account_id = any($2) and silent <> $3",
        status_id as _,
        &accounts,
        silent,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The mentions of local people in a status that they are told of: the rows' ids and the accounts.
pub async fn of_local_people(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<Vec<(i64, AccountId)>> {
    sqlx::query!(
        r#"select mentions.id, mentions.account_id as "account_id!: AccountId"
           from mentions
           join accounts on accounts.id = mentions.account_id
           where mentions.status_id = $1 and not mentions.silent and accounts.domain is null
           order by mentions.id"#,
        status_id as _,
    )
    .map(|row| (row.id, row.account_id))
    .fetch_all(conn)
    .await
}
