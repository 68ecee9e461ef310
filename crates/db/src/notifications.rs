//! `notifications`, with `notification_requests` for those that were kept back.

use chrono::{NaiveDateTime, TimeDelta};
use ferrodon_core::{AccountId, NotificationId, NotificationKind, StatusId};
use sqlx::PgConnection;

/// Where a notification comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    pub from_account_id: AccountId,
    /// The status it is about.
    pub status_id: Option<StatusId>,
    /// When what it is about happened.
    pub created_at: NaiveDateTime,
}

/// Where the notification about this row comes from; none if the row is gone, or if the kind is
/// not one that people cause by what they do with posts and follows.
pub async fn source(
    conn: &mut PgConnection,
    about: NotificationKind,
    activity_id: i64,
) -> sqlx::Result<Option<Source>> {
    use NotificationKind as Kind;
    macro_rules! source {
        ($sql:literal) => {
            sqlx::query_as!(Source, $sql, activity_id).fetch_optional(conn).await
        };
    }
    match about {
        Kind::Mention => source!(
            r#"select statuses.account_id as "from_account_id!: AccountId",
                      statuses.id as "status_id?: StatusId", mentions.created_at as "created_at!"
               from mentions join statuses on statuses.id = mentions.status_id
               where mentions.id = $1 and statuses.deleted_at is null"#
        ),
        Kind::Status | Kind::Update => source!(
            r#"select account_id as "from_account_id!: AccountId", id as "status_id?: StatusId",
                      created_at as "created_at!"
               from statuses where id = $1 and deleted_at is null"#
        ),
        Kind::Reblog => source!(
            r#"select account_id as "from_account_id!: AccountId",
                      reblog_of_id as "status_id?: StatusId", created_at as "created_at!"
               from statuses where id = $1 and deleted_at is null"#
        ),
        Kind::QuotedUpdate => source!(
            r#"select quotes.quoted_account_id as "from_account_id!: AccountId",
                      quotes.status_id as "status_id?: StatusId", statuses.created_at as "created_at!"
               from quotes join statuses on statuses.id = quotes.status_id
               where quotes.status_id = $1 and statuses.deleted_at is null
                 and quotes.quoted_account_id is not null"#
        ),
        Kind::Favourite => source!(
            r#"select account_id as "from_account_id!: AccountId",
                      status_id as "status_id?: StatusId", created_at as "created_at!"
               from favourites where id = $1"#
        ),
        Kind::Follow => source!(
            r#"select account_id as "from_account_id!: AccountId",
                      null::bigint as "status_id?: StatusId", created_at as "created_at!"
               from follows where id = $1"#
        ),
        Kind::FollowRequest => source!(
            r#"select account_id as "from_account_id!: AccountId",
                      null::bigint as "status_id?: StatusId", created_at as "created_at!"
               from follow_requests where id = $1"#
        ),
        Kind::Poll => source!(
            r#"select account_id as "from_account_id!: AccountId",
                      status_id as "status_id?: StatusId", created_at as "created_at!"
               from polls where id = $1"#
        ),
        Kind::Quote => source!(
            r#"select account_id as "from_account_id!: AccountId",
                      status_id as "status_id?: StatusId", created_at as "created_at!"
               from quotes where id = $1"#
        ),
        Kind::AdminSignUp => source!(
            r#"select id as "from_account_id!: AccountId",
                      null::bigint as "status_id?: StatusId", created_at as "created_at!"
               from accounts where id = $1"#
        ),
        Kind::AdminReport => source!(
            r#"select account_id as "from_account_id!: AccountId",
                      null::bigint as "status_id?: StatusId", created_at as "created_at!"
               from reports where id = $1"#
        ),
        Kind::AddedToCollection
        | Kind::CollectionUpdate
        | Kind::SeveredRelationships
        | Kind::ModerationWarning
        | Kind::AnnualReport => Ok(None),
    }
}

/// What decides whether someone wants to hear of what someone else did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The recipient is no local person, or is suspended.
    pub unavailable: bool,
    /// The sender is staff with rights over the recipient.
    pub from_staff: bool,
    pub domain_blocked: bool,
    pub blocked: bool,
    /// Muted together with notifications.
    pub muted: bool,
    pub conversation_muted: bool,
    /// Someone else the status involves is blocked, or muted with notifications.
    pub involves_unwanted: bool,
    /// The recipient once let the sender's notifications through.
    pub permitted: bool,
    pub following: bool,
    /// The sender follows the recipient for some days at least.
    pub settled_follower: bool,
    pub sender_limited: bool,
    pub sender_new: bool,
    pub sender_bot: bool,
    /// A direct post that answers none of the recipient's own to the sender.
    pub unasked_direct: bool,
    /// The recipient's policies: 0 accept, 1 filter, 2 drop.
    pub for_not_following: i32,
    pub for_not_followers: i32,
    pub for_new_accounts: i32,
    pub for_private_mentions: i32,
    pub for_limited_accounts: i32,
    pub for_bots: i32,
}

/// The permission bits of moderation, all of which make a member of staff that cannot be blocked.
const MODERATION: i64 = 1_836_988;

/// The facts about one recipient and one sender.
pub async fn facts(
    conn: &mut PgConnection,
    recipient: AccountId,
    sender: AccountId,
    status_id: Option<StatusId>,
    now: NaiveDateTime,
) -> sqlx::Result<Option<Facts>> {
    sqlx::query_as!(
        Facts,
        r#"select
             recipient.domain is not null or recipient.suspended_at is not null
                 or not exists (select from users where users.account_id = $1)
                 as "unavailable!",
             coalesce((
                 select role.highlighted
                     and (role.permissions & 1 = 1 or role.permissions & $6 = $6)
                     and role.position > coalesce((
                         select other.position from users
                         join user_roles other on other.id = users.role_id
                         where users.account_id = $1), -1)
                 from users join user_roles role on role.id = users.role_id
                 where users.account_id = $2 and sender.domain is null
                 limit 1), false) as "from_staff!",
             exists (select from account_domain_blocks
                     where account_id = $1 and domain = sender.domain) as "domain_blocked!",
             exists (select from blocks
                     where account_id = $1 and target_account_id = $2) as "blocked!",
             exists (select from mutes
                     where account_id = $1 and target_account_id = $2 and hide_notifications)
                 as "muted!",
             exists (select from conversation_mutes
                     where account_id = $1 and conversation_id = status.conversation_id)
                 as "conversation_muted!",
             exists (
                 select from (
                     select status.in_reply_to_account_id
                     union all
                     select mentions.account_id from mentions
                     where mentions.status_id = status.id and not mentions.silent
                 ) as person (id)
                 where exists (select from blocks
                               where account_id = $1 and target_account_id = person.id)
                    or exists (select from mutes
                               where account_id = $1 and target_account_id = person.id
                                 and hide_notifications)) as "involves_unwanted!",
             exists (select from notification_permissions
                     where account_id = $1 and from_account_id = $2) as "permitted!",
             exists (select from follows
                     where account_id = $1 and target_account_id = $2) as "following!",
             exists (select from follows
                     where account_id = $2 and target_account_id = $1 and created_at <= $4)
                 as "settled_follower!",
             sender.silenced_at is not null as "sender_limited!",
             sender.created_at > $5 as "sender_new!",
             coalesce(sender.actor_type in ('Application', 'Service'), false) as "sender_bot!",
             coalesce(status.visibility = 3, false) and not exists (
                 with recursive above (id, in_reply_to_id, depth) as (
                     select status.id, status.in_reply_to_id, 0
                     union all
                     select parent.id, parent.in_reply_to_id, above.depth + 1
                     from above join statuses parent on parent.id = above.in_reply_to_id
                     where above.depth < 100)
                 select from above
                 join statuses own on own.id = above.id
                 join mentions on mentions.status_id = own.id
                 where own.account_id = $1 and own.visibility = 3 and mentions.account_id = $2)
                 as "unasked_direct!",
             coalesce(policy.for_not_following, 0) as "for_not_following!",
             coalesce(policy.for_not_followers, 0) as "for_not_followers!",
             coalesce(policy.for_new_accounts, 0) as "for_new_accounts!",
             coalesce(policy.for_private_mentions, 1) as "for_private_mentions!",
             coalesce(policy.for_limited_accounts, 1) as "for_limited_accounts!",
             coalesce(policy.for_bots, 0) as "for_bots!"
           from accounts recipient
           join accounts sender on sender.id = $2
           left join statuses status on status.id = $3
           left join notification_policies policy on policy.account_id = recipient.id
           where recipient.id = $1"#,
        recipient as _,
        sender as _,
        status_id as _,
        now - TimeDelta::days(3),
        now - TimeDelta::days(30),
        MODERATION,
    )
    .fetch_optional(conn)
    .await
}

/// A notification that is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New<'a> {
    pub account_id: AccountId,
    pub from_account_id: AccountId,
    pub about: NotificationKind,
    pub activity_id: i64,
    pub filtered: bool,
    pub group_key: Option<&'a str>,
}

/// Stores a notification; none if there is one about the same row already. Kinds that replace
/// older ones do so. Two at once wait for each other.
pub async fn insert(
    conn: &mut PgConnection,
    new: &New<'_>,
    now: NaiveDateTime,
) -> sqlx::Result<Option<NotificationId>> {
    let (kind, activity_type) = (new.about.as_str(), new.about.activity_type());
    let lock = format!("notification {} {kind} {}", new.account_id, new.activity_id);
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0)) as locked", lock)
        .fetch_one(&mut *conn)
        .await?;
    if new.about.replaces_older() {
        sqlx::query!(
            "delete from notifications
             where account_id = $1 and activity_type = $2 and activity_id = $3 and type = $4",
            new.account_id as _,
            activity_type,
            new.activity_id,
            kind,
        )
        .execute(&mut *conn)
        .await?;
    }
    sqlx::query_scalar!(
        "insert into notifications
             (account_id, from_account_id, activity_type, activity_id, type, filtered, group_key,
              created_at, updated_at)
         select $1, $2, $3::varchar, $4, $5::varchar, $6, $7, $8, $8
         where not exists (
             select from notifications
             where account_id = $1 and activity_type = $3::varchar and activity_id = $4
               and type = $5::varchar)
         returning id",
        new.account_id as _,
        new.from_account_id as _,
        activity_type,
        new.activity_id,
        kind,
        new.filtered,
        new.group_key,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Removes what anyone was told about these rows.
pub async fn delete_about(
    conn: &mut PgConnection,
    activity_type: &str,
    activity_ids: &[i64],
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from notifications where activity_type = $1 and activity_id = any($2)",
        activity_type,
        activity_ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes what people were told about a status that is going away: the status itself and its
/// mentions, favourites, poll and quotes.
pub async fn delete_about_status(conn: &mut PgConnection, status_id: StatusId) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from notifications
         using (
             select 'Status' as activity_type, $1::bigint as activity_id
             union all select 'Mention', id from mentions where status_id = $1
             union all select 'Favourite', id from favourites where status_id = $1
             union all select 'Poll', id from polls where status_id = $1
             union all select 'Quote', id from quotes where status_id = $1
         ) as gone
         where notifications.activity_type = gone.activity_type
           and notifications.activity_id = gone.activity_id",
        status_id as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts what was kept back from one sender, and notes the latest.
pub async fn update_request(
    conn: &mut PgConnection,
    account_id: AccountId,
    from_account_id: AccountId,
    last_status_id: Option<StatusId>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with counted as (
             select count(*) as number
             from (select from notifications
                   where account_id = $1 and from_account_id = $2 and filtered
                     and type in ('mention', 'quote')
                   limit 100) as kept
         )
         insert into notification_requests
             (account_id, from_account_id, last_status_id, notifications_count, created_at,
              updated_at)
         select $1, $2, $3, counted.number, $4, $4 from counted where counted.number > 0
         on conflict (account_id, from_account_id) do update
         set last_status_id = coalesce(excluded.last_status_id,
                                       notification_requests.last_status_id),
             notifications_count = excluded.notifications_count, updated_at = $4",
        account_id as _,
        from_account_id as _,
        last_status_id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A notification as stored, with the status it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub id: NotificationId,
    pub account_id: AccountId,
    pub from_account_id: AccountId,
    /// The word of the API; very old rows have none of their own.
    pub kind: String,
    pub activity_type: String,
    pub activity_id: i64,
    pub filtered: bool,
    pub group_key: Option<String>,
    pub created_at: NaiveDateTime,
    pub status_id: Option<StatusId>,
}

/// `select` with the columns of [`Notification`], so that they are listed once.
macro_rules! select_notification {
    ($rest:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            Notification,
            r#"select id, account_id, from_account_id,
                      coalesce(type, case activity_type
                          when 'Status' then 'reblog'
                          when 'FollowRequest' then 'follow_request'
                          else lower(activity_type) end) as "kind!",
                      activity_type, activity_id, filtered, group_key, created_at,
                      case activity_type
                          when 'Status' then case
                              when coalesce(type, 'reblog') = 'reblog'
                              then (select reblog_of_id from statuses where id = activity_id)
                              else activity_id end
                          when 'Mention' then
                              (select status_id from mentions where id = activity_id)
                          when 'Favourite' then
                              (select status_id from favourites where id = activity_id)
                          when 'Poll' then (select status_id from polls where id = activity_id)
                          when 'Quote' then (select status_id from quotes where id = activity_id)
                      end as "status_id?: StatusId"
               from notifications "# + $rest
            $(, $bind)*
        )
    };
}

/// The notification with this id.
pub async fn find(
    conn: &mut PgConnection,
    id: NotificationId,
) -> sqlx::Result<Option<Notification>> {
    select_notification!("where id = $1", id as _).fetch_optional(conn).await
}

/// The notifications with these ids, in no particular order.
pub async fn by_ids(
    conn: &mut PgConnection,
    ids: &[NotificationId],
) -> sqlx::Result<Vec<Notification>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_notification!("where id = any($1)", &ids).fetch_all(conn).await
}
