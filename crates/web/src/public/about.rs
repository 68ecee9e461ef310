//! `/about`: who runs this server, and how to connect an app.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ferrodon_app::{App, address, settings};
use ferrodon_db as db;

use crate::error::Result;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "public/about.html")]
struct Page<'a> {
    frame: &'a Frame,
    description: &'a str,
    contact: Option<Contact>,
    email: &'a str,
}

struct Contact {
    acct: String,
    url: String,
}

/// The page.
pub(crate) async fn page(State(app): State<App>, frame: Frame) -> Result<Response> {
    let settings = settings::current(&app).await?;
    let mut conn = app.db.acquire().await?;
    let username = settings.contact_username().trim_start_matches('@');
    let contact = match username {
        "" => None,
        name => db::accounts::by_handle(&mut conn, name, None).await?,
    };
    let page = Page {
        frame: &frame,
        description: settings.short_description(),
        contact: contact.map(|account| Contact {
            acct: account.acct(),
            url: address::account_url(&app.config, &account),
        }),
        email: settings.contact_email(),
    };
    Ok(frame.show(StatusCode::OK, &page))
}
