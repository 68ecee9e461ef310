//! `collections`, `collection_items` and `tagged_objects`: accounts that someone recommends
//! together, and the statuses that link to such collections.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// A collection that a status links to, with its owner's name and its hashtag's.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged {
    pub status_id: StatusId,
    pub id: i64,
    pub account_id: AccountId,
    pub local: bool,
    pub uri: Option<String>,
    pub url: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub description_html: Option<String>,
    pub language: Option<String>,
    pub sensitive: bool,
    pub discoverable: bool,
    pub tag: Option<String>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// The collections that these statuses link to, as far as they are known here.
pub async fn tagged_by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<Tagged>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Tagged,
        r#"select tagged.status_id as "status_id!: StatusId", collections.id,
                  collections.account_id as "account_id!: AccountId", collections.local,
                  collections.uri, collections.url, collections.name, collections.description,
                  collections.description_html, collections.language, collections.sensitive,
                  collections.discoverable, tags.name as "tag?", collections.created_at,
                  collections.updated_at
           from tagged_objects tagged
           join collections on collections.id = tagged.object_id
           left join tags on tags.id = collections.tag_id
           where tagged.status_id = any($1) and tagged.object_type = 'Collection'
           order by tagged.id"#,
        &ids
    )
    .fetch_all(conn)
    .await
}

/// A member of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: i64,
    pub collection_id: i64,
    pub account_id: Option<AccountId>,
    /// 0 pending, 1 accepted, 2 rejected, 3 revoked.
    pub state: i32,
    pub created_at: NaiveDateTime,
}

/// The members of these collections that `viewer` gets to see: accepted ones, for the owner also
/// pending ones, and none that the viewer blocks.
pub async fn items(
    conn: &mut PgConnection,
    ids: &[i64],
    viewer: Option<AccountId>,
) -> sqlx::Result<Vec<Item>> {
    sqlx::query_as!(
        Item,
        r#"select items.id, items.collection_id, items.account_id as "account_id: AccountId",
                  items.state, items.created_at
           from collection_items items
           join collections on collections.id = items.collection_id
           where items.collection_id = any($1)
             and (items.state = 1 or items.state = 0 and collections.account_id = $2)
             and not exists (select from blocks
                             where blocks.account_id = $2
                               and blocks.target_account_id = items.account_id)
           order by items.position, items.id"#,
        ids,
        viewer as _
    )
    .fetch_all(conn)
    .await
}
