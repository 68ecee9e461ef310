//! The private keys of our accounts: read and parsed once, then kept, since parsing one costs
//! nearly half of what signing with it does.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ferrodon_activitypub::keys::SigningKey;
use ferrodon_activitypub::signature;
use ferrodon_core::{AccountId, Config};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use moka::sync::Cache;

use crate::federation::uris::{self, Name};
use crate::{App, Error, Result};

/// How many keys are kept; one takes about 3 kB.
const KEPT: u64 = 10_000;
/// How long a changed key may still be used.
const FRESH: Duration = Duration::from_secs(300);

/// Parsed keys by account.
#[derive(Clone)]
pub struct Keys {
    cache: Cache<AccountId, Arc<Signer>>,
    is_on: bool,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// An account of ours as others see its signatures.
#[derive(Debug)]
pub struct Signer {
    pub account_id: AccountId,
    /// The address of the public key.
    pub key_id: String,
    /// The ActivityPub id of the account.
    pub actor: String,
    /// The name of the account.
    pub username: String,
    /// Whether the account is suspended.
    pub suspended: bool,
    pub key: SigningKey,
}

impl Signer {
    /// What a request is signed with.
    #[must_use]
    pub fn borrowed(&self) -> signature::Signer<'_> {
        signature::Signer { key_id: &self.key_id, key: &self.key }
    }
}

impl Keys {
    /// An empty store.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            cache: Cache::builder().max_capacity(KEPT).time_to_live(FRESH).build(),
            is_on: !config.testing.no_row_cache,
        }
    }

    /// Forgets the key of an account that got another.
    pub fn forget(&self, account: AccountId) {
        self.cache.invalidate(&account);
    }
}

/// What this account of ours signs with.
pub async fn of(app: &App, conn: &mut PgConnection, account: AccountId) -> Result<Arc<Signer>> {
    let mut found = of_all(app, conn, &[account]).await?;
    found.remove(&account).ok_or(Error::NotFound)
}

/// What these accounts of ours sign with. One that is gone or whose key cannot be read is left
/// out.
pub async fn of_all(
    app: &App,
    conn: &mut PgConnection,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, Arc<Signer>>> {
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for account in accounts {
        if found.contains_key(account) || missing.contains(account) {
            continue;
        }
        match app.keys.cache.get(account).filter(|_| app.keys.is_on) {
            Some(signer) => {
                found.insert(*account, signer);
            }
            None => missing.push(*account),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    for row in db::accounts::private_keys(conn, &missing).await? {
        let name = Name {
            id: row.id,
            username: &row.username,
            domain: None,
            by_number: row.id_scheme == Some(1),
            uri: "",
            url: None,
        };
        let key = match SigningKey::from_pem(row.private_key.as_deref().unwrap_or_default()) {
            Ok(key) => key,
            Err(error) => {
                tracing::error!(account.id = %row.id, %error, "the key of an account of ours cannot be used");
                continue;
            }
        };
        let signer = Arc::new(Signer {
            account_id: row.id,
            key_id: uris::key(&app.config, name),
            actor: uris::actor(&app.config, name),
            suspended: row.suspended_at.is_some(),
            username: row.username,
            key,
        });
        app.keys.cache.insert(row.id, signer.clone());
        found.insert(signer.account_id, signer);
    }
    Ok(found)
}
