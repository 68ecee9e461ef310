//! Giving apps access to an account (OAuth 2, RFC 6749).

use ferrodon_core::{ApplicationId, TokenId, UserId};
use ferrodon_db as db;

use crate::{App, Result};

pub mod authorization;
pub mod registration;
pub mod scopes;
pub mod token;

/// Takes from an app all that a person let it do: its tokens end, with what is pushed and
/// streamed by them.
pub async fn withdraw_consent(
    app: &App,
    user_id: UserId,
    application_id: ApplicationId,
) -> Result<()> {
    let now = app.clock.now().naive_utc();
    let mut tx = app.db.begin().await?;
    db::oauth_access_grants::revoke_all(&mut tx, application_id, user_id, now).await?;
    let tokens = db::oauth_access_tokens::of_user_and_app(&mut tx, user_id, application_id).await?;
    let ended = db::oauth_access_tokens::revoke(&mut tx, &tokens, now).await?;
    tx.commit().await?;
    close_streams(app, &ended).await;
    Ok(())
}

/// Ends the streams that were opened with these tokens.
async fn close_streams(app: &App, tokens: &[TokenId]) {
    let channels: Vec<String> =
        tokens.iter().map(|id| format!("timeline:access_token:{id}")).collect();
    if !channels.is_empty() {
        app.broadcast.publish(&channels, r#"{"event":"kill"}"#.to_owned()).await;
    }
}
