//! Where something of another server is shown: a page with the way there, which nobody is sent
//! along without seeing it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ferrodon_app::Error;

use crate::error::Result;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "public/elsewhere.html")]
struct Page<'a> {
    frame: &'a Frame,
    url: &'a str,
}

/// The way to `url`.
pub(crate) fn page(frame: &Frame, url: &str) -> Result<Response> {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::NotFound.into());
    }
    Ok(frame.show(StatusCode::OK, &Page { frame, url }))
}
