//! `tags` and `statuses_tags`: hashtags, and which status has which.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, Page, StatusId, TagId};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::page;

/// A hashtag of a status.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusTag {
    pub status_id: StatusId,
    pub tag_id: TagId,
    pub name: String,
    pub updated_at: NaiveDateTime,
}

/// The hashtags of these statuses, in the order in which the tags were first seen.
pub async fn by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<StatusTag>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        StatusTag,
        "select statuses_tags.status_id, tags.id as tag_id, tags.name, tags.updated_at
         from statuses_tags
         join tags on tags.id = statuses_tags.tag_id
         where statuses_tags.status_id = any($1)
         order by statuses_tags.tag_id",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// Those of these names (in their stored form) that are known, with their ids.
pub async fn ids_by_names(
    conn: &mut PgConnection,
    names: &[String],
) -> sqlx::Result<Vec<(TagId, String)>> {
    sqlx::query!("select id, name from tags where lower(name) = any($1)", names)
        .map(|row| (row.id, row.name))
        .fetch_all(conn)
        .await
}

/// The ids of hashtags (stored form and form to show), made if they are new.
pub async fn find_or_insert(
    conn: &mut PgConnection,
    tags: &[(String, String)],
    now: NaiveDateTime,
) -> sqlx::Result<Vec<TagId>> {
    if tags.is_empty() {
        return Ok(Vec::new());
    }
    let (names, shown): (Vec<String>, Vec<String>) = tags.iter().cloned().unzip();
    sqlx::query!(
        "insert into tags (name, display_name, created_at, updated_at)
         select given.name, given.display_name, $3, $3
         from unnest($1::text[], $2::text[]) as given (name, display_name)
         where not exists (select from tags where lower(tags.name) = given.name)
         order by given.name
         on conflict do nothing",
        &names,
        &shown,
        now
    )
    .execute(&mut *conn)
    .await?;
    let ids = sqlx::query_scalar!("select id from tags where lower(name) = any($1)", &names);
    ids.fetch_all(conn).await
}

/// Gives a status these hashtags and no others.
pub async fn set_of_status(
    conn: &mut PgConnection,
    status_id: StatusId,
    tags: &[TagId],
) -> sqlx::Result<()> {
    let tags: Vec<i64> = tags.iter().map(|id| id.0).collect();
    sqlx::query!(
        "with gone as (
             delete from statuses_tags where status_id = $1 and tag_id <> all($2)
         )
         insert into statuses_tags (status_id, tag_id)
         select $1, given.tag_id from unnest($2::bigint[]) as given (tag_id)
         on conflict do nothing",
        status_id as _,
        &tags
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a post from elsewhere made at `at` has these hashtags: the tags' last use, at most
/// twice a day, and the counters of the author's featured ones.
pub async fn note_remote_use(
    conn: &mut PgConnection,
    account_id: AccountId,
    tags: &[TagId],
    at: NaiveDateTime,
    is_listed: bool,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    if tags.is_empty() {
        return Ok(());
    }
    let tags: Vec<i64> = tags.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update tags set last_status_at = $2
         where id = any($1)
           and (last_status_at is null
                or last_status_at < $2 and last_status_at < $3::timestamp - interval '12 hours')",
        &tags,
        at,
        now
    )
    .execute(&mut *conn)
    .await?;
    if is_listed {
        sqlx::query!(
            "update featured_tags
             set statuses_count = statuses_count + 1, last_status_at = greatest(last_status_at, $3),
                 updated_at = $4
             where account_id = $1 and tag_id = any($2)",
            account_id as _,
            &tags,
            at,
            now
        )
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Those of these hashtags that moderators do not allow, as they are shown.
pub async fn disallowed(conn: &mut PgConnection, names: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select coalesce(display_name, name) as "name!" from tags
           where lower(name) = any($1) and usable = false
           order by name"#,
        names
    )
    .fetch_all(conn)
    .await
}

/// Counts a listed local status with these hashtags for those its author features.
pub async fn count_featured(
    conn: &mut PgConnection,
    account_id: AccountId,
    tags: &[TagId],
    at: NaiveDateTime,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let tags: Vec<i64> = tags.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update featured_tags
         set statuses_count = statuses_count + 1, last_status_at = greatest(last_status_at, $3),
             updated_at = $4
         where account_id = $1 and tag_id = any($2)",
        account_id as _,
        &tags,
        at,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a status that is going away out of the counters of the hashtags its author features.
pub async fn uncount_featured(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update featured_tags
         set statuses_count = greatest(featured_tags.statuses_count - 1, 0), updated_at = $3,
             last_status_at = case when featured_tags.statuses_count > 1 then (
                 select max(statuses.created_at)
                 from statuses
                 join statuses_tags on statuses_tags.status_id = statuses.id
                 where statuses.account_id = $1 and statuses.deleted_at is null
                   and statuses.visibility in (0, 1) and statuses.id <> $2
                   and statuses_tags.tag_id = featured_tags.tag_id) end
         where featured_tags.account_id = $1
           and featured_tags.tag_id in
               (select tag_id from statuses_tags where status_id = $2)",
        account_id as _,
        status_id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A hashtag as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    pub display_name: Option<String>,
}

/// Listed hashtags whose name (normalized) begins with `prefix`, an exact one first.
pub async fn search(
    conn: &mut PgConnection,
    prefix: &str,
    reviewed_only: bool,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Tag>> {
    let pattern = format!("{}%", crate::like_escaped(prefix));
    sqlx::query_as!(
        Tag,
        "select id, name, display_name
         from tags
         where lower(name) like lower($1) and coalesce(listable, true)
           and (not $2 or reviewed_at is not null or lower(name) = lower($3))
         order by length(name), name
         limit $4
         offset $5",
        pattern,
        reviewed_only,
        prefix,
        limit,
        offset
    )
    .fetch_all(conn)
    .await
}

/// The hashtag with this normalized name.
pub async fn by_name(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<Tag>> {
    sqlx::query_as!(
        Tag,
        "select id, name, display_name from tags where lower(name) = lower($1)",
        name
    )
    .fetch_optional(conn)
    .await
}

/// What an account does with a hashtag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ties {
    pub tag_id: TagId,
    pub following: bool,
    /// Shown on its profile.
    pub featuring: bool,
}

/// What this account does with these hashtags.
pub async fn ties(
    conn: &mut PgConnection,
    account_id: AccountId,
    ids: &[TagId],
) -> sqlx::Result<Vec<Ties>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Ties,
        r#"select wanted.id as "tag_id!: TagId",
                  exists (select from tag_follows
                          where account_id = $1 and tag_id = wanted.id) as "following!",
                  exists (select from featured_tags
                          where account_id = $1 and tag_id = wanted.id) as "featuring!"
           from unnest($2::bigint[]) as wanted (id)"#,
        account_id as _,
        &ids
    )
    .fetch_all(conn)
    .await
}

/// How much a hashtag was used on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayOfUse {
    pub day: chrono::NaiveDate,
    pub uses: i64,
    pub accounts: i64,
}

/// How much a hashtag was used in public since `since`, by day; days without use are left out.
pub async fn history(
    conn: &mut PgConnection,
    id: TagId,
    since: NaiveDateTime,
) -> sqlx::Result<Vec<DayOfUse>> {
    sqlx::query_as!(
        DayOfUse,
        r#"select statuses.created_at::date as "day!", count(*) as "uses!",
                  count(distinct statuses.account_id) as "accounts!"
           from statuses_tags
           join statuses on statuses.id = statuses_tags.status_id
           where statuses_tags.tag_id = $1 and statuses.created_at >= $2
             and statuses.deleted_at is null and statuses.visibility = 0
           group by 1"#,
        id as _,
        since
    )
    .fetch_all(conn)
    .await
}

/// Shows a hashtag on the profile of a remote account.
pub async fn feature_remote(
    conn: &mut PgConnection,
    account_id: AccountId,
    tag: TagId,
    shown: &str,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into featured_tags
             (account_id, tag_id, name, statuses_count, last_status_at, created_at, updated_at)
         select $1, $2::bigint, $3, count(statuses.id), max(statuses.created_at), $4, $4
         from statuses_tags
         join statuses on statuses.id = statuses_tags.status_id
              and statuses.account_id = $1 and statuses.deleted_at is null
              and statuses.visibility in (0, 1)
         where statuses_tags.tag_id = $2
         on conflict (account_id, tag_id) do nothing",
        account_id as _,
        tag as _,
        shown,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// No longer shows a hashtag on the profile of a remote account.
pub async fn unfeature_remote(
    conn: &mut PgConnection,
    account_id: AccountId,
    tag: TagId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from featured_tags where account_id = $1 and tag_id = $2",
        account_id as _,
        tag as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A page of the hashtags that `account_id` follows, newest first: row ids and hashtags.
pub async fn followed(
    conn: &mut PgConnection,
    account_id: AccountId,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<(i64, Tag)>> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "select followed.id, tags.id, tags.name, tags.display_name
         from tag_follows followed
         join tags on tags.id = followed.tag_id
         where followed.account_id = ",
    );
    sql.push_bind(account_id);
    page::apply(&mut sql, "followed.id", page, limit);
    let rows: Vec<(i64, TagId, String, Option<String>)> =
        sql.build_query_as().fetch_all(conn).await?;
    let rows = page::newest_first(page, rows);
    Ok(rows
        .into_iter()
        .map(|(row_id, id, name, display_name)| (row_id, Tag { id, name, display_name }))
        .collect())
}
