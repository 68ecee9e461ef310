//! Who is calling, and with which scopes.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use ferrodon_app::{App, Error, activity};
use ferrodon_core::client::ClientIp;
use ferrodon_core::{AccountId, ApplicationId, UserId};
use ferrodon_db as db;
use ferrodon_db::oauth_access_tokens::{Owner, Presented};

use crate::error::{ApiError, TokenProblem};
use crate::params::Collected;

pub(crate) mod scope;

use scope::Scope;

/// The signed-in person behind a request, whose token holds one of the scopes of `S`.
///
/// As an argument it refuses every other caller; `Option<Viewer<S>>` lets anonymous ones and
/// apps without a person pass as `None`, but still refuses a known token that may not.
#[derive(Clone, Debug)]
pub(crate) struct Viewer<S> {
    pub(crate) account_id: AccountId,
    pub(crate) user_id: UserId,
    caller: Arc<Presented>,
    owner: Arc<Owner>,
    scope: PhantomData<fn() -> S>,
}

impl<S> Viewer<S> {
    pub(crate) fn application_id(&self) -> Option<ApplicationId> {
        self.caller.application_id
    }

    /// Everything known of the person: settings, languages, role.
    pub(crate) fn user(&self) -> &Owner {
        &self.owner
    }
}

/// A valid token with one of the scopes of `S`, whether a person stands behind it or not, and
/// whatever state that person is in.
#[derive(Clone, Debug)]
pub(crate) struct Token<S> {
    pub(crate) presented: Arc<Presented>,
    scope: PhantomData<fn() -> S>,
}

/// What a request's token turned out to be.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// No token was sent.
    Anonymous,
    /// The token sent is not one of ours.
    Unknown,
    /// The token is ours, though it may have ended.
    Known(Arc<Presented>),
}

impl Caller {
    /// Finds out who sent the request, once: the answer is kept in its extensions.
    pub(crate) async fn of(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        let caller = match token_in(parts) {
            None => Self::Anonymous,
            Some(token) if token.len() > 255 => Self::Unknown,
            Some(token) => {
                let mut conn = app.db.acquire().await?;
                match db::oauth_access_tokens::presented(&mut conn, &token).await? {
                    None => Self::Unknown,
                    Some(presented) => Self::Known(Arc::new(presented)),
                }
            }
        };
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }

    /// The token's row, if it is valid now.
    pub(crate) fn valid(&self, app: &App) -> Option<&Arc<Presented>> {
        match self {
            Self::Known(presented) if presented.problem(app).is_none() => Some(presented),
            _ => None,
        }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Self::of(parts, app).await
    }
}

impl<S: Scope> FromRequestParts<App> for Token<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = Caller::of(parts, app).await?;
        let Caller::Known(presented) = caller else {
            return Err(ApiError::Token(TokenProblem::Invalid));
        };
        check::<S>(&presented, app)?;
        record_use(parts, app, &presented).await?;
        Ok(Self { presented, scope: PhantomData })
    }
}

impl<S: Scope> FromRequestParts<App> for Viewer<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let presented = match Caller::of(parts, app).await? {
            Caller::Known(presented) => presented,
            // Where any token will do, it is the person that is missing.
            _ if S::ALTERNATIVES.is_empty() => return Err(no_user()),
            _ => return Err(ApiError::Token(TokenProblem::Invalid)),
        };
        check::<S>(&presented, app)?;
        record_use(parts, app, &presented).await?;
        let viewer = Self::new(&presented).ok_or_else(no_user)?;
        functional(&viewer.owner)?;
        sign_in(app, &viewer.owner).await?;
        Ok(viewer)
    }
}

impl<S: Scope> OptionalFromRequestParts<App> for Viewer<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, ApiError> {
        let caller = Caller::of(parts, app).await?;
        let viewer = match caller {
            Caller::Anonymous | Caller::Unknown => None,
            Caller::Known(presented) => {
                check::<S>(&presented, app)?;
                record_use(parts, app, &presented).await?;
                Self::new(&presented)
            }
        };
        match &viewer {
            None if app.config.disallow_unauthenticated_api => {
                let text = "This method requires an authenticated user";
                Err(Error::Unauthenticated(text).into())
            }
            Some(viewer) if viewer.owner.is_suspended() => {
                Err(Error::Forbidden("Your login is currently disabled").into())
            }
            _ => Ok(viewer),
        }
    }
}

impl<S> Viewer<S> {
    fn new(presented: &Arc<Presented>) -> Option<Self> {
        let owner = presented.owner.clone()?;
        Some(Self {
            account_id: owner.account_id,
            user_id: owner.id,
            caller: presented.clone(),
            owner,
            scope: PhantomData,
        })
    }
}

/// Refuses a token that has ended or lacks the scopes of `S`.
fn check<S: Scope>(presented: &Presented, app: &App) -> Result<(), ApiError> {
    if let Some(problem) = presented.problem(app) {
        return Err(ApiError::Token(problem));
    }
    if !S::is_held_by(&presented.scopes) {
        return Err(ApiError::Token(TokenProblem::Scope(S::ALTERNATIVES)));
    }
    Ok(())
}

trait Problem {
    fn problem(&self, app: &App) -> Option<TokenProblem>;
}

impl Problem for Presented {
    fn problem(&self, app: &App) -> Option<TokenProblem> {
        let now = app.clock.now().naive_utc();
        if self.is_revoked(now) {
            Some(TokenProblem::Revoked)
        } else if self.has_expired(now) {
            Some(TokenProblem::Expired)
        } else {
            None
        }
    }
}

fn no_user() -> ApiError {
    let text = "This method requires an authenticated user";
    Error::Unprocessable(text.to_owned()).into()
}

/// Refuses people who may not use the server now.
pub(crate) fn functional(owner: &Owner) -> Result<(), ApiError> {
    let text = if !owner.is_confirmed() {
        "Your login is missing a confirmed e-mail address"
    } else if !owner.approved {
        "Your login is currently pending approval"
    } else if !owner.is_functional() {
        "Your login is currently disabled"
    } else {
        return Ok(());
    };
    Err(Error::Forbidden(text).into())
}

/// Notes, at most once a day, that the token was used.
async fn record_use(parts: &Parts, app: &App, presented: &Presented) -> Result<(), ApiError> {
    let now = app.clock.now().naive_utc();
    if presented.last_used_at.is_none_or(|at| now - at >= A_DAY) {
        let ip = parts.extensions.get::<ClientIp>().map(|ip| ip.0);
        let mut conn = app.db.acquire().await?;
        db::oauth_access_tokens::touch(&mut conn, presented.id, ip, now).await?;
    }
    Ok(())
}

/// Notes, at most once a day, that the person was here.
async fn sign_in(app: &App, owner: &Owner) -> Result<(), ApiError> {
    let now = app.clock.now().naive_utc();
    if owner.current_sign_in_at.is_none_or(|at| now - at >= A_DAY) {
        let mut conn = app.db.acquire().await?;
        db::users::touch(&mut conn, owner.id, now).await?;
        drop(conn);
        activity::record_login(app, owner.id).await;
    }
    Ok(())
}

const A_DAY: chrono::TimeDelta = chrono::TimeDelta::hours(24);

/// The token of a request: from the header, else from its parameters.
fn token_in(parts: &Parts) -> Option<String> {
    if let Some(value) = parts.headers.get(AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.trim().split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(token.trim().to_owned());
        }
    }
    let names = ["access_token", "bearer_token"];
    if let Some(sent) = parts.extensions.get::<Collected>() {
        return names.iter().find_map(|name| sent.text(name)).map(str::to_owned);
    }
    let query = parts.uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| names.contains(&&**name))
        .map(|(_, token)| token.into_owned())
}
