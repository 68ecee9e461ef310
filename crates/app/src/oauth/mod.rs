//! Giving apps access to an account (OAuth 2, RFC 6749).

use ferrodon_core::TokenId;

use crate::App;

pub mod authorization;
pub mod registration;
pub mod scopes;
pub mod token;

/// Ends the streams that were opened with these tokens.
async fn close_streams(app: &App, tokens: &[TokenId]) {
    let channels: Vec<String> =
        tokens.iter().map(|id| format!("timeline:access_token:{id}")).collect();
    if !channels.is_empty() {
        app.broadcast.publish(&channels, r#"{"event":"kill"}"#.to_owned()).await;
    }
}
