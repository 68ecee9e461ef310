//! Statuses, and what hangs on them.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, PollId, StatusId, Visibility};
use sqlx::PgConnection;

use super::Actor;

/// Who is mentioned in a status.
#[derive(Clone, Debug)]
pub struct Mention {
    pub status_id: StatusId,
    pub silent: bool,
    pub actor_type: Option<String>,
    pub followers_url: String,
    /// Whether the mentioned account follows the author, or asked to.
    pub follows_author: bool,
    pub actor: Actor,
}

/// A status that another one answers, boosts or quotes.
#[derive(Clone, Debug)]
pub struct Reference {
    pub id: StatusId,
    pub uri: Option<String>,
    pub url: Option<String>,
    pub visibility: Visibility,
    pub actor: Actor,
}

/// A picture, film or sound of a status.
#[derive(Clone, Debug)]
pub struct Medium {
    pub id: i64,
    pub status_id: StatusId,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub file_meta: Option<serde_json::Value>,
    pub description: Option<String>,
    pub blurhash: Option<String>,
    pub remote_url: String,
    pub thumbnail_file_name: Option<String>,
    pub thumbnail_content_type: Option<String>,
}

/// A poll as its author's server tells of it.
#[derive(Clone, Debug)]
pub struct Poll {
    pub id: PollId,
    pub status_id: StatusId,
    pub options: Vec<String>,
    pub cached_tallies: Vec<i64>,
    pub multiple: bool,
    pub hide_totals: bool,
    pub expires_at: Option<NaiveDateTime>,
    pub voters_count: Option<i64>,
    pub updated_at: NaiveDateTime,
}

/// What a status quotes, and whether that was allowed.
#[derive(Clone, Debug)]
pub struct Quote {
    pub id: i64,
    pub status_id: StatusId,
    pub quoted_status_id: Option<StatusId>,
    pub quoted_account_id: Option<AccountId>,
    pub state: i32,
    pub approval_uri: Option<String>,
}

/// A conversation, by its first status where that is known.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub id: i64,
    pub uri: Option<String>,
    pub parent_status_id: Option<StatusId>,
    pub parent_account_id: Option<AccountId>,
    pub created_at: NaiveDateTime,
}

/// A custom emoji of ours.
#[derive(Clone, Debug)]
pub struct Emoji {
    pub id: i64,
    pub shortcode: String,
    pub image_file_name: Option<String>,
    pub image_content_type: Option<String>,
    pub updated_at: NaiveDateTime,
}

/// How often a status was liked and boosted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    pub favourites: i64,
    pub reblogs: i64,
}

/// The accounts mentioned in these statuses, in the order they were written down.
pub async fn mentions(conn: &mut PgConnection, ids: &[StatusId]) -> sqlx::Result<Vec<Mention>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select m.status_id, m.silent, a.id, a.username, a.domain, a.id_scheme, a.uri, a.url,
                  a.actor_type, a.followers_url,
                  (exists (select from follows f
                           where f.account_id = a.id and f.target_account_id = s.account_id)
                   or exists (select from follow_requests r
                              where r.account_id = a.id and r.target_account_id = s.account_id))
                      as "follows_author!"
           from mentions m
           join statuses s on s.id = m.status_id
           join accounts a on a.id = m.account_id
           where m.status_id = any($1)
           order by m.id"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Mention {
            status_id: row.status_id,
            silent: row.silent,
            actor_type: row.actor_type,
            followers_url: row.followers_url,
            follows_author: row.follows_author,
            actor: Actor {
                id: row.id,
                username: row.username,
                domain: row.domain,
                id_scheme: row.id_scheme,
                uri: row.uri,
                url: row.url,
            },
        })
        .collect())
}

/// These statuses with their authors, unless deleted.
pub async fn references(conn: &mut PgConnection, ids: &[StatusId]) -> sqlx::Result<Vec<Reference>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select s.id, s.uri, s.url, s.visibility, a.id as account_id, a.username, a.domain,
                a.id_scheme, a.uri as account_uri, a.url as account_url
         from statuses s
         join accounts a on a.id = s.account_id
         where s.id = any($1) and s.deleted_at is null",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Reference {
            id: row.id,
            uri: row.uri,
            url: row.url,
            visibility: row.visibility,
            actor: Actor {
                id: row.account_id,
                username: row.username,
                domain: row.domain,
                id_scheme: row.id_scheme,
                uri: row.account_uri,
                url: row.account_url,
            },
        })
        .collect())
}

/// The hashtags of these statuses: the status and the normalised name. The order is that in which
/// Mastodon tells them: alone as they stand in its table of tags, in a list as they were added.
pub async fn tags(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<(StatusId, String)>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select st.status_id, t.name
         from statuses_tags st
         join tags t on t.id = st.tag_id
         where st.status_id = any($1)
         order by case when cardinality($1) = 1 then t.name end, t.id",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.status_id, row.name)).collect())
}

/// The media of these statuses; the author's order stands in the status.
pub async fn media(conn: &mut PgConnection, ids: &[StatusId]) -> sqlx::Result<Vec<Medium>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Medium,
        r#"select id as "id: i64", status_id as "status_id!: StatusId",
                  file_file_name as file_name, file_content_type as content_type, file_meta,
                  description, blurhash, remote_url, thumbnail_file_name, thumbnail_content_type
           from media_attachments
           where status_id = any($1)
           order by id"#,
        &ids
    )
    .fetch_all(conn)
    .await
}

/// The polls of these statuses.
pub async fn polls(conn: &mut PgConnection, ids: &[StatusId]) -> sqlx::Result<Vec<Poll>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Poll,
        "select id, status_id, options, cached_tallies, multiple, hide_totals, expires_at,
                voters_count, updated_at
         from polls
         where status_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// What these statuses quote.
pub async fn quotes(conn: &mut PgConnection, ids: &[StatusId]) -> sqlx::Result<Vec<Quote>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Quote,
        "select id, status_id, quoted_status_id, quoted_account_id, state, approval_uri
         from quotes
         where status_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// The quote with this id, for its stamp.
pub async fn quote(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Quote>> {
    sqlx::query_as!(
        Quote,
        "select id, status_id, quoted_status_id, quoted_account_id, state, approval_uri
         from quotes
         where id = $1",
        id
    )
    .fetch_optional(conn)
    .await
}

/// The conversations with these ids.
pub async fn conversations(
    conn: &mut PgConnection,
    ids: &[i64],
) -> sqlx::Result<Vec<Conversation>> {
    sqlx::query_as!(
        Conversation,
        r#"select id as "id: i64", uri, parent_status_id, parent_account_id, created_at
           from conversations
           where id = any($1)"#,
        ids
    )
    .fetch_all(conn)
    .await
}

/// Our own custom emoji with these shortcodes.
pub async fn emojis(conn: &mut PgConnection, shortcodes: &[String]) -> sqlx::Result<Vec<Emoji>> {
    sqlx::query_as!(
        Emoji,
        "select id, shortcode, image_file_name, image_content_type, updated_at
         from custom_emojis
         where domain is null and not disabled and shortcode = any($1)
         order by id",
        shortcodes
    )
    .fetch_all(conn)
    .await
}

/// One custom emoji of ours.
pub async fn emoji(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Emoji>> {
    sqlx::query_as!(
        Emoji,
        "select id, shortcode, image_file_name, image_content_type, updated_at
         from custom_emojis
         where domain is null and id = $1",
        id
    )
    .fetch_optional(conn)
    .await
}

/// How often each of these statuses was liked and boosted; none for one that never was.
pub async fn counts(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<(StatusId, Counts)>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select status_id, favourites_count, reblogs_count
         from status_stats
         where status_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let counts = Counts { favourites: row.favourites_count, reblogs: row.reblogs_count };
            (row.status_id, counts)
        })
        .collect())
}

/// The first five public answers that the author of each of these statuses gave to it: the
/// status answered, the answer's id and `uri`.
pub async fn self_replies(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<(StatusId, StatusId, Option<String>)>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select parent.id as "parent_id: StatusId", reply.id as "id: StatusId", reply.uri
           from statuses parent
           cross join lateral (
               select r.id, r.uri
               from statuses r
               where r.in_reply_to_id = parent.id and r.account_id = parent.account_id
                 and r.visibility in (0, 1) and r.deleted_at is null
               order by r.id
               limit 5
           ) reply
           where parent.id = any($1)
           order by reply.id"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.parent_id, row.id, row.uri)).collect())
}

/// Public answers to a status, oldest first: the author's own, or everybody else's.
pub async fn replies(
    conn: &mut PgConnection,
    status_id: StatusId,
    author: AccountId,
    others: bool,
    min_id: i64,
    limit: i64,
) -> sqlx::Result<Vec<StatusId>> {
    sqlx::query_scalar!(
        r#"select id from statuses
           where in_reply_to_id = $1 and (account_id = $2) <> $3
             and visibility in (0, 1) and deleted_at is null and id > $4
             and (not $3 or exists (select from accounts a
                                    where a.id = account_id and a.suspended_at is null))
           order by id
           limit $5"#,
        status_id as _,
        author as _,
        others,
        min_id,
        limit
    )
    .fetch_all(conn)
    .await
}

/// The public statuses of a conversation, oldest first.
pub async fn conversation_statuses(
    conn: &mut PgConnection,
    conversation_id: i64,
    min_id: i64,
    limit: i64,
) -> sqlx::Result<Vec<StatusId>> {
    sqlx::query_scalar!(
        "select id from statuses
         where conversation_id = $1 and visibility in (0, 1) and deleted_at is null
           and reblog_of_id is null and id > $2
         order by id
         limit $3",
        conversation_id,
        min_id,
        limit
    )
    .fetch_all(conn)
    .await
}

/// The conversation that this status began.
pub async fn conversation_begun_by(
    conn: &mut PgConnection,
    author: AccountId,
    status_id: StatusId,
) -> sqlx::Result<Option<Conversation>> {
    sqlx::query_as!(
        Conversation,
        r#"select id as "id: i64", uri, parent_status_id, parent_account_id, created_at
           from conversations
           where parent_account_id = $1 and parent_status_id = $2"#,
        author as _,
        status_id as _
    )
    .fetch_optional(conn)
    .await
}

/// The statuses an account pinned, newest pin first, that are not only for those mentioned.
pub async fn pinned(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<Vec<StatusId>> {
    sqlx::query_scalar!(
        "select s.id
         from status_pins p
         join statuses s on s.id = p.status_id
         where p.account_id = $1 and s.deleted_at is null and s.visibility in (0, 1, 2)
         order by p.created_at desc",
        id as _
    )
    .fetch_all(conn)
    .await
}

/// One page of an account's outbox: what `viewer` may see of it, newest first, or upwards from
/// `min_id`.
pub async fn outbox(
    conn: &mut PgConnection,
    id: AccountId,
    viewer: Option<AccountId>,
    max_id: Option<i64>,
    since_id: Option<i64>,
    min_id: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<StatusId>> {
    let mut ids = sqlx::query_scalar!(
        "select id from statuses
         where account_id = $1 and deleted_at is null
           and ($3::bigint is null or id < $3)
           and ($4::bigint is null or id > $4)
           and (visibility in (0, 1) or $2::bigint is not null)
           and ferrodon.visible_to(statuses, $2)
           and (reblog_of_id is null or exists (
                select from statuses original
                where original.id = statuses.reblog_of_id and original.deleted_at is null))
         order by case when $5 then id end asc, id desc
         limit $6",
        id as _,
        viewer as _,
        max_id,
        min_id.or(since_id),
        min_id.is_some(),
        limit
    )
    .fetch_all(conn)
    .await?;
    if min_id.is_some() {
        ids.reverse();
    }
    Ok(ids)
}
