//! How often each caller may ask: fixed windows, as Mastodon counts them, and the headers that
//! tell clients where they stand.

use std::net::IpAddr;

use axum::Json;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use ferrodon_app::{App, throttle};
use serde_json::json;

use crate::auth::Caller;
use crate::params::Collected;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// One rule: its name in Redis, how many requests, in how many seconds.
#[derive(Clone, Copy, Debug)]
struct Rule {
    name: &'static str,
    limit: i64,
    period: i64,
}

const fn rule(name: &'static str, limit: i64, period: i64) -> Rule {
    Rule { name, limit, period }
}

const AUTHENTICATED_API: Rule = rule("throttle_authenticated_api", 1500, 300);
const PER_TOKEN_API: Rule = rule("throttle_per_token_api", 300, 300);
const UNAUTHENTICATED_API: Rule = rule("throttle_unauthenticated_api", 300, 300);
const API_MEDIA: Rule = rule("throttle_api_media", 30, 1800);
const MEDIA_PROXY: Rule = rule("throttle_media_proxy", 30, 600);
const API_SIGN_UP: Rule = rule("throttle_api_sign_up", 5, 1800);
const AUTHENTICATED_PAGING: Rule = rule("throttle_authenticated_paging", 300, 900);
const UNAUTHENTICATED_PAGING: Rule = rule("throttle_unauthenticated_paging", 300, 900);
const API_DELETE: Rule = rule("throttle_api_delete", 30, 1800);
const APP_REGISTRATIONS: Rule = rule("throttle_oauth_application_registrations/ip", 5, 600);
const SIGN_UPS: Rule = rule("throttle_sign_up_attempts/ip", 25, 300);
const PASSWORD_RESETS: Rule = rule("throttle_password_resets/ip", 25, 300);
const CONFIRMATIONS: Rule = rule("throttle_email_confirmations/ip", 25, 300);
const CONFIRMATIONS_OF_USER: Rule = rule("throttle_email_confirmations/email", 5, 1800);

/// Where a caller stands with the rule that leaves the fewest requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    limit: i64,
    remaining: i64,
    /// The end of the window, in seconds since 1970.
    reset: i64,
}

/// Counts a request with every rule it falls under. An error is the answer to one too many.
pub(super) async fn count(
    app: &App,
    parts: &Parts,
    caller: &Caller,
    ip: IpAddr,
) -> Result<Option<Standing>, Response> {
    let now = app.clock.now().timestamp();
    let mut least: Option<Standing> = None;
    for (rule, who) in rules(app, parts, caller, ip) {
        let count = throttle::hit(app, rule.name, &who, rule.period).await;
        let standing = Standing {
            limit: rule.limit,
            remaining: (rule.limit - count).max(0),
            reset: (now.div_euclid(rule.period) + 1) * rule.period,
        };
        if count > rule.limit {
            tracing::info!(throttle = rule.name, "too many requests");
            let body = Json(json!({ "error": "Too many requests" }));
            let mut response = (StatusCode::TOO_MANY_REQUESTS, body).into_response();
            standing.set(response.headers_mut());
            return Err(response);
        }
        if least.is_none_or(|least| standing.remaining < least.remaining) {
            least = Some(standing);
        }
    }
    Ok(least)
}

fn rules(app: &App, parts: &Parts, caller: &Caller, ip: IpAddr) -> Vec<(Rule, String)> {
    let path = parts.uri.path();
    let ip = throttle::by_network(ip);
    let token = caller.valid(app);
    let user = token.and_then(|token| token.owner.as_ref()).map(|owner| owner.id.to_string());
    let mut rules = Vec::new();
    let mut add = |rule: Rule, who: &str| rules.push((rule, who.to_owned()));

    if path.starts_with("/api") {
        match &user {
            Some(user) => add(AUTHENTICATED_API, user),
            None => add(UNAUTHENTICATED_API, &ip),
        }
        if let Some(token) = token {
            add(PER_TOKEN_API, &token.id.to_string());
        }
    }
    if path.starts_with("/media_proxy") {
        add(MEDIA_PROXY, &ip);
    }
    if pages(parts) {
        match &user {
            Some(user) => add(AUTHENTICATED_PAGING, user),
            None => add(UNAUTHENTICATED_PAGING, &ip),
        }
    }
    let post = parts.method == Method::POST;
    let put = matches!(parts.method, Method::PUT | Method::PATCH);
    match path {
        "/api/v1/media" | "/api/v2/media" if post => {
            if let Some(user) = &user {
                add(API_MEDIA, user);
            }
        }
        "/api/v1/accounts" if post => add(API_SIGN_UP, &ip),
        "/api/v1/apps" if post => add(APP_REGISTRATIONS, &ip),
        "/auth" if post => add(SIGN_UPS, &ip),
        "/auth/password" if post => add(PASSWORD_RESETS, &ip),
        "/auth/confirmation" if post => add(CONFIRMATIONS, &ip),
        "/auth/setup" if put => add(CONFIRMATIONS, &ip),
        "/api/v1/emails/confirmations" if post => {
            add(CONFIRMATIONS, &ip);
            if let Some(user) = &user {
                add(CONFIRMATIONS_OF_USER, user);
            }
        }
        _ if takes_a_status_away(&parts.method, path) => {
            if let Some(user) = &user {
                add(API_DELETE, user);
            }
        }
        _ => {}
    }
    rules
}

fn takes_a_status_away(method: &Method, path: &str) -> bool {
    let Some(rest) = path.strip_prefix("/api/v1/statuses/") else { return false };
    match rest.split_once('/') {
        None => *method == Method::DELETE,
        Some((_, action)) => *method == Method::POST && action == "unreblog",
    }
}

/// Whether the request asks for a further page of a list.
fn pages(parts: &Parts) -> bool {
    let names = ["page", "min_id", "max_id", "since_id"];
    match parts.extensions.get::<Collected>() {
        Some(sent) => names.iter().any(|name| sent.has(name)),
        None => {
            let query = parts.uri.query().unwrap_or_default();
            url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| names.contains(&&*name))
        }
    }
}

impl Standing {
    /// Adds the headers, unless the handler told of a limit that is nearer.
    pub(super) fn add_to(self, headers: &mut HeaderMap) {
        let told = headers.get(REMAINING).and_then(|value| value.to_str().ok()?.parse().ok());
        if told.is_none_or(|told: i64| told > self.remaining) {
            self.set(headers);
        }
    }

    fn set(self, headers: &mut HeaderMap) {
        let reset = DateTime::from_timestamp(self.reset, 0).unwrap_or_default();
        let reset = reset.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        if let Ok(reset) = HeaderValue::try_from(reset) {
            headers.insert(RESET, reset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deletions_are_told_from_other_requests() {
        assert!(takes_a_status_away(&Method::DELETE, "/api/v1/statuses/1"));
        assert!(takes_a_status_away(&Method::POST, "/api/v1/statuses/1/unreblog"));
        assert!(!takes_a_status_away(&Method::POST, "/api/v1/statuses/1/reblog"));
        assert!(!takes_a_status_away(&Method::GET, "/api/v1/statuses/1"));
    }

    #[test]
    fn the_nearer_limit_is_told() {
        let mut headers = HeaderMap::new();
        headers.insert(REMAINING, HeaderValue::from(5));
        let standing = Standing { limit: 300, remaining: 7, reset: 0 };
        standing.add_to(&mut headers);
        assert_eq!(headers[REMAINING], "5");
        Standing { remaining: 3, ..standing }.add_to(&mut headers);
        assert_eq!(headers[REMAINING], "3");
        assert_eq!(headers[RESET], "1970-01-01T00:00:00.000000Z");
    }
}
