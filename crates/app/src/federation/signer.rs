//! In whose name we ask other servers for something.

use ferrodon_core::AccountId;

use super::uris;
use crate::http::Signer;
use crate::{App, Result, keys};

/// The signer for requests that nobody in particular makes.
pub async fn instance(app: &App) -> Result<Signer> {
    of(app, uris::INSTANCE_ACTOR).await
}

/// The signer for requests in the name of one of our accounts.
pub async fn of(app: &App, account_id: AccountId) -> Result<Signer> {
    let mut conn = app.db.acquire().await?;
    let account = keys::of(app, &mut conn, account_id).await?;
    Ok(Signer { account, clock: app.clock.clone() })
}
