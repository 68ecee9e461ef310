//! `featured_tags`: hashtags that accounts show on their profiles.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// A featured hashtag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeaturedTag {
    pub id: i64,
    /// As its owner wrote it, else as it was first seen.
    pub name: String,
    /// The stored form.
    pub tag_name: String,
    pub statuses_count: i64,
    pub last_status_at: Option<NaiveDateTime>,
}

/// The hashtags that an account features, the most used first.
pub async fn of_account(
    conn: &mut PgConnection,
    account_id: AccountId,
) -> sqlx::Result<Vec<FeaturedTag>> {
    sqlx::query_as!(
        FeaturedTag,
        r#"select featured.id,
                  coalesce(nullif(featured.name, ''), nullif(tags.display_name, ''), tags.name)
                      as "name!",
                  tags.name as tag_name, featured.statuses_count, featured.last_status_at
           from featured_tags featured
           join tags on tags.id = featured.tag_id
           where featured.account_id = $1
           order by featured.statuses_count desc, featured.id"#,
        account_id as _
    )
    .fetch_all(conn)
    .await
}
