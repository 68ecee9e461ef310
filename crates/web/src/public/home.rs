//! `/`: what this server is, and how to connect an app.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ferrodon_app::{App, settings};

use crate::error::Result;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "public/home.html")]
struct Page<'a> {
    frame: &'a Frame,
    description: &'a str,
}

/// The start page.
pub(crate) async fn page(State(app): State<App>, frame: Frame) -> Result<Response> {
    let settings = settings::current(&app).await?;
    let page = Page { frame: &frame, description: settings.short_description() };
    Ok(frame.show(StatusCode::OK, &page))
}
