//! `custom_filters`, `custom_filter_keywords` and `custom_filter_statuses`: what a person does
//! not want to see.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
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
