//! `/oauth/token`, `/oauth/revoke`, `/oauth/userinfo` and the document that tells of them.

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ferrodon_app::oauth::scopes;
use ferrodon_app::oauth::token::{self as tokens, TokenError, TokenRequest};
use ferrodon_app::{App, Error, entities};
use ferrodon_db as db;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::auth::{Viewer, scope};
use crate::error::{Result, challenge};
use crate::headers::{Header, SameForAll};
use crate::params::Params;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/oauth/token", post(token))
        .route("/oauth/revoke", post(revoke))
        .route("/oauth/userinfo", get(userinfo).post(userinfo))
        .route("/.well-known/oauth-authorization-server", get(metadata))
}

const NO_STORE: Header = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
const REVALIDATE: Header =
    [(CACHE_CONTROL, HeaderValue::from_static("max-age=0, private, must-revalidate"))];
const BY_FORMAT: Header = [(VARY, HeaderValue::from_static("Accept"))];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenForm {
    grant_type: String,
    client_id: String,
    client_secret: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
    scope: String,
}

/// A token for the app that asked.
#[derive(Serialize)]
struct Token {
    access_token: String,
    token_type: &'static str,
    scope: String,
    created_at: i64,
}

/// Gives an app a token.
async fn token(
    State(app): State<App>,
    headers: HeaderMap,
    Params(form): Params<TokenForm>,
) -> Result<Response> {
    let (client_id, client_secret) =
        basic(&headers).unwrap_or((form.client_id, form.client_secret));
    let request = TokenRequest {
        grant_type: form.grant_type,
        client_id,
        client_secret,
        code: form.code,
        redirect_uri: form.redirect_uri,
        code_verifier: form.code_verifier,
        scope: form.scope,
    };
    Ok(match tokens::give_token(&app, &request).await? {
        Ok(issued) => {
            let token = Token {
                access_token: issued.token,
                token_type: "Bearer",
                scope: issued.scopes,
                created_at: issued.created_at.and_utc().timestamp(),
            };
            (NO_STORE, BY_FORMAT, Json(token)).into_response()
        }
        Err(problem) => refused(problem),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RevokeForm {
    token: String,
    client_id: String,
    client_secret: String,
}

/// Takes a token back.
async fn revoke(
    State(app): State<App>,
    headers: HeaderMap,
    Params(form): Params<RevokeForm>,
) -> Result<Response> {
    let (id, secret) = basic(&headers).unwrap_or((form.client_id, form.client_secret));
    Ok(match tokens::revoke(&app, &id, &secret, &form.token).await? {
        Ok(()) => (REVALIDATE, BY_FORMAT, Json(json!({}))).into_response(),
        Err(problem) => {
            let body = problem_body(problem);
            (StatusCode::FORBIDDEN, BY_FORMAT, Json(body)).into_response()
        }
    })
}

fn refused(problem: TokenError) -> Response {
    let status = match problem {
        TokenError::InvalidClient => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let challenge = challenge(problem.code(), &problem.description());
    let headers = [(WWW_AUTHENTICATE, challenge)];
    (status, NO_STORE, BY_FORMAT, headers, Json(problem_body(problem))).into_response()
}

fn problem_body(problem: TokenError) -> Value {
    json!({ "error": problem.code(), "error_description": problem.description() })
}

/// Id and secret of a client in `Authorization: Basic`.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, code) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(code.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

#[derive(Debug, Serialize)]
struct UserInfo {
    iss: String,
    sub: String,
    name: String,
    preferred_username: String,
    profile: String,
    picture: String,
}

/// Who the token's person is, in the words of OpenID Connect.
async fn userinfo(
    State(app): State<App>,
    viewer: Viewer<scope::Profile>,
) -> Result<Json<UserInfo>> {
    let mut conn = app.db.acquire().await?;
    let row = db::accounts::find(&mut conn, viewer.account_id).await?.ok_or(Error::NotFound)?;
    let account =
        entities::Account::render_one(&app, &mut conn, Some(viewer.account_id), row).await?;
    Ok(Json(UserInfo {
        iss: app.config.url("/"),
        sub: account.uri,
        name: account.display_name,
        preferred_username: account.username,
        profile: account.url,
        picture: account.avatar,
    }))
}

/// RFC 8414: what this server can do, for apps to find out.
async fn metadata(State(app): State<App>) -> Response {
    let url = |path: &str| app.config.url(path);
    let body = json!({
        "issuer": url("/"),
        "authorization_endpoint": url("/oauth/authorize"),
        "token_endpoint": url("/oauth/token"),
        "revocation_endpoint": url("/oauth/revoke"),
        "userinfo_endpoint": url("/oauth/userinfo"),
        "scopes_supported": scopes::ALL.as_slice(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "service_documentation": "https://docs.joinmastodon.org/",
        "app_registration_endpoint": url("/api/v1/apps"),
    });
    let mut response = (REVALIDATE, Json(body)).into_response();
    response.extensions_mut().insert(SameForAll);
    response
}
