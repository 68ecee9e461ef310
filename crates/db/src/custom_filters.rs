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
