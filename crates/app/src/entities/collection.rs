//! `Collection`: accounts that someone recommends together.

use std::collections::HashMap;

use ferrodon_core::text::{local, remote};
use ferrodon_core::{AccountId, Config, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use serde::Serialize;

use super::{ShallowTag, Time, id_text};
use crate::Result;

/// A collection as one viewer sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Collection {
    #[serde(serialize_with = "id_text")]
    pub id: i64,
    pub uri: String,
    pub name: String,
    pub description: Option<String>,
    pub language: Option<String>,
    pub account_id: AccountId,
    pub local: bool,
    pub sensitive: bool,
    pub discoverable: bool,
    pub url: Option<String>,
    pub item_count: usize,
    pub created_at: Time,
    pub updated_at: Time,
    pub tag: Option<ShallowTag>,
    pub items: Vec<CollectionItem>,
}

/// A member.
#[derive(Clone, Debug, Serialize)]
pub struct CollectionItem {
    #[serde(serialize_with = "id_text")]
    pub id: i64,
    pub state: &'static str,
    pub created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
}

impl Collection {
    /// The collections that these statuses link to.
    pub(super) async fn tagged(
        config: &Config,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        ids: &[StatusId],
    ) -> Result<HashMap<StatusId, Vec<Self>>> {
        let rows = db::collections::tagged_by_statuses(conn, ids).await?;
        if rows.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut items: HashMap<i64, Vec<CollectionItem>> = HashMap::new();
        for item in db::collections::items(conn, &ids, viewer).await? {
            items.entry(item.collection_id).or_default().push(CollectionItem::of(&item));
        }
        let mut tagged: HashMap<StatusId, Vec<Self>> = HashMap::new();
        for row in rows {
            let items = items.get(&row.id).cloned().unwrap_or_default();
            tagged.entry(row.status_id).or_default().push(Self::of(config, row, items));
        }
        Ok(tagged)
    }

    fn of(config: &Config, row: db::collections::Tagged, items: Vec<CollectionItem>) -> Self {
        let own_uri =
            || config.url(&format!("/ap/users/{}/collections/{}", row.account_id, row.id));
        Self {
            uri: row.uri.clone().filter(|_| !row.local).unwrap_or_else(own_uri),
            url: match row.local {
                true => Some(config.url(&format!("/collections/{}", row.id))),
                false => row.url,
            },
            description: match row.local {
                true => row.description,
                false => row.description_html.as_deref().map(remote::sanitize),
            },
            tag: row.tag.map(|name| ShallowTag {
                url: local::hashtag_url(&config.base_url(), &name),
                name,
            }),
            id: row.id,
            name: row.name,
            language: row.language,
            account_id: row.account_id,
            local: row.local,
            sensitive: row.sensitive,
            discoverable: row.discoverable,
            item_count: items.len(),
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
            items,
        }
    }
}

impl CollectionItem {
    fn of(row: &db::collections::Item) -> Self {
        let (state, shows_account) = match row.state {
            0 => ("pending", true),
            1 => ("accepted", true),
            2 => ("rejected", false),
            _ => ("revoked", false),
        };
        Self {
            id: row.id,
            state,
            created_at: Time(row.created_at),
            account_id: row.account_id.filter(|_| shows_account),
        }
    }
}
