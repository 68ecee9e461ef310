//! What belongs in home and list feeds. The rule on what is wanted is `ferrodon.wanted_at_home`.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// A status as feeds see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: StatusId,
    pub reblog_of_id: Option<StatusId>,
}

/// What a home feed is built from, oldest first: own statuses and those of followed accounts, at
/// most `per_account` of each, as far as they are wanted, and as many public ones with each
/// followed hashtag.
pub async fn home_candidates(
    conn: &mut PgConnection,
    viewer: AccountId,
    per_account: i64,
) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as!(
        Item,
        r#"with followed as (
               select recent.id
               from (select $1::bigint as account_id
                     union all
                     select target_account_id from follows where account_id = $1) as source
               cross join lateral (
                   select statuses.id
                   from statuses
                   where statuses.account_id = source.account_id
                     and statuses.deleted_at is null
                     and (statuses.visibility in (0, 1, 2)
                          or statuses.account_id = $1
                          or exists (select from mentions
                                     where mentions.status_id = statuses.id
                                       and mentions.account_id = $1))
                   order by statuses.id desc
                   limit $2
               ) as recent
               order by recent.id desc
               limit 1600
           ),
           tagged as (
               select recent.id
               from tag_follows
               cross join lateral (
                   select statuses.id
                   from statuses_tags
                   join statuses on statuses.id = statuses_tags.status_id
                   where statuses_tags.tag_id = tag_follows.tag_id
                     and statuses.deleted_at is null and statuses.visibility = 0
                     and statuses.reblog_of_id is null and statuses.account_id <> $1
                   order by statuses.id desc
                   limit $2
               ) as recent
               where tag_follows.account_id = $1
               order by recent.id desc
               limit 1600
           )
           select statuses.id as "id!: StatusId", statuses.reblog_of_id as "reblog_of_id: StatusId"
           from followed
           join statuses on statuses.id = followed.id
           where ferrodon.wanted_at_home(statuses, $1)
           union
           select statuses.id, statuses.reblog_of_id
           from tagged
           join statuses on statuses.id = tagged.id
           join accounts author on author.id = statuses.account_id
           where author.suspended_at is null
             and not exists (select from account_domain_blocks
                             where account_domain_blocks.account_id = $1
                               and account_domain_blocks.domain = author.domain)
             and not exists (select from blocks
                             where blocks.account_id = statuses.account_id
                               and blocks.target_account_id = $1)
             and not exists (
                 select from (select statuses.account_id
                              union all
                              select mentions.account_id from mentions
                              where mentions.status_id = statuses.id and not mentions.silent
                             ) as person (id)
                 where exists (select from blocks
                               where blocks.account_id = $1
                                 and blocks.target_account_id = person.id)
                    or exists (select from mutes
                               where mutes.account_id = $1
                                 and mutes.target_account_id = person.id))
           order by 1"#,
        viewer as _,
        per_account,
    )
    .fetch_all(conn)
    .await
}

/// What a new follower's feed gets from an account, oldest first.
pub async fn merge_candidates(
    conn: &mut PgConnection,
    from: AccountId,
    into: AccountId,
    newer_than: Option<StatusId>,
    limit: i64,
) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as!(
        Item,
        "select statuses.id, statuses.reblog_of_id
         from (
             select id
             from statuses
             where account_id = $1 and deleted_at is null and visibility in (0, 1, 2)
               and ($3::bigint is null or id > $3)
             order by id desc
             limit $4
         ) as recent
         join statuses on statuses.id = recent.id
         where ferrodon.wanted_at_home(statuses, $2)
         order by statuses.id",
        from as _,
        into as _,
        newer_than as _,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Those of these statuses that an account posted.
pub async fn posted_by(
    conn: &mut PgConnection,
    ids: &[StatusId],
    account_id: AccountId,
) -> sqlx::Result<Vec<Item>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Item,
        "select id, reblog_of_id from statuses where id = any($1) and account_id = $2",
        &ids,
        account_id as _,
    )
    .fetch_all(conn)
    .await
}

/// Those of these statuses that an account posted, is mentioned in or had boosted.
pub async fn involving(
    conn: &mut PgConnection,
    ids: &[StatusId],
    account_id: AccountId,
) -> sqlx::Result<Vec<Item>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Item,
        "select statuses.id, statuses.reblog_of_id
         from statuses
         where statuses.id = any($1)
           and (statuses.account_id = $2
                or exists (select from statuses original
                           where original.id = statuses.reblog_of_id
                             and original.account_id = $2)
                or exists (select from mentions
                           where mentions.status_id in (statuses.id, statuses.reblog_of_id)
                             and mentions.account_id = $2))",
        &ids,
        account_id as _,
    )
    .fetch_all(conn)
    .await
}

/// The stored settings of the person behind a local account.
pub async fn settings_of(
    conn: &mut PgConnection,
    account_id: AccountId,
) -> sqlx::Result<Option<String>> {
    let row = sqlx::query_scalar!(
        "select settings from users where account_id = $1 order by id limit 1",
        account_id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.flatten())
}

/// Someone here whose home feed a new status goes into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub account_id: AccountId,
    /// The stored settings of the person.
    pub settings: Option<String>,
}

/// Whose home feeds a status goes into: local followers (of a direct post, those it mentions) who
/// were here since `active_since` and want it, and the author.
pub async fn home_recipients(
    conn: &mut PgConnection,
    status_id: StatusId,
    active_since: NaiveDateTime,
) -> sqlx::Result<Vec<Recipient>> {
    sqlx::query_as!(
        Recipient,
        r#"select users.account_id as "account_id!: AccountId", users.settings
           from statuses
           join follows on follows.target_account_id = statuses.account_id
           join users on users.account_id = follows.account_id
           where statuses.id = $1 and statuses.deleted_at is null
             and users.current_sign_in_at > $2
             and (statuses.visibility in (0, 1, 2)
                  or exists (select from mentions
                             where mentions.status_id = statuses.id
                               and mentions.account_id = follows.account_id))
             and ferrodon.wanted_at_home(statuses, follows.account_id)
           union all
           select users.account_id, users.settings
           from statuses
           join users on users.account_id = statuses.account_id
           where statuses.id = $1 and statuses.deleted_at is null"#,
        status_id as _,
        active_since,
    )
    .fetch_all(conn)
    .await
}

/// Who follows a hashtag of a public status and wants it at home, apart from the author.
pub async fn tag_recipients(
    conn: &mut PgConnection,
    status_id: StatusId,
    active_since: NaiveDateTime,
) -> sqlx::Result<Vec<Recipient>> {
    sqlx::query_as!(
        Recipient,
        r#"select distinct users.account_id, users.settings
           from statuses
           join accounts author on author.id = statuses.account_id
           join statuses_tags on statuses_tags.status_id = statuses.id
           join tag_follows on tag_follows.tag_id = statuses_tags.tag_id
           join users on users.account_id = tag_follows.account_id
           where statuses.id = $1 and statuses.deleted_at is null
             and statuses.visibility = 0 and statuses.reblog_of_id is null
             and tag_follows.account_id <> statuses.account_id
             and users.current_sign_in_at > $2
             and not exists (select from account_domain_blocks
                             where account_domain_blocks.account_id = tag_follows.account_id
                               and account_domain_blocks.domain = author.domain)
             and not exists (select from blocks
                             where blocks.account_id = statuses.account_id
                               and blocks.target_account_id = tag_follows.account_id)
             and not exists (
                 select from (select statuses.account_id
                              union all
                              select mentions.account_id from mentions
                              where mentions.status_id = statuses.id and not mentions.silent
                             ) as person (id)
                 where exists (select from blocks
                               where blocks.account_id = tag_follows.account_id
                                 and blocks.target_account_id = person.id)
                    or exists (select from mutes
                               where mutes.account_id = tag_follows.account_id
                                 and mutes.target_account_id = person.id))"#,
        status_id as _,
        active_since,
    )
    .fetch_all(conn)
    .await
}

/// A list whose feed a status goes into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRecipient {
    pub list_id: i64,
    pub account_id: AccountId,
    /// The stored settings of its owner.
    pub settings: Option<String>,
}

/// The lists that a status goes into: its author is a member, and the rules of home and of the
/// list let it.
pub async fn list_recipients(
    conn: &mut PgConnection,
    status_id: StatusId,
    active_since: NaiveDateTime,
) -> sqlx::Result<Vec<ListRecipient>> {
    sqlx::query_as!(
        ListRecipient,
        r#"select lists.id as list_id, users.account_id, users.settings
           from statuses
           join list_accounts member on member.account_id = statuses.account_id
           join lists on lists.id = member.list_id
           join users on users.account_id = lists.account_id
           where statuses.id = $1 and statuses.deleted_at is null
             and (member.follow_id is not null or member.account_id = lists.account_id)
             and users.current_sign_in_at > $2
             and (statuses.visibility in (0, 1, 2)
                  or exists (select from mentions
                             where mentions.status_id = statuses.id
                               and mentions.account_id = lists.account_id))
             and ferrodon.wanted_in_list(statuses, lists)"#,
        status_id as _,
        active_since,
    )
    .fetch_all(conn)
    .await
}

/// Whose list it is.
pub async fn list_owner(conn: &mut PgConnection, list_id: i64) -> sqlx::Result<Option<AccountId>> {
    sqlx::query_scalar!(
        r#"select account_id as "account_id: AccountId" from lists where id = $1"#,
        list_id
    )
    .fetch_optional(conn)
    .await
}

/// What a list's feed is built from, oldest first.
pub async fn list_candidates(
    conn: &mut PgConnection,
    list_id: i64,
    per_account: i64,
) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as!(
        Item,
        r#"select statuses.id, statuses.reblog_of_id
           from (
               select recent.id
               from list_accounts member
               join lists on lists.id = member.list_id
               cross join lateral (
                   select statuses.id
                   from statuses
                   where statuses.account_id = member.account_id
                     and statuses.deleted_at is null and statuses.visibility in (0, 1, 2)
                   order by statuses.id desc
                   limit $2
               ) as recent
               where member.list_id = $1
                 and (member.follow_id is not null or member.account_id = lists.account_id)
               order by recent.id desc
               limit 1600
           ) as newest
           join statuses on statuses.id = newest.id
           join lists on lists.id = $1
           where ferrodon.wanted_in_list(statuses, lists)
           order by statuses.id"#,
        list_id,
        per_account,
    )
    .fetch_all(conn)
    .await
}

/// Local followers of a status's author who asked to hear of each new post and want this one:
/// members of exclusive lists are heard of too.
pub async fn expecting(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar!(
        r#"select users.account_id as "account_id!: AccountId"
           from statuses
           join follows on follows.target_account_id = statuses.account_id and follows.notify
           join users on users.account_id = follows.account_id
           where statuses.id = $1 and statuses.deleted_at is null
             and statuses.reblog_of_id is null
             and (not statuses.reply or statuses.in_reply_to_account_id = statuses.account_id)
             and (statuses.visibility in (0, 1, 2)
                  or exists (select from mentions
                             where mentions.status_id = statuses.id
                               and mentions.account_id = follows.account_id))
             and ferrodon.wanted_in_feed(statuses, follows.account_id)"#,
        status_id as _,
    )
    .fetch_all(conn)
    .await
}

/// Everyone here in whose home feed or list a status may be: local followers of its author, those
/// who follow its hashtags, the author; and the lists.
pub async fn holders(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<(Vec<AccountId>, Vec<i64>)> {
    let accounts = sqlx::query_scalar!(
        r#"select users.account_id as "account_id!: AccountId"
           from statuses
           join follows on follows.target_account_id = statuses.account_id
           join users on users.account_id = follows.account_id
           where statuses.id = $1
           union
           select users.account_id
           from statuses join users on users.account_id = statuses.account_id
           where statuses.id = $1
           union
           select tag_follows.account_id
           from statuses_tags
           join tag_follows on tag_follows.tag_id = statuses_tags.tag_id
           where statuses_tags.status_id = $1"#,
        status_id as _,
    )
    .fetch_all(&mut *conn)
    .await?;
    let lists = sqlx::query_scalar!(
        "select member.list_id
         from statuses join list_accounts member on member.account_id = statuses.account_id
         where statuses.id = $1",
        status_id as _,
    )
    .fetch_all(conn)
    .await?;
    Ok((accounts, lists))
}

/// People here whom an edit of a status concerns: those who boosted it, and those who quoted it
/// with the status in which they did.
pub async fn concerned_by_edit(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<Vec<(AccountId, Option<StatusId>)>> {
    sqlx::query!(
        r#"select reblogs.account_id as "account_id!: AccountId",
                  null::bigint as "quoting_id?: StatusId"
           from statuses reblogs
           join users on users.account_id = reblogs.account_id
           where reblogs.reblog_of_id = $1 and reblogs.deleted_at is null
           union
           select quotes.account_id, quotes.status_id
           from quotes
           join users on users.account_id = quotes.account_id
           where quotes.quoted_status_id = $1 and quotes.state = 1"#,
        status_id as _,
    )
    .map(|row| (row.account_id, row.quoting_id))
    .fetch_all(conn)
    .await
}
