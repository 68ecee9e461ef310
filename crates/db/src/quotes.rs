//! `quotes`: which status quotes which, and whether its author agreed.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// A quote as stored, with what decides how `viewer` gets to see it.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewedQuote {
    /// The status that quotes.
    pub status_id: StatusId,
    /// 0 pending, 1 accepted, 2 rejected, 3 revoked, 4 deleted.
    pub state: i32,
    pub legacy: bool,
    /// The quoted status, none when it is gone.
    pub quoted_status_id: Option<StatusId>,
    pub quoted_account_id: Option<AccountId>,
    pub quoted_is_reblog: bool,
    /// The quoted status's page, if it is a remote one and has a page.
    pub quoted_url: Option<String>,
    /// The quoted author's name; none if the status is gone.
    pub quoted_username: Option<String>,
    pub quoted_is_local: bool,
    /// The viewer may see it, and its author is not limited or is followed.
    pub allowed: bool,
    pub blocking: bool,
    pub domain_blocking: bool,
    pub muting: bool,
}

/// The quotes that these statuses make, as `viewer` gets to see them.
pub async fn viewed_by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
    viewer: Option<AccountId>,
) -> sqlx::Result<Vec<ViewedQuote>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        ViewedQuote,
        r#"select quotes.status_id, quotes.state, quotes.legacy,
                  quoted.id as "quoted_status_id?: StatusId",
                  quoted.account_id as "quoted_account_id?: AccountId",
                  quoted.reblog_of_id is not null as "quoted_is_reblog!",
                  quoted.url as "quoted_url?", author.username as "quoted_username?",
                  author.domain is null as "quoted_is_local!",
                  (quoted.id is not null
                   and ferrodon.visible_to(quoted, $2)
                   and (author.silenced_at is null or author.id is not distinct from $2
                        or exists (select from follows
                                   where follows.account_id = $2
                                     and follows.target_account_id = author.id))) as "allowed!",
                  exists (select from blocks
                          where blocks.account_id = $2
                            and blocks.target_account_id = author.id) as "blocking!",
                  exists (select from account_domain_blocks
                          where account_domain_blocks.account_id = $2
                            and account_domain_blocks.domain = author.domain)
                      as "domain_blocking!",
                  exists (select from mutes
                          where mutes.account_id = $2
                            and mutes.target_account_id = author.id) as "muting!"
           from quotes
           left join statuses quoted
               on quoted.id = quotes.quoted_status_id and quoted.deleted_at is null
           left join accounts author on author.id = quoted.account_id
           where quotes.status_id = any($1)"#,
        &ids,
        viewer as _
    )
    .fetch_all(conn)
    .await
}

/// The author of the quoted status has not agreed yet.
pub const PENDING: i32 = 0;
/// They agreed.
pub const ACCEPTED: i32 = 1;
/// They did not.
pub const REJECTED: i32 = 2;
/// They took it back.
pub const REVOKED: i32 = 3;
/// The quoted status is gone.
pub const DELETED: i32 = 4;

/// A quote as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    pub id: i64,
    pub account_id: AccountId,
    pub status_id: StatusId,
    pub quoted_account_id: Option<AccountId>,
    pub quoted_status_id: Option<StatusId>,
    pub state: i32,
    pub legacy: bool,
    pub approval_uri: Option<String>,
    pub activity_uri: Option<String>,
}

/// `select` with the columns of [`Quote`].
macro_rules! select_quote {
    ($rest:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            Quote,
            "select id, account_id, status_id, quoted_account_id, quoted_status_id, state, legacy,
                    approval_uri, activity_uri
             from quotes " + $rest
            $(, $bind)*
        )
    };
}

/// The quote a status makes.
pub async fn of_status(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<Option<Quote>> {
    select_quote!("where status_id = $1", status_id as _).fetch_optional(conn).await
}

/// The quote that asked for agreement with this activity.
pub async fn by_activity_uri(conn: &mut PgConnection, uri: &str) -> sqlx::Result<Option<Quote>> {
    select_quote!("where activity_uri = $1", uri).fetch_optional(conn).await
}

/// The quote of a status of `quoted_account_id` that rests on this stamp.
pub async fn by_approval_uri(
    conn: &mut PgConnection,
    uri: &str,
    quoted_account_id: AccountId,
) -> sqlx::Result<Option<Quote>> {
    select_quote!(
        "where approval_uri = $1 and quoted_account_id = $2 and state in (0, 1)
         order by id limit 1",
        uri,
        quoted_account_id as _
    )
    .fetch_optional(conn)
    .await
}

/// Stores that a status quotes another.
pub async fn insert(
    conn: &mut PgConnection,
    status: (StatusId, AccountId),
    quoted: Option<(StatusId, AccountId)>,
    state: i32,
    legacy: bool,
    approval_uri: Option<&str>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into quotes
             (status_id, account_id, quoted_status_id, quoted_account_id, state, legacy,
              approval_uri, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         on conflict (status_id) do nothing",
        status.0 as _,
        status.1 as _,
        quoted.map(|(id, _)| id) as _,
        quoted.map(|(_, author)| author) as _,
        state,
        legacy,
        approval_uri,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves a quote to another state, with the stamp that says so.
pub async fn set_state(
    conn: &mut PgConnection,
    id: i64,
    state: i32,
    approval_uri: Option<&str>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update quotes set state = $2, approval_uri = $3, updated_at = $4 where id = $1",
        id,
        state,
        approval_uri,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a quote.
pub async fn delete(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from quotes where id = $1", id).execute(conn).await?;
    Ok(())
}

/// Notes which request a quote was agreed to by.
pub async fn set_activity_uri(conn: &mut PgConnection, id: i64, uri: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update quotes set activity_uri = $2
         where id = $1 and not exists (select from quotes where activity_uri = $2)",
        id,
        uri
    )
    .execute(conn)
    .await?;
    Ok(())
}
