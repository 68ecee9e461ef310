//! `/api/v2/notifications/policy`, and `/api/v1/notifications/policy` for older apps.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use ferrodon_app::{App, Error};
use ferrodon_core::AccountId;
use ferrodon_db::PgConnection;
use ferrodon_db::notification_policies::{self as policies, Policy};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Reader, Writer};
use crate::error::Result;
use crate::params::Params;

pub(super) fn router() -> Router<App> {
    let v1 = get(show_v1).put(update_v1).patch(update_v1);
    let v2 = get(show_v2).put(update_v2).patch(update_v2);
    Router::new()
        .route("/api/v1/notifications/policy", v1)
        .route("/api/v2/notifications/policy", v2)
}

const WORDS: [&str; 3] = ["accept", "filter", "drop"];

fn word(code: i32) -> &'static str {
    usize::try_from(code).ok().and_then(|code| WORDS.get(code)).copied().unwrap_or("accept")
}

async fn render_v2(conn: &mut PgConnection, account: AccountId, policy: &Policy) -> Result<Value> {
    Ok(json!({
        "for_not_following": word(policy.for_not_following),
        "for_not_followers": word(policy.for_not_followers),
        "for_new_accounts": word(policy.for_new_accounts),
        "for_private_mentions": word(policy.for_private_mentions),
        "for_limited_accounts": word(policy.for_limited_accounts),
        "for_bots": word(policy.for_bots),
        "summary": summary(conn, account).await?,
    }))
}

async fn render_v1(conn: &mut PgConnection, account: AccountId, policy: &Policy) -> Result<Value> {
    Ok(json!({
        "filter_not_following": policy.for_not_following != 0,
        "filter_not_followers": policy.for_not_followers != 0,
        "filter_new_accounts": policy.for_new_accounts != 0,
        "filter_private_mentions": policy.for_private_mentions != 0,
        "filter_bots": policy.for_bots != 0,
        "summary": summary(conn, account).await?,
    }))
}

async fn summary(conn: &mut PgConnection, account: AccountId) -> Result<Value> {
    let (requests, notifications) = policies::pending(conn, account).await?;
    Ok(json!({
        "pending_requests_count": requests,
        "pending_notifications_count": notifications,
    }))
}

/// The policy.
async fn show_v2(State(app): State<App>, viewer: Reader) -> Result<Json<Value>> {
    let mut conn = app.db.acquire().await?;
    let policy = policies::find(&mut conn, viewer.account_id).await?;
    Ok(Json(render_v2(&mut conn, viewer.account_id, &policy).await?))
}

/// The policy in yes and no.
async fn show_v1(State(app): State<App>, viewer: Reader) -> Result<Json<Value>> {
    let mut conn = app.db.acquire().await?;
    let policy = policies::find(&mut conn, viewer.account_id).await?;
    Ok(Json(render_v1(&mut conn, viewer.account_id, &policy).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    for_not_following: Option<String>,
    for_not_followers: Option<String>,
    for_new_accounts: Option<String>,
    for_private_mentions: Option<String>,
    for_limited_accounts: Option<String>,
    for_bots: Option<String>,
}

/// Changes the policy.
async fn update_v2(
    State(app): State<App>,
    viewer: Writer,
    Params(words): Params<Words>,
) -> Result<Json<Value>> {
    let mut tx = app.db.begin().await?;
    let mut policy = policies::find(&mut tx, viewer.account_id).await?;
    for (place, word) in [
        (&mut policy.for_not_following, &words.for_not_following),
        (&mut policy.for_not_followers, &words.for_not_followers),
        (&mut policy.for_new_accounts, &words.for_new_accounts),
        (&mut policy.for_private_mentions, &words.for_private_mentions),
        (&mut policy.for_limited_accounts, &words.for_limited_accounts),
        (&mut policy.for_bots, &words.for_bots),
    ] {
        let Some(word) = word else { continue };
        let code = WORDS.iter().position(|one| one == word);
        let code = code.ok_or_else(|| {
            Error::Unprocessable(format!("'{word}' is not one of accept, filter and drop"))
        })?;
        *place = code as i32;
    }
    policies::set(&mut tx, viewer.account_id, &policy, app.clock.now().naive_utc()).await?;
    let shown = render_v2(&mut tx, viewer.account_id, &policy).await?;
    tx.commit().await?;
    Ok(Json(shown))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flags {
    filter_not_following: Option<Value>,
    filter_not_followers: Option<Value>,
    filter_new_accounts: Option<Value>,
    filter_private_mentions: Option<Value>,
    filter_bots: Option<Value>,
}

/// Changes the policy by yes and no.
async fn update_v1(
    State(app): State<App>,
    viewer: Writer,
    Params(flags): Params<Flags>,
) -> Result<Json<Value>> {
    let mut tx = app.db.begin().await?;
    let mut policy = policies::find(&mut tx, viewer.account_id).await?;
    for (place, flag) in [
        (&mut policy.for_not_following, &flags.filter_not_following),
        (&mut policy.for_not_followers, &flags.filter_not_followers),
        (&mut policy.for_new_accounts, &flags.filter_new_accounts),
        (&mut policy.for_private_mentions, &flags.filter_private_mentions),
        (&mut policy.for_bots, &flags.filter_bots),
    ] {
        match flag {
            None | Some(Value::Null) => {}
            // Any text is a yes, even "false": only JSON can say no.
            Some(flag) => *place = i32::from(*flag != Value::Bool(false)),
        }
    }
    policies::set(&mut tx, viewer.account_id, &policy, app.clock.now().naive_utc()).await?;
    let shown = render_v1(&mut tx, viewer.account_id, &policy).await?;
    tx.commit().await?;
    Ok(Json(shown))
}
