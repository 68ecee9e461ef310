//! `CredentialAccount` and `Role`.

use ferrodon_core::{AccountId, UserSettings};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::users::Profile;
use serde::Serialize;

use super::account::stored_fields;
use super::{Account, Field, OffsetTime, id_text};
use crate::{App, Error, Result};

/// One's own account, with what stands behind it.
#[derive(Clone, Debug, Serialize)]
pub struct CredentialAccount {
    #[serde(flatten)]
    pub account: Account,
    pub source: Source,
    pub role: Role,
}

/// The account as its owner edits it.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    pub privacy: String,
    pub sensitive: bool,
    pub language: Option<String>,
    pub note: String,
    pub fields: Vec<Field>,
    pub follow_requests_count: i64,
    pub hide_collections: Option<bool>,
    pub discoverable: Option<bool>,
    pub indexable: bool,
    pub attribution_domains: Vec<String>,
    pub quote_policy: String,
}

/// What a person may do here.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    #[serde(serialize_with = "id_text")]
    pub id: i64,
    pub name: String,
    pub permissions: String,
    pub color: String,
    pub highlighted: bool,
    pub collection_limit: i32,
}

/// The bit that stands for every other one, and all bits there are.
const ADMINISTRATOR: i64 = 1;
const ALL_PERMISSIONS: i64 = (1 << 23) - 1;
/// Follow requests are counted no further.
const MAX_COUNTED: i64 = 40;

impl CredentialAccount {
    /// The account of someone who is signed in.
    pub async fn render(app: &App, conn: &mut PgConnection, id: AccountId) -> Result<Self> {
        let row = db::accounts::find(conn, id).await?.ok_or(Error::NotFound)?;
        let profile = db::users::profiles(conn, &[id]).await?.pop().ok_or(Error::NotFound)?;
        let settings = UserSettings::parse(profile.settings.as_deref());
        let source = Source {
            privacy: settings.default_privacy(row.locked).to_owned(),
            sensitive: settings.default_sensitive(),
            language: settings.default_language().map(str::to_owned),
            note: row.note.clone(),
            fields: stored_fields(row.fields.as_ref())
                .map(|(name, value, verified_at)| Field {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    verified_at: verified_at.map(OffsetTime),
                })
                .collect(),
            follow_requests_count: db::follow_requests::count_for(conn, id, MAX_COUNTED).await?,
            hide_collections: row.hide_collections,
            discoverable: row.discoverable,
            indexable: row.indexable,
            attribution_domains: row.attribution_domains.clone().unwrap_or_default(),
            quote_policy: settings.default_quote_policy().to_owned(),
        };
        let account = Account::render_one(app, conn, Some(id), row).await?;
        Ok(Self { account, source, role: Role::from(profile) })
    }
}

impl From<Profile> for Role {
    fn from(profile: Profile) -> Self {
        let bits = profile.role_permissions | profile.everyone_permissions;
        let bits = if bits & ADMINISTRATOR != 0 { ALL_PERMISSIONS } else { bits };
        Self {
            id: profile.role_id,
            name: profile.role_name,
            permissions: bits.to_string(),
            color: profile.role_color,
            highlighted: profile.role_highlighted,
            collection_limit: profile.role_collection_limit,
        }
    }
}
