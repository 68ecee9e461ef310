//! What belongs into a person's home feed, from `statuses`, `follows` and all that keeps
//! statuses out of it.

use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// A status that a home feed may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub id: StatusId,
    pub reblog_of_id: Option<StatusId>,
}

/// The newest `limit` statuses for `account_id`'s home feed, oldest first: their own and those
/// of accounts they follow (the newest `of_each` of each), without what they do not want:
/// replies to people they do not follow, languages and reblogs they left out of a follow, blocked
/// and muted people, blocked domains, and members of their exclusive lists.
pub async fn candidates(
    conn: &mut PgConnection,
    account_id: AccountId,
    of_each: i64,
    limit: i64,
) -> sqlx::Result<Vec<Candidate>> {
    let mut found = sqlx::query_as!(
        Candidate,
        r#"with followed as (
               select follows.target_account_id as account_id, follows.show_reblogs,
                      follows.languages
               from follows
               join accounts on accounts.id = follows.target_account_id
               where follows.account_id = $1 and accounts.suspended_at is null
           ),
           unwanted as (
               select target_account_id as account_id from blocks where account_id = $1
               union
               select target_account_id from mutes where account_id = $1
           ),
           candidate as (
               (select id, account_id, reblog_of_id, reply, in_reply_to_id,
                       in_reply_to_account_id, language
                from statuses
                where account_id = $1 and deleted_at is null
                order by id desc
                limit $2)
               union all
               select posted.*
               from followed
               cross join lateral (
                   select id, account_id, reblog_of_id, reply, in_reply_to_id,
                          in_reply_to_account_id, language
                   from statuses
                   where statuses.account_id = followed.account_id and deleted_at is null
                     and (visibility in (0, 1, 2)
                          or visibility = 3 and exists (
                              select from mentions
                              where mentions.status_id = statuses.id
                                and mentions.account_id = $1))
                   order by id desc
                   limit $2) as posted
               where followed.account_id <> $1
           )
           select candidate.id as "id!: StatusId",
                  candidate.reblog_of_id as "reblog_of_id: StatusId"
           from candidate
           left join followed on followed.account_id = candidate.account_id
           left join statuses original on original.id = candidate.reblog_of_id
           left join accounts original_author on original_author.id = original.account_id
           where candidate.account_id = $1 or (
               (not candidate.reply
                or candidate.in_reply_to_id is not null
                   and (candidate.in_reply_to_account_id in ($1, candidate.account_id)
                        or candidate.in_reply_to_account_id in (
                            select followed.account_id from followed)))
               and (candidate.reblog_of_id is null
                    or followed.show_reblogs
                       and original.deleted_at is null
                       and not exists (
                           select from blocks
                           where blocks.account_id = original.account_id
                             and blocks.target_account_id = $1)
                       and not exists (
                           select from account_domain_blocks hidden
                           where hidden.account_id = $1
                             and hidden.domain = original_author.domain))
               and (followed.languages is null or candidate.language is null
                    or candidate.language = any(followed.languages))
               and candidate.account_id not in (select account_id from unwanted)
               and (original.account_id is null
                    or original.account_id not in (select account_id from unwanted))
               and not exists (
                   select from mentions
                   join unwanted on unwanted.account_id = mentions.account_id
                   where mentions.status_id in (candidate.id, candidate.reblog_of_id)
                     and not mentions.silent)
               and not exists (
                   select from blocks
                   where blocks.account_id = candidate.account_id
                     and blocks.target_account_id = $1)
               and not exists (
                   select from lists
                   join list_accounts on list_accounts.list_id = lists.id
                   where lists.account_id = $1 and lists.exclusive
                     and list_accounts.account_id = candidate.account_id))
           order by candidate.id desc
           limit $3"#,
        account_id as _,
        of_each,
        limit
    )
    .fetch_all(conn)
    .await?;
    found.reverse();
    Ok(found)
}
