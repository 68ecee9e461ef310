//! `/@name/ID`: one post.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use ferrodon_app::entities::Status;
use ferrodon_app::{App, Error, address};
use ferrodon_core::StatusId;
use ferrodon_db as db;

use super::post::Post;
use crate::error::Result;
use crate::frame::Frame;
use crate::texts::{Texts, fill};

/// Letters of a post in the title, and in previews elsewhere.
const IN_TITLE: usize = 50;
const IN_PREVIEW: usize = 300;

#[derive(Template)]
#[template(path = "public/status.html")]
struct Page<'a> {
    frame: &'a Frame,
    title: String,
    handle: String,
    description: String,
    noindex: bool,
    note_id: String,
    avatar: String,
    post: Post,
}

/// The page of a post that the visitor may see; a boost shows the way to what was boosted.
pub(crate) async fn page(
    State(app): State<App>,
    frame: Frame,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response> {
    let id: StatusId = id.parse().map_err(|_| Error::NotFound)?;
    let (username, domain) = super::profile::split(&app, &name);
    let viewer = frame.signed_in.as_ref().map(|session| session.account_id);
    let mut conn = app.db.acquire().await?;
    let author = db::accounts::by_handle(&mut conn, username, domain).await?;
    let author = author.ok_or(Error::NotFound)?;
    let row = db::statuses::find_visible(&mut conn, id, viewer).await?;
    let row = row.filter(|row| row.account_id == author.id).ok_or(Error::NotFound)?;
    if !author.is_local() {
        let there = address::status_url(&app.config, &author, &row).unwrap_or_default();
        return super::elsewhere::page(&frame, &there);
    }
    let note_id = address::status_uri(&app.config, &author, &row);
    let status = Status::render_one(&app, &mut conn, viewer, row).await?;
    if let Some(original) = &status.reblog {
        let there = original.url.as_deref().unwrap_or(&original.uri);
        return super::elsewhere::page(&frame, there);
    }
    let post = Post::of(frame.texts, &status);
    let (name, text) = (post.author_name.as_str(), post.excerpt(IN_TITLE));
    let page = Page {
        frame: &frame,
        title: fill(&frame.texts.post_title, &[("name", name), ("text", &text)]),
        handle: format!("{}@{}", status.account.username, app.config.local_domain),
        description: describe(frame.texts, &post),
        noindex: status.account.noindex.flatten().unwrap_or(false),
        note_id,
        avatar: status.account.avatar.clone(),
        post,
    };
    Ok(frame.show(StatusCode::OK, &page))
}

/// What previews elsewhere say of a post; behind a warning, only the warning.
fn describe(texts: &Texts, post: &Post) -> String {
    let mut lines = Vec::new();
    if !post.media.is_empty() {
        lines.push(format!("{}: {}", texts.media, post.media.len()));
    }
    let text = post.excerpt(IN_PREVIEW);
    if post.spoiler.is_empty() {
        lines.extend((!text.is_empty()).then_some(text));
        let options = post.poll.iter().flat_map(|poll| &poll.options);
        lines.extend(options.map(|option| format!("[ ] {}", option.title)));
    } else {
        lines.push(format!("{}: {text}", texts.content_warning));
    }
    lines.join("\n")
}
