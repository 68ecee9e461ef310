//! The token endpoint: changing a code, or an app's own id and secret, for a token; and taking
//! tokens back.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ferrodon_core::UserId;
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::oauth_access_grants::Grant;
use ferrodon_db::oauth_access_tokens::Issued;
use ferrodon_db::oauth_applications::Credentials;

use super::{close_streams, scopes};
use crate::{App, Result, secrets};

/// The parameters of `/oauth/token`, as they were sent.
#[derive(Clone, Default)]
pub struct TokenRequest {
    pub grant_type: String,
    pub client_id: String,
    pub client_secret: String,
    pub code: String,
    pub redirect_uri: String,
    pub code_verifier: String,
    pub scope: String,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenError {
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    /// A parameter is missing.
    Missing(&'static str),
    UnsupportedGrantType,
    /// The token is another app's.
    UnauthorizedClient,
}

impl TokenError {
    /// The code of RFC 6749.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::Missing(_) => "invalid_request",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnauthorizedClient => "unauthorized_client",
        }
    }

    /// The sentence that goes with it, in the words of RFC 6749.
    #[must_use]
    pub fn description(self) -> String {
        match self {
            Self::InvalidClient => "Client authentication failed due to unknown client, no client \
                 authentication included, or unsupported authentication method."
                .to_owned(),
            Self::InvalidGrant => "The provided authorization grant is invalid, expired, revoked, \
                 does not match the redirection URI used in the authorization request, or was \
                 issued to another client."
                .to_owned(),
            Self::InvalidScope => {
                "The requested scope is invalid, unknown, or malformed.".to_owned()
            }
            Self::Missing(name) => format!("Missing required parameter: {name}."),
            Self::UnsupportedGrantType => "The authorization grant type is not supported by the \
                 authorization server."
                .to_owned(),
            Self::UnauthorizedClient => "You are not authorized to revoke this token.".to_owned(),
        }
    }
}

type Outcome<T> = Result<std::result::Result<T, TokenError>>;

/// The app with this id and secret.
pub async fn authenticate_client(
    app: &App,
    client_id: &str,
    secret: &str,
) -> Result<Option<Credentials>> {
    let mut conn = app.db.acquire().await?;
    let client = db::oauth_applications::credentials(&mut conn, client_id).await?;
    Ok(client.filter(|client| {
        let public = !client.confidential && secret.is_empty();
        public || verify_slices_are_equal(client.secret.as_bytes(), secret.as_bytes()).is_ok()
    }))
}

/// Answers a request for a token.
pub async fn give_token(app: &App, request: &TokenRequest) -> Outcome<Issued> {
    let supported = ["authorization_code", "client_credentials"];
    if request.grant_type.is_empty() {
        return Ok(Err(TokenError::Missing("grant_type")));
    }
    if !supported.contains(&&*request.grant_type) {
        return Ok(Err(TokenError::UnsupportedGrantType));
    }
    let client = authenticate_client(app, &request.client_id, &request.client_secret).await?;
    let Some(client) = client else { return Ok(Err(TokenError::InvalidClient)) };
    if request.grant_type == "client_credentials" {
        app_token(app, &client, &request.scope).await
    } else {
        exchange(app, &client, request).await
    }
}

/// A token of the app itself.
async fn app_token(app: &App, client: &Credentials, asked: &str) -> Outcome<Issued> {
    let asked = if asked.trim().is_empty() { scopes::DEFAULT } else { asked };
    if !scopes::within(asked, &client.scopes) {
        return Ok(Err(TokenError::InvalidScope));
    }
    let scopes = scopes::parse(asked);
    let mut conn = app.db.acquire().await?;
    Ok(Ok(find_or_make(app, &mut conn, client, None, &scopes.join(" ")).await?))
}

/// Changes a code for a token. The code is used up with it, in one transaction.
async fn exchange(app: &App, client: &Credentials, request: &TokenRequest) -> Outcome<Issued> {
    for (name, value) in [("code", &request.code), ("redirect_uri", &request.redirect_uri)] {
        if value.is_empty() {
            return Ok(Err(TokenError::Missing(name)));
        }
    }
    let now = app.clock.now().naive_utc();
    let mut tx = app.db.begin().await?;
    let grant = db::oauth_access_grants::lock(&mut tx, &request.code).await?;
    let Some(grant) = grant.filter(|grant| {
        grant.application_id == client.id
            && grant.is_open(now)
            && grant.redirect_uri == request.redirect_uri
    }) else {
        return Ok(Err(TokenError::InvalidGrant));
    };
    if let Err(problem) = check_verifier(&grant, &request.code_verifier) {
        return Ok(Err(problem));
    }
    db::oauth_access_grants::revoke(&mut tx, grant.id, now).await?;
    let owner = Some(grant.resource_owner_id);
    let token = find_or_make(app, &mut tx, client, owner, &grant.scopes).await?;
    tx.commit().await?;
    Ok(Ok(token))
}

/// PKCE: who asks for the token must be who asked for the code.
fn check_verifier(grant: &Grant, verifier: &str) -> std::result::Result<(), TokenError> {
    match grant.code_challenge.as_deref().filter(|challenge| !challenge.is_empty()) {
        None if verifier.is_empty() => Ok(()),
        None => Err(TokenError::InvalidGrant),
        Some(_) if verifier.is_empty() => Err(TokenError::Missing("code_verifier")),
        Some(challenge) => {
            let made = digest::digest(&digest::SHA256, verifier.as_bytes());
            let made = URL_SAFE_NO_PAD.encode(made);
            let challenge = challenge.trim_end_matches('=');
            let fits = grant.code_challenge_method.as_deref() == Some("S256")
                && verify_slices_are_equal(made.as_bytes(), challenge.as_bytes()).is_ok();
            if fits { Ok(()) } else { Err(TokenError::InvalidGrant) }
        }
    }
}

/// The live token of the same app, person and scopes, else a new one.
async fn find_or_make(
    app: &App,
    conn: &mut PgConnection,
    client: &Credentials,
    owner: Option<UserId>,
    scopes: &str,
) -> Result<Issued> {
    let now = app.clock.now().naive_utc();
    let same = db::oauth_access_tokens::matching(conn, client.id, owner, scopes, now).await?;
    if let Some(token) = same {
        return Ok(token);
    }
    let text = secrets::token();
    Ok(db::oauth_access_tokens::insert(conn, &text, client.id, owner, scopes, now).await?)
}

/// Takes a token back, with what is pushed and streamed by it. An unknown token is as good as
/// one that was taken back.
pub async fn revoke(app: &App, client_id: &str, secret: &str, token: &str) -> Outcome<()> {
    let client = authenticate_client(app, client_id, secret).await?;
    let now = app.clock.now().naive_utc();
    let mut tx = app.db.begin().await?;
    let found = db::oauth_access_tokens::owned_by(&mut tx, token).await?;
    let Some((id, application_id)) = found else {
        return Ok(client.map(|_| ()).ok_or(TokenError::UnauthorizedClient));
    };
    if client.is_none_or(|client| application_id.is_some_and(|owner| owner != client.id)) {
        return Ok(Err(TokenError::UnauthorizedClient));
    }
    let ended = db::oauth_access_tokens::revoke(&mut tx, &[id], now).await?;
    tx.commit().await?;
    close_streams(app, &ended).await;
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDateTime;
    use ferrodon_core::ApplicationId;

    use super::*;

    fn grant(challenge: Option<&str>) -> Grant {
        Grant {
            id: 1,
            application_id: ApplicationId(1),
            resource_owner_id: UserId(1),
            redirect_uri: String::new(),
            scopes: "read".into(),
            created_at: NaiveDateTime::default(),
            expires_in: 600,
            revoked_at: None,
            code_challenge: challenge.map(str::to_owned),
            code_challenge_method: challenge.map(|_| "S256".to_owned()),
        }
    }

    #[test]
    fn the_verifier_must_fit_the_challenge() {
        // The example of RFC 7636, appendix B.
        let grant_with = grant(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(check_verifier(&grant_with, verifier), Ok(()));
        assert_eq!(check_verifier(&grant_with, "other"), Err(TokenError::InvalidGrant));
        let missing = Err(TokenError::Missing("code_verifier"));
        assert_eq!(check_verifier(&grant_with, ""), missing);
        assert_eq!(check_verifier(&grant(None), ""), Ok(()));
        assert_eq!(check_verifier(&grant(None), "x"), Err(TokenError::InvalidGrant));
    }
}
