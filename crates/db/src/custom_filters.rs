//! `custom_filters`, `custom_filter_keywords` and `custom_filter_statuses`: what a person does
//! not want to see.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// A filter with all its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveFilter {
    pub id: i64,
    /// Its title.
    pub phrase: String,
    pub context: Vec<String>,
    pub expires_at: Option<NaiveDateTime>,
    /// 0 warn, 1 hide, 2 blur.
    pub action: i32,
    pub keywords: Vec<String>,
    /// For each keyword whether it must be a whole word.
    pub whole_words: Vec<bool>,
    pub status_ids: Vec<i64>,
}

/// The filters of this account that have not expired and have any rule.
pub async fn active(
    conn: &mut PgConnection,
    account_id: AccountId,
    now: NaiveDateTime,
) -> sqlx::Result<Vec<ActiveFilter>> {
    sqlx::query_as!(
        ActiveFilter,
        r#"select filters.id, filters.phrase, filters.context, filters.expires_at, filters.action,
                  words.keywords as "keywords!", words.whole_words as "whole_words!",
                  posts.status_ids as "status_ids!"
           from custom_filters filters
           cross join lateral (
               select coalesce(array_agg(keyword order by id), '{}') as keywords,
                      coalesce(array_agg(whole_word order by id), '{}') as whole_words
               from custom_filter_keywords
               where custom_filter_id = filters.id) as words
           cross join lateral (
               select coalesce(array_agg(status_id order by id), '{}') as status_ids
               from custom_filter_statuses
               where custom_filter_id = filters.id) as posts
           where filters.account_id = $1
             and (filters.expires_at is null or filters.expires_at > $2)
             and (words.keywords <> '{}' or posts.status_ids <> '{}')
           order by words.keywords = '{}', filters.id"#,
        account_id as _,
        now
    )
    .fetch_all(conn)
    .await
}

/// A filter without its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    pub id: i64,
    /// Its title.
    pub phrase: String,
    pub context: Vec<String>,
    pub expires_at: Option<NaiveDateTime>,
    /// 0 warn, 1 hide, 2 blur.
    pub action: i32,
}

/// A word of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Keyword {
    pub id: i64,
    pub custom_filter_id: i64,
    pub keyword: String,
    pub whole_word: bool,
}

/// A status of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct FilteredStatus {
    pub id: i64,
    pub custom_filter_id: i64,
    pub status_id: StatusId,
}

/// All filters of this account, expired ones too.
pub async fn of_account(
    conn: &mut PgConnection,
    account_id: AccountId,
) -> sqlx::Result<Vec<Filter>> {
    sqlx::query_as!(
        Filter,
        "select id, phrase, context, expires_at, action
         from custom_filters where account_id = $1 order by id",
        account_id as _
    )
    .fetch_all(conn)
    .await
}

/// One filter, if it is this account's.
pub async fn find(
    conn: &mut PgConnection,
    account_id: AccountId,
    id: i64,
) -> sqlx::Result<Option<Filter>> {
    sqlx::query_as!(
        Filter,
        "select id, phrase, context, expires_at, action
         from custom_filters where account_id = $1 and id = $2",
        account_id as _,
        id
    )
    .fetch_optional(conn)
    .await
}

/// The words of these filters.
pub async fn keywords(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Keyword>> {
    sqlx::query_as!(
        Keyword,
        "select id, custom_filter_id, keyword, whole_word
         from custom_filter_keywords where custom_filter_id = any($1) order by id",
        ids
    )
    .fetch_all(conn)
    .await
}

/// One word, if it is in a filter of this account.
pub async fn keyword(
    conn: &mut PgConnection,
    account_id: AccountId,
    id: i64,
) -> sqlx::Result<Option<Keyword>> {
    sqlx::query_as!(
        Keyword,
        "select words.id, words.custom_filter_id, words.keyword, words.whole_word
         from custom_filter_keywords words
         join custom_filters filters on filters.id = words.custom_filter_id
         where words.id = $2 and filters.account_id = $1",
        account_id as _,
        id
    )
    .fetch_optional(conn)
    .await
}

/// The statuses of these filters.
pub async fn statuses(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<FilteredStatus>> {
    sqlx::query_as!(
        FilteredStatus,
        r#"select id, custom_filter_id, status_id as "status_id: StatusId"
           from custom_filter_statuses where custom_filter_id = any($1) order by id"#,
        ids
    )
    .fetch_all(conn)
    .await
}

/// One status rule, if it is in a filter of this account.
pub async fn status(
    conn: &mut PgConnection,
    account_id: AccountId,
    id: i64,
) -> sqlx::Result<Option<FilteredStatus>> {
    sqlx::query_as!(
        FilteredStatus,
        r#"select rules.id, rules.custom_filter_id, rules.status_id as "status_id: StatusId"
           from custom_filter_statuses rules
           join custom_filters filters on filters.id = rules.custom_filter_id
           where rules.id = $2 and filters.account_id = $1"#,
        account_id as _,
        id
    )
    .fetch_optional(conn)
    .await
}

/// What a filter is, apart from its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    pub phrase: String,
    pub context: Vec<String>,
    pub expires_at: Option<NaiveDateTime>,
    pub action: i32,
}

/// Makes a filter.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    values: &Values,
    now: NaiveDateTime,
) -> sqlx::Result<Filter> {
    sqlx::query_as!(
        Filter,
        "insert into custom_filters
             (account_id, phrase, context, expires_at, action, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $6)
         returning id, phrase, context, expires_at, action",
        account_id as _,
        values.phrase,
        &values.context,
        values.expires_at,
        values.action,
        now
    )
    .fetch_one(conn)
    .await
}

/// Changes a filter.
pub async fn update(
    conn: &mut PgConnection,
    id: i64,
    values: &Values,
    now: NaiveDateTime,
) -> sqlx::Result<Filter> {
    sqlx::query_as!(
        Filter,
        "update custom_filters
         set phrase = $2, context = $3, expires_at = $4, action = $5, updated_at = $6
         where id = $1
         returning id, phrase, context, expires_at, action",
        id,
        values.phrase,
        &values.context,
        values.expires_at,
        values.action,
        now
    )
    .fetch_one(conn)
    .await
}

/// Removes a filter with its rules.
pub async fn delete(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from custom_filters where id = $1", id).execute(conn).await?;
    Ok(())
}

/// Adds a word.
pub async fn insert_keyword(
    conn: &mut PgConnection,
    filter_id: i64,
    keyword: &str,
    whole_word: bool,
    now: NaiveDateTime,
) -> sqlx::Result<Keyword> {
    sqlx::query_as!(
        Keyword,
        "insert into custom_filter_keywords
             (custom_filter_id, keyword, whole_word, created_at, updated_at)
         values ($1, $2, $3, $4, $4)
         returning id, custom_filter_id, keyword, whole_word",
        filter_id,
        keyword,
        whole_word,
        now
    )
    .fetch_one(conn)
    .await
}

/// Changes a word.
pub async fn update_keyword(
    conn: &mut PgConnection,
    id: i64,
    keyword: &str,
    whole_word: bool,
    now: NaiveDateTime,
) -> sqlx::Result<Keyword> {
    sqlx::query_as!(
        Keyword,
        "update custom_filter_keywords
         set keyword = $2, whole_word = $3, updated_at = $4
         where id = $1
         returning id, custom_filter_id, keyword, whole_word",
        id,
        keyword,
        whole_word,
        now
    )
    .fetch_one(conn)
    .await
}

/// Removes a word.
pub async fn delete_keyword(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from custom_filter_keywords where id = $1", id).execute(conn).await?;
    Ok(())
}

/// Adds a status; none if it is there already.
pub async fn insert_status(
    conn: &mut PgConnection,
    filter_id: i64,
    status_id: StatusId,
    now: NaiveDateTime,
) -> sqlx::Result<Option<FilteredStatus>> {
    sqlx::query_as!(
        FilteredStatus,
        r#"insert into custom_filter_statuses
               (custom_filter_id, status_id, created_at, updated_at)
           values ($1, $2, $3, $3)
           on conflict do nothing
           returning id, custom_filter_id, status_id as "status_id: StatusId""#,
        filter_id,
        status_id as _,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Removes a status rule.
pub async fn delete_status(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from custom_filter_statuses where id = $1", id).execute(conn).await?;
    Ok(())
}
