//! `/oauth/authorize`: may this app use your account?

use askama::Template;
use axum::extract::{Form, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum_extra::extract::Query;
use ferrodon_app::App;
use ferrodon_app::oauth::authorization::{self, Asked, Next, Refused, Request};
use ferrodon_app::oauth::scopes;
use serde::Deserialize;

use super::sign_in::redirect;
use crate::error::Result;
use crate::frame::Frame;
use crate::texts::{Texts, fill};

/// The parameters of RFC 6749 section 4.1.1 and RFC 7636, and those of ours.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameters {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    scope: String,
    state: String,
    code_challenge: String,
    code_challenge_method: String,
    force_login: String,
    authenticity_token: String,
    _method: String,
}

impl Parameters {
    fn asked(&self) -> Asked {
        Asked {
            client_id: self.client_id.clone(),
            redirect_uri: self.redirect_uri.clone(),
            response_type: self.response_type.clone(),
            scope: self.scope.clone(),
            state: self.state.clone(),
            code_challenge: self.code_challenge.clone(),
            code_challenge_method: self.code_challenge_method.clone(),
        }
    }

    /// What the form sends back.
    fn fields(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", &self.response_type),
            ("scope", &self.scope),
            ("state", &self.state),
            ("code_challenge", &self.code_challenge),
            ("code_challenge_method", &self.code_challenge_method),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

#[derive(Template)]
#[template(path = "oauth/authorize.html")]
struct Page<'a> {
    frame: &'a Frame,
    app_name: &'a str,
    website: Option<&'a str>,
    handle: String,
    scopes: Vec<Scope>,
    choices: [Choice<'a>; 2],
    fields: Vec<(&'static str, &'a str)>,
}

struct Scope {
    text: String,
    /// Shown in bold, because it reaches beyond one's own account.
    strong: bool,
}

struct Choice<'a> {
    label: &'a str,
    method: &'static str,
}

/// Asks, or goes straight on where nothing is left to ask.
pub(super) async fn ask(
    State(app): State<App>,
    mut frame: Frame,
    uri: Uri,
    Query(parameters): Query<Parameters>,
) -> Result<Response> {
    let request = match authorization::check(&app, &parameters.asked()).await? {
        Ok(request) => request,
        Err(refused) => return Ok(refuse(&frame, refused)),
    };
    let Some(session) = &frame.signed_in else {
        let here = uri.path_and_query().map_or("/oauth/authorize", |path| path.as_str());
        let here: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
        return Ok(redirect(&format!("/auth/sign_in?return_to={here}")));
    };
    if session.functional != Some(true) {
        return Ok(not_functional(&frame));
    }
    let force = !matches!(parameters.force_login.as_str(), "" | "0" | "f" | "false" | "off");
    if !force && authorization::is_given(&app, &request, session.user_id).await? {
        let next = authorization::grant(&app, &request, session.user_id).await?;
        return Ok(lead_on(&next));
    }
    // The app's address may have any scheme, and a form that leads there must be let through.
    frame.forms_anywhere = true;
    Ok(show(&frame, &request, &parameters))
}

/// The person's answer: yes, or no with `_method=delete`.
pub(super) async fn answer(
    State(app): State<App>,
    frame: Frame,
    Form(parameters): Form<Parameters>,
) -> Result<Response> {
    frame.check_form(&parameters.authenticity_token)?;
    let request = match authorization::check(&app, &parameters.asked()).await? {
        Ok(request) => request,
        Err(refused) => return Ok(refuse(&frame, refused)),
    };
    let Some(session) = &frame.signed_in else { return Ok(redirect("/auth/sign_in")) };
    if session.functional != Some(true) {
        return Ok(not_functional(&frame));
    }
    if parameters._method == "delete" {
        return Ok(redirect(&authorization::deny(&request).unwrap_or_else(|| "/".to_owned())));
    }
    Ok(lead_on(&authorization::grant(&app, &request, session.user_id).await?))
}

#[derive(Template)]
#[template(path = "oauth/native.html")]
struct Native<'a> {
    frame: &'a Frame,
    code: &'a str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    code: String,
}

/// The page that shows a code to be copied into the app.
pub(super) async fn native(frame: Frame, Query(shown): Query<Shown>) -> Result<Response> {
    if frame.signed_in.is_none() {
        return Ok(redirect("/auth/sign_in"));
    }
    Ok(frame.show(StatusCode::OK, &Native { frame: &frame, code: &shown.code }))
}

fn lead_on(next: &Next) -> Response {
    match next {
        Next::App(url) => redirect(url),
        Next::Show(code) => redirect(&format!("/oauth/authorize/native?code={code}")),
    }
}

fn show(frame: &Frame, request: &Request, parameters: &Parameters) -> Response {
    let texts = frame.texts;
    let website = request.application.website.as_deref();
    let page = Page {
        frame,
        app_name: &request.application.name,
        website: website.filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        handle: frame.signed_in.as_ref().map(|s| s.username.clone()).unwrap_or_default(),
        scopes: scopes::parse(&request.scopes).into_iter().map(|s| describe(texts, s)).collect(),
        choices: [
            Choice { label: &texts.allow, method: "" },
            Choice { label: &texts.deny, method: "delete" },
        ],
        fields: parameters.fields(),
    };
    frame.show(StatusCode::OK, &page)
}

/// A scope in words a person understands.
fn describe(texts: &Texts, scope: &str) -> Scope {
    let strong = scope.starts_with("admin:");
    let whole = match scope {
        "read" => Some(&texts.scope_read),
        "write" => Some(&texts.scope_write),
        "follow" => Some(&texts.scope_follow),
        "push" => Some(&texts.scope_push),
        "profile" => Some(&texts.scope_profile),
        "admin:read" => Some(&texts.scope_admin_read),
        "admin:write" => Some(&texts.scope_admin_write),
        _ => None,
    };
    if let Some(text) = whole {
        return Scope { text: text.clone(), strong };
    }
    let parts = [
        ("admin:read:", &texts.scope_admin_read_part),
        ("admin:write:", &texts.scope_admin_write_part),
        ("read:", &texts.scope_read_part),
        ("write:", &texts.scope_write_part),
    ];
    let part = parts.into_iter().find_map(|(start, text)| Some((text, scope.strip_prefix(start)?)));
    let text = part.map(|(text, part)| {
        let part = texts.scope_parts.get(part).map_or(part, String::as_str);
        fill(text, &[("part", part)])
    });
    Scope { text: text.unwrap_or_else(|| scope.to_owned()), strong }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    frame: &'a Frame,
    status: u16,
    title: &'a str,
    hint: &'a str,
    hint_lang: &'a str,
}

/// The app's mistake is shown in the protocol's words, for its maker.
fn refuse(frame: &Frame, refused: Refused) -> Response {
    let hint = refused.to_string();
    let title = &frame.texts.authorization_failed;
    let page = ErrorPage { frame, status: 400, title, hint: &hint, hint_lang: "en" };
    frame.show(StatusCode::BAD_REQUEST, &page)
}

fn not_functional(frame: &Frame) -> Response {
    let title = &frame.texts.authorization_failed;
    let hint = &frame.texts.user_not_functional;
    let page = ErrorPage { frame, status: 403, title, hint, hint_lang: frame.texts.lang };
    frame.show(StatusCode::FORBIDDEN, &page)
}
