//! What two accounts are to each other, gathered from the tables that say so: `follows`,
//! `follow_requests`, `blocks`, `mutes`, `account_domain_blocks`, `account_pins`, `account_notes`.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// What `account_id` is to the viewer and the viewer to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Relationship {
    pub account_id: AccountId,
    pub following: bool,
    pub requested: bool,
    pub showing_reblogs: bool,
    pub notifying: bool,
    pub languages: Option<Vec<String>>,
    pub followed_by: bool,
    pub requested_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
    pub muting_notifications: bool,
    pub muting_expires_at: Option<NaiveDateTime>,
    pub domain_blocking: bool,
    pub endorsed: bool,
    pub note: String,
}

/// The relationships of `viewer` with these accounts, in no particular order. Unknown accounts
/// are left out, suspended ones too unless asked for.
pub async fn of(
    conn: &mut PgConnection,
    viewer: AccountId,
    ids: &[AccountId],
    with_suspended: bool,
) -> sqlx::Result<Vec<Relationship>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Relationship,
        r#"select other.id as "account_id!: AccountId",
                  follow.id is not null as "following!",
                  request.id is not null as "requested!",
                  coalesce(follow.show_reblogs, request.show_reblogs, false)
                      as "showing_reblogs!",
                  coalesce(follow.notify, request.notify, false) as "notifying!",
                  case when follow.id is not null then follow.languages
                       else request.languages end as "languages?",
                  exists (select from follows back
                          where back.account_id = other.id
                            and back.target_account_id = $1) as "followed_by!",
                  exists (select from follow_requests back
                          where back.account_id = other.id
                            and back.target_account_id = $1) as "requested_by!",
                  exists (select from blocks
                          where blocks.account_id = $1
                            and blocks.target_account_id = other.id) as "blocking!",
                  exists (select from blocks
                          where blocks.account_id = other.id
                            and blocks.target_account_id = $1) as "blocked_by!",
                  mute.id is not null as "muting!",
                  coalesce(mute.hide_notifications, false) as "muting_notifications!",
                  mute.expires_at as "muting_expires_at?",
                  exists (select from account_domain_blocks
                          where account_domain_blocks.account_id = $1
                            and account_domain_blocks.domain = other.domain)
                      as "domain_blocking!",
                  exists (select from account_pins
                          where account_pins.account_id = $1
                            and account_pins.target_account_id = other.id) as "endorsed!",
                  coalesce((select comment from account_notes
                            where account_notes.account_id = $1
                              and account_notes.target_account_id = other.id), '') as "note!"
           from accounts other
           left join follows follow
               on follow.account_id = $1 and follow.target_account_id = other.id
           left join follow_requests request
               on request.account_id = $1 and request.target_account_id = other.id
           left join mutes mute
               on mute.account_id = $1 and mute.target_account_id = other.id
           where other.id = any($2) and ($3 or other.suspended_at is null)"#,
        viewer as _,
        &ids,
        with_suspended
    )
    .fetch_all(conn)
    .await
}

/// Which of these accounts `viewer` follows, and which follow `viewer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ties {
    pub account_id: AccountId,
    pub following: bool,
    pub followed_by: bool,
}

/// The ties of `viewer` with these accounts.
pub async fn ties(
    conn: &mut PgConnection,
    viewer: AccountId,
    ids: &[AccountId],
) -> sqlx::Result<Vec<Ties>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Ties,
        r#"select other as "account_id!: AccountId",
                  exists (select from follows
                          where account_id = $1 and target_account_id = other) as "following!",
                  exists (select from follows
                          where account_id = other and target_account_id = $1) as "followed_by!"
           from unnest($2::bigint[]) as other"#,
        viewer as _,
        &ids
    )
    .fetch_all(conn)
    .await
}

/// Whether `account_id` blocks `viewer`, by name or by domain.
pub async fn blocks_viewer(
    conn: &mut PgConnection,
    account_id: AccountId,
    viewer: AccountId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from blocks
                          where account_id = $1 and target_account_id = $2)
               or exists (select from account_domain_blocks, accounts
                          where account_domain_blocks.account_id = $1
                            and accounts.id = $2
                            and account_domain_blocks.domain = accounts.domain) as "blocks!""#,
        account_id as _,
        viewer as _
    )
    .fetch_one(conn)
    .await
}

/// What people here decided about an account that moved holds for where it moved to: blocks and
/// mutes, unless they follow that, and notes.
pub async fn carry_over(
    conn: &mut PgConnection,
    from: AccountId,
    to: AccountId,
    now: chrono::NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into blocks (account_id, target_account_id, created_at, updated_at)
         select blocks.account_id, $2, $3, $3
         from blocks
         join accounts on accounts.id = blocks.account_id
         where blocks.target_account_id = $1 and accounts.domain is null
           and not exists (select from follows where follows.account_id = blocks.account_id
                             and follows.target_account_id = $2)
         on conflict do nothing",
        from as _,
        to as _,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into mutes
             (account_id, target_account_id, hide_notifications, expires_at, created_at, updated_at)
         select mutes.account_id, $2, mutes.hide_notifications, mutes.expires_at, $3, $3
         from mutes
         where mutes.target_account_id = $1
           and not exists (select from follows where follows.account_id = mutes.account_id
                             and follows.target_account_id = $2)
         on conflict do nothing",
        from as _,
        to as _,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into account_notes (account_id, target_account_id, comment, created_at, updated_at)
         select account_id, $2, comment, $3, $3 from account_notes where target_account_id = $1
         on conflict do nothing",
        from as _,
        to as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
