//! `lists`: timelines of chosen people.

use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// Whether this list is there and belongs to `account_id`.
pub async fn belongs_to(
    conn: &mut PgConnection,
    id: i64,
    account_id: AccountId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from lists where id = $1 and account_id = $2) as "belongs!""#,
        id,
        account_id as _
    )
    .fetch_one(conn)
    .await
}

/// Puts an account that `owner` follows now, or asks to, into those of their lists that `from` is
/// in.
pub async fn carry_over(
    conn: &mut PgConnection,
    owner: AccountId,
    from: AccountId,
    to: AccountId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into list_accounts (list_id, account_id, follow_id, follow_request_id)
         select lists.id, $3, follows.id, requests.id
         from list_accounts old
         join lists on lists.id = old.list_id and lists.account_id = $1
         left join follows on follows.account_id = $1 and follows.target_account_id = $3
         left join follow_requests requests
             on requests.account_id = $1 and requests.target_account_id = $3
         where old.account_id = $2 and (follows.id is not null or requests.id is not null)
         on conflict do nothing",
        owner as _,
        from as _,
        to as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A list as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub id: i64,
    pub title: String,
    /// 0 replies to its members, 1 to anyone followed, 2 none.
    pub replies_policy: i32,
    pub exclusive: bool,
}

/// The lists of `owner`, oldest first; with `member` only those it is in.
pub async fn of_account(
    conn: &mut PgConnection,
    owner: AccountId,
    member: Option<AccountId>,
) -> sqlx::Result<Vec<List>> {
    sqlx::query_as!(
        List,
        "select id, title, replies_policy, exclusive from lists
         where account_id = $1
           and ($2::bigint is null or exists (
               select from list_accounts
               where list_accounts.list_id = lists.id and list_accounts.account_id = $2))
         order by id",
        owner as _,
        member as _
    )
    .fetch_all(conn)
    .await
}

/// One list of `owner`.
pub async fn find(
    conn: &mut PgConnection,
    id: i64,
    owner: AccountId,
) -> sqlx::Result<Option<List>> {
    sqlx::query_as!(
        List,
        "select id, title, replies_policy, exclusive from lists
         where id = $1 and account_id = $2",
        id,
        owner as _
    )
    .fetch_optional(conn)
    .await
}
