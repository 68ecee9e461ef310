//! Asking a person whether an app may act for them (RFC 6749 section 4.1, PKCE by RFC 7636).

use ferrodon_core::UserId;
use ferrodon_db as db;
use ferrodon_db::oauth_access_grants::NewGrant;
use ferrodon_db::oauth_applications::Application;
use url::Url;

use super::scopes;
use crate::{App, Result, secrets};

/// The address of apps that cannot be reached: the code is shown to the person.
pub const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
/// How long a code may be exchanged, in seconds.
const CODE_LIFETIME: i32 = 600;

/// What an app sent the person's browser with.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub client_id: String,
    pub redirect_uri: String,
    pub response_type: String,
    pub scope: String,
    pub state: String,
    pub code_challenge: String,
    pub code_challenge_method: String,
}

/// Why an app's request cannot even be shown. These are told to the person, never sent to the
/// address the app gave, which may be anyone's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("Client authentication failed due to unknown client.")]
    UnknownClient,
    #[error("The requested redirect uri is malformed or does not match the client's redirect URI.")]
    RedirectUri,
    #[error("The authorization server does not support this response type.")]
    ResponseType,
    #[error("The requested scope is invalid, unknown, or malformed.")]
    Scope,
    #[error("The code challenge method must be S256.")]
    ChallengeMethod,
}

/// A request that is in order.
#[derive(Clone, Debug)]
pub struct Request {
    pub application: Application,
    pub redirect_uri: String,
    /// Separated by spaces.
    pub scopes: String,
    pub state: String,
    pub code_challenge: Option<String>,
}

/// Where the person's browser goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// To the app.
    App(String),
    /// To the page that shows this code.
    Show(String),
}

/// Checks what an app asks for.
pub async fn check(app: &App, asked: &Asked) -> Result<Result<Request, Refused>> {
    let mut conn = app.db.acquire().await?;
    let application = db::oauth_applications::by_uid(&mut conn, &asked.client_id).await?;
    drop(conn);
    Ok(application.ok_or(Refused::UnknownClient).and_then(|application| judge(application, asked)))
}

fn judge(application: Application, asked: &Asked) -> Result<Request, Refused> {
    let mut registered = application.redirect_uri.split_whitespace();
    if asked.redirect_uri.is_empty() || !registered.any(|uri| uri == asked.redirect_uri) {
        return Err(Refused::RedirectUri);
    }
    if asked.response_type != "code" {
        return Err(Refused::ResponseType);
    }
    let wanted = match asked.scope.trim() {
        "" => scopes::DEFAULT,
        wanted => wanted,
    };
    if !scopes::within(wanted, &application.scopes) {
        return Err(Refused::Scope);
    }
    let code_challenge = (!asked.code_challenge.is_empty()).then(|| asked.code_challenge.clone());
    let has_method = !asked.code_challenge_method.is_empty();
    let method_fits = asked.code_challenge_method == "S256";
    if (code_challenge.is_some() || has_method) && !method_fits {
        return Err(Refused::ChallengeMethod);
    }
    Ok(Request {
        scopes: scopes::parse(wanted).join(" "),
        redirect_uri: asked.redirect_uri.clone(),
        state: asked.state.clone(),
        code_challenge,
        application,
    })
}

/// Whether the person need not be asked: the app is the server's own, or has a token for just
/// these scopes.
pub async fn is_given(app: &App, request: &Request, owner: UserId) -> Result<bool> {
    if request.application.superapp {
        return Ok(true);
    }
    let now = app.clock.now().naive_utc();
    let mut conn = app.db.acquire().await?;
    let id = request.application.id;
    let given = db::oauth_access_grants::given_scopes(&mut conn, id, owner, now).await?;
    Ok(given.iter().flatten().any(|given| scopes::same(given, &request.scopes)))
}

/// Lets the app have a code.
pub async fn grant(app: &App, request: &Request, owner: UserId) -> Result<Next> {
    let code = secrets::token();
    let new = NewGrant {
        token: &code,
        application_id: request.application.id,
        resource_owner_id: owner,
        redirect_uri: &request.redirect_uri,
        scopes: &request.scopes,
        expires_in: CODE_LIFETIME,
        code_challenge: request.code_challenge.as_deref(),
    };
    let mut conn = app.db.acquire().await?;
    db::oauth_access_grants::insert(&mut conn, &new, app.clock.now().naive_utc()).await?;
    if request.redirect_uri == OUT_OF_BAND {
        return Ok(Next::Show(code));
    }
    Ok(Next::App(with_answer(request, &[("code", &code)])))
}

/// Tells the app that the person said no; none where it has no address to be told at.
#[must_use]
pub fn deny(request: &Request) -> Option<String> {
    let why = "The resource owner or authorization server denied the request.";
    let answer = [("error", "access_denied"), ("error_description", why)];
    (request.redirect_uri != OUT_OF_BAND).then(|| with_answer(request, &answer))
}

/// The app's address with `answer` and its own `state` in the query.
fn with_answer(request: &Request, answer: &[(&str, &str)]) -> String {
    let mut pairs = answer.to_vec();
    if !request.state.is_empty() {
        pairs.push(("state", &request.state));
    }
    match Url::parse(&request.redirect_uri) {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(pairs);
            url.into()
        }
        // It was registered, so it is the app's own word; keep it as it is.
        Err(_) => {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            let joint = if request.redirect_uri.contains('?') { '&' } else { '?' };
            format!("{}{joint}{query}", request.redirect_uri)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrodon_core::ApplicationId;

    fn application() -> Application {
        Application {
            id: ApplicationId(1),
            name: "App".into(),
            website: None,
            redirect_uri: "app://callback\nhttps://app.test/cb?x=1".into(),
            scopes: "read write".into(),
            superapp: false,
        }
    }

    fn asked() -> Asked {
        Asked {
            client_id: "id".into(),
            redirect_uri: "https://app.test/cb?x=1".into(),
            response_type: "code".into(),
            scope: "read write".into(),
            state: "a b".into(),
            ..Asked::default()
        }
    }

    #[test]
    fn an_app_gets_no_more_than_it_registered() {
        let refused = |change: fn(&mut Asked)| {
            let mut asked = asked();
            change(&mut asked);
            judge(application(), &asked).unwrap_err()
        };
        assert_eq!(refused(|a| a.redirect_uri.push('x')), Refused::RedirectUri);
        assert_eq!(refused(|a| a.redirect_uri.clear()), Refused::RedirectUri);
        assert_eq!(refused(|a| a.scope = "read push".into()), Refused::Scope);
        assert_eq!(refused(|a| a.scope = "read:accounts".into()), Refused::Scope);
        assert_eq!(refused(|a| a.response_type = "token".into()), Refused::ResponseType);
        assert_eq!(refused(|a| a.code_challenge = "x".into()), Refused::ChallengeMethod);
        assert_eq!(refused(|a| a.code_challenge_method = "plain".into()), Refused::ChallengeMethod);
    }

    #[test]
    fn the_answer_is_added_to_the_apps_address() {
        let request = judge(application(), &asked()).unwrap();
        let url = with_answer(&request, &[("code", "c")]);
        assert_eq!(url, "https://app.test/cb?x=1&code=c&state=a+b");
        let mut asked = asked();
        asked.redirect_uri = "app://callback".into();
        let request = judge(application(), &asked).unwrap();
        assert_eq!(with_answer(&request, &[("code", "c")]), "app://callback?code=c&state=a+b");
    }
}
