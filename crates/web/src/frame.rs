//! What surrounds every page: words, the server's name, who is signed in; and the headers of
//! pages.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, SET_COOKIE, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ferrodon_app::{App, Error};
use ferrodon_core::ClientIp;
use ferrodon_db::session_activations::Session;

use crate::cookies;
use crate::error::WebError;
use crate::texts::{self, Texts};

/// How long a page may be kept.
const OWN: &str = "private, no-store";
const SHARED: &str = "max-age=15, public, stale-while-revalidate=30, stale-if-error=3600";

/// What every page needs, read from the request. Its fields are for the templates.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) texts: &'static Texts,
    pub(crate) site_title: String,
    /// The part after `@`: what people type into an app.
    pub(crate) domain: String,
    pub(crate) base_url: String,
    pub(crate) source_url: String,
    pub(crate) signed_in: Option<Session>,
    /// The token that forms send back.
    pub(crate) csrf: String,
    /// A cookie that this answer must set for the token to count.
    new_cookie: Option<HeaderValue>,
    /// Whether forms may lead to any address: apps have schemes of their own.
    pub(crate) forms_anywhere: bool,
    client: ClientIp,
    user_agent: String,
}

impl Frame {
    /// The address of the visitor.
    pub(crate) fn client(&self) -> ClientIp {
        self.client
    }

    /// What the visitor's browser calls itself, cut to what a row should hold.
    pub(crate) fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// A page with this status.
    pub(crate) fn show(&self, status: StatusCode, page: &impl Template) -> Response {
        match page.render() {
            Ok(html) => {
                // Pages without a form are the same for everyone who is not signed in.
                let own = self.signed_in.is_some() || html.contains(&self.csrf);
                self.wrap(status, html, own || !status.is_success())
            }
            Err(error) => {
                tracing::error!(%error, "a page could not be drawn");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    /// `own`: it is for this visitor only, and their browser is told its name.
    fn wrap(&self, status: StatusCode, html: String, own: bool) -> Response {
        let form_action = if self.forms_anywhere { "" } else { "; form-action 'self'" };
        let policy = format!(
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'self'; \
             img-src 'self' https: data:; media-src 'self' https:{form_action}"
        );
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CACHE_CONTROL, HeaderValue::from_static(if own { OWN } else { SHARED })),
            (VARY, HeaderValue::from_static("Accept, Accept-Language, Cookie")),
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        ];
        let mut response = (status, headers, html).into_response();
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        }
        if own && let Some(cookie) = &self.new_cookie {
            response.headers_mut().append(SET_COOKIE, cookie.clone());
        }
        response
    }
}

impl FromRequestParts<App> for Frame {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, WebError> {
        let client = parts.extensions.get::<ClientIp>().copied();
        let client = client.ok_or_else(|| {
            Error::Internal(anyhow::anyhow!("a request without its client's address"))
        })?;
        let signed_in = match cookies::find(&parts.headers, ferrodon_app::sessions::COOKIE) {
            Some(cookie) => ferrodon_app::sessions::find(app, &cookie, client.0).await?,
            None => None,
        };
        let (browser, new_cookie) = match cookies::find(&parts.headers, cookies::BROWSER) {
            Some(browser) if cookies::is_browser_id(&browser) => (browser, None),
            _ => {
                let browser = ferrodon_app::secrets::token();
                let cookie = cookies::browser(&browser, app.config.https);
                (browser, Some(cookie))
            }
        };
        let lang = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .find(|(key, _)| key == "lang")
            .map(|(_, value)| value.into_owned());
        let own = signed_in.as_ref().and_then(|session| session.locale.as_deref());
        let texts =
            texts::for_request(lang.as_deref(), own, &parts.headers, &app.config.default_locale);
        let user_agent = parts.headers.get("user-agent").and_then(|value| value.to_str().ok());
        let session = signed_in.as_ref().map_or("", |session| session.session_id.as_str());
        Ok(Self {
            texts,
            site_title: ferrodon_app::settings::current(app).await?.title().to_owned(),
            domain: app.config.local_domain.clone(),
            base_url: app.config.base_url(),
            source_url: app.config.source_url.clone(),
            csrf: app.cookies.tag(&["form", &browser, session]),
            signed_in,
            new_cookie,
            forms_anywhere: false,
            client,
            user_agent: user_agent.unwrap_or_default().chars().take(500).collect(),
        })
    }
}

impl Frame {
    /// Refuses a form that did not come from a page of ours in the same browser.
    pub(crate) fn check_form(&self, token: &str) -> Result<(), WebError> {
        let ours = self.csrf.as_bytes();
        let fits = self.new_cookie.is_none() && constant_time_eq(ours, token.as_bytes());
        if fits { Ok(()) } else { Err(WebError::form_expired()) }
    }
}

fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a, b).is_ok()
}
