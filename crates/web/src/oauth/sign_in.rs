//! `/auth/sign_in` and `/auth/sign_out`.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use ferrodon_app::App;
use ferrodon_app::sessions::{self, Attempted, Outcome, Proof};
use serde::Deserialize;

use crate::cookies;
use crate::error::{Result, WebError};
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "oauth/sign_in.html")]
struct Page<'a> {
    frame: &'a Frame,
    problem: Option<&'a str>,
    for_app: bool,
    ask_code: bool,
    return_to: &'a str,
    half: &'a str,
    email: &'a str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    return_to: String,
}

/// The form.
pub(super) async fn form(mut frame: Frame, Query(asked): Query<Asked>) -> Response {
    let return_to = local_path(&asked.return_to);
    if frame.signed_in.is_some() {
        return redirect(return_to);
    }
    show(&mut frame, StatusCode::OK, None, return_to, "", "")
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    authenticity_token: String,
    #[serde(default)]
    return_to: String,
    #[serde(default, rename = "user[email]")]
    email: String,
    #[serde(default, rename = "user[password]")]
    password: String,
    #[serde(default)]
    half: String,
    #[serde(default, rename = "user[otp_attempt]")]
    code: String,
}

/// Signs in: password first, then the second factor where there is one.
pub(super) async fn submit(
    State(app): State<App>,
    mut frame: Frame,
    Form(typed): Form<Typed>,
) -> Result<Response> {
    frame.check_form(&typed.authenticity_token)?;
    let proof = if typed.half.is_empty() {
        Proof::Password { email: &typed.email, password: &typed.password }
    } else {
        Proof::Code { half: &typed.half, code: &typed.code }
    };
    let attempted = Attempted { proof, ip: frame.client().0, user_agent: frame.user_agent() };
    let outcome = sessions::sign_in(&app, &attempted).await?;
    let return_to = local_path(&typed.return_to);
    let texts = frame.texts;
    let again = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(match outcome {
        Outcome::SignedIn { session_id } => {
            let expires = app.clock.now() + sessions::LIFETIME;
            let signed = app.cookies.sign(sessions::COOKIE, &session_id, expires);
            let cookie = cookies::session(&signed, app.config.https);
            let mut response = redirect(return_to);
            response.headers_mut().append(SET_COOKIE, cookie);
            response
        }
        Outcome::CodeNeeded { half } => {
            show(&mut frame, StatusCode::OK, None, return_to, "", &half)
        }
        Outcome::CodeWrong { half } => {
            show(&mut frame, again, Some(&texts.code_wrong), return_to, "", &half)
        }
        Outcome::Refused => {
            let problem = Some(texts.address_or_password_wrong.as_str());
            show(&mut frame, again, problem, return_to, &typed.email, "")
        }
        Outcome::Unconfirmed => {
            show(&mut frame, again, Some(&texts.unconfirmed), return_to, &typed.email, "")
        }
        Outcome::TooMany => {
            let status = StatusCode::TOO_MANY_REQUESTS;
            show(&mut frame, status, Some(&texts.too_many_attempts), return_to, &typed.email, "")
        }
    })
}

fn show(
    frame: &mut Frame,
    status: StatusCode,
    problem: Option<&str>,
    return_to: &str,
    email: &str,
    half: &str,
) -> Response {
    // After signing in, the consent may lead on to an app's own address.
    frame.forms_anywhere = true;
    let for_app = return_to.starts_with("/oauth/authorize");
    let ask_code = !half.is_empty();
    let page = Page { frame, problem, for_app, ask_code, return_to, half, email };
    frame.show(status, &page)
}

#[derive(Deserialize)]
pub(super) struct SignOut {
    #[serde(default)]
    authenticity_token: String,
}

/// Signs out.
pub(super) async fn sign_out(
    State(app): State<App>,
    frame: Frame,
    Form(form): Form<SignOut>,
) -> Result<Response> {
    frame.check_form(&form.authenticity_token)?;
    if let Some(session) = &frame.signed_in {
        sessions::sign_out(&app, &session.session_id).await.map_err(WebError::from)?;
    }
    let mut response = redirect("/");
    response.headers_mut().append(SET_COOKIE, cookies::no_session(app.config.https));
    Ok(response)
}

/// Leads on to a page of ours.
pub(super) fn redirect(path: &str) -> Response {
    (StatusCode::FOUND, [(LOCATION, path)]).into_response()
}

/// `path` if it stays on this server, else the start page.
fn local_path(path: &str) -> &str {
    let stays = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|b| b.is_ascii_graphic());
    if stays { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_nowhere_else() {
        assert_eq!(local_path("/oauth/authorize?client_id=1"), "/oauth/authorize?client_id=1");
        for elsewhere in ["//evil.test", "https://evil.test", "/\\evil.test", "", "/a\r\nb", "x"] {
            assert_eq!(local_path(elsewhere), "/", "{elsewhere}");
        }
    }
}
